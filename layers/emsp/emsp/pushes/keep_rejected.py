"""Keep each push that we reject, because we can't ask the Hub for it again.

A rejected push is stored, then published on the bus, and then answered.
"""

from collections.abc import Callable
from typing import Final

from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.object_names import LONGEST, object_name, object_name_in
from emsp.pushes.rejected_event import push_rejected
from emsp.receiver.errors import ContradictingObject, InvalidPush, MalformedBody, TooLarge, UnknownObject
from emsp.receiver.request import Answer, Request
from emsp.stores.event_bus import EventBus
from emsp.stores.rejected import RejectedPush, RejectedStore
from emsp.stores.table import StoreUnavailable

BODY_BYTES_AT_MOST = 6 * 1024 * 1024
"""Lambda's limit for the payload of a synchronous invocation."""

KEPT_HEADERS: Final = frozenset(
    {
        "content-type",
        "user-agent",
        "x-request-id",
        "x-correlation-id",
        "ocpi-from-country-code",
        "ocpi-from-party-id",
        "ocpi-to-country-code",
        "ocpi-to-party-id",
    }
)
"""The headers that are kept. None of them can contain a credentials token."""


def keeping_rejected(
    operation: Callable[[Request], Answer],
    store: RejectedStore,
    module: str,
    bus: Callable[[], EventBus],
    *,
    unknown_too: bool = False,
    remove_forgotten: Callable[[Request, RejectedPush], RejectedPush] = lambda _, push: push,
) -> Callable[[Request], Answer]:
    """Return `operation`, changed so that it stores each push that it rejects because of its content.

    If `unknown_too`, that includes a push about an object that we do not know. `remove_forgotten` removes a
    forgotten driver from the stored push. `bus` creates the event bus when it is needed. If the push can't be
    stored or published, StoreUnavailable is raised, so that the sender tries again.
    """
    refusals = (
        MalformedBody,
        InvalidPush,
        ContradictingObject,
        TooLarge,
        *((UnknownObject,) if unknown_too else ()),
    )

    def keeping(request: Request) -> Answer:
        try:
            if len(request.body) > BODY_BYTES_AT_MOST:
                raise TooLarge(
                    f"the body has {len(request.body)} bytes, at most {BODY_BYTES_AT_MOST} are accepted"
                )
            return operation(request)
        except refusals as refusal:
            kept = store.keep(remove_forgotten(request, _rejected(request, module, refusal)))
            count(Metric.REJECTED_PUSHES)
            log.warning("kept as rejected", key=kept.key, object_id=kept.object_id, tries=kept.tries)
            [problem] = bus().put([push_rejected(kept)])
            if problem is not None:
                raise StoreUnavailable(f"publishing that {kept.key} was rejected: {problem}") from refusal
            raise

    return keeping


def _rejected(request: Request, module: str, refusal: Exception) -> RejectedPush:
    return RejectedPush(
        module=module,
        method=request.method,
        path=request.path,
        path_parameters=request.path_parameters,
        headers={
            name: value[:1000] for name, value in request.headers.items() if name.lower() in KEPT_HEADERS
        },
        body=request.body,
        error=type(refusal).__name__,
        reason=str(refusal),
        request_id=request.request_id,
        correlation_id=request.correlation_id,
        first_received_at=request.received_at,
        last_received_at=request.received_at,
        speaks_for=request.caller.speaks_for if request.caller else None,
        hub_parties=request.caller.hub_parties if request.caller else (),
        object_id=_object_id(request),
    )


def _object_id(request: Request) -> str | None:
    """Return the id of the object from the path or, if the path has none, from the body."""
    path = request.path_parameters
    match path:
        case {"session_id": session_id}:
            return object_name({**path, "id": session_id})
        case {"command_id": command_id}:
            return command_id[:LONGEST]
    return object_name_in(request.body)
