"""Replay rejected pushes by the present rules. A push that is accepted is deleted from the store."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from uuid import uuid4

from pydantic import Field, model_validator

from emsp.invocation import Payload, read_payload
from emsp.log import log
from emsp.ocpi.headers import Headers
from emsp.ocpi.json_text import JsonObject
from emsp.receiver.authentication import Caller
from emsp.receiver.errors import RequestError
from emsp.receiver.request import Answer, Request
from emsp.stores.rejected import RejectedPush, RejectedStore
from emsp.stores.table import StoreUnavailable


@dataclass(frozen=True)
class ReplayOutcome:
    """The outcome for one push.

    `outcome` is `accepted`, `rejected` (again, with the present reason), `dismissed` (not replayed, with the
    reason of the dismissal) or `failed` (try again). `object_id` is the same as in list_rejected.
    """

    key: str
    outcome: str
    reason: str = ""
    object_id: str | None = None


class ReplayRejectedRequest(Payload):
    """The payload of replay_rejected: one push, those of a module, or all."""

    key: Annotated[str, Field(max_length=1024)] | None = None
    module: Literal["sessions", "cdrs", "commands"] | None = None
    all: bool = False
    next: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    """The `next` of the previous answer."""

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        """Check that exactly one selection is given. Raises ValueError."""
        if bool(self.key) + bool(self.module) + self.all != 1:
            raise ValueError('give {"key": "sessions/..."}, {"module": "cdrs"} or {"all": true}')
        return self


@dataclass(frozen=True)
class ReplayRejected:
    """Replays rejected pushes.

    `operations` maps each module to the operations, by HTTP method, that receive its pushes.
    """

    store: RejectedStore
    operations: Mapping[str, Mapping[str, Callable[[Request], Answer]]]

    def keys(self, payload: JsonObject) -> Iterable[str]:
        """Yield the keys of the pushes that the payload selects, in order. Raises InvalidInvocation."""
        asked = read_payload(ReplayRejectedRequest, payload)
        return (
            [asked.key]
            if asked.key
            else (entry.key for entry in self.store.entries(asked.module, asked.next or ""))
        )

    def replay(self, key: str) -> ReplayOutcome:
        """Replay a push. It is deleted only after it is accepted."""
        push = self.store.get(key)
        if push is None:
            return ReplayOutcome(key, "failed", "there is no rejected push under this key")
        outcome, reason = self._replay(key, push)
        return ReplayOutcome(key, outcome, reason, push.object_id)

    def _replay(self, key: str, push: RejectedPush) -> tuple[str, str]:
        if push.dismissed:
            return "dismissed", push.dismissed.reason
        operation = self.operations.get(push.module, {}).get(push.method)
        if operation is None:
            return "rejected", f"{push.method} is not served for {push.module}"
        try:
            operation(_request(push))
            self.store.remove(key)
        except RequestError as refusal:
            return "rejected", str(refusal)
        except StoreUnavailable as error:
            return "failed", str(error)
        except Exception as error:  # noqa: BLE001  an error of one push must not end the replay of the others
            log.exception("a rejected push can't be replayed", key=key)
            return "failed", f"{type(error).__name__}: see the log"
        log.info("accepted in a replay", key=key, object_id=push.object_id, tries=push.tries)
        return "accepted", ""


def _request(push: RejectedPush) -> Request:
    return Request(
        method=push.method,
        path=push.path,
        path_parameters=push.path_parameters,
        headers=Headers(push.headers),
        body=push.body,
        received_at=datetime.now(UTC),
        request_id=str(uuid4()),
        correlation_id=push.correlation_id,
        # This answer contains a URL of ours, and nobody reads it.
        base_url="https://replayed.invalid",
        caller=Caller(token="", speaks_for=push.speaks_for, hub_parties=push.hub_parties),
    )
