"""Forget a driver: replace the driver by a random pseudonym in all stored data. Amounts of money remain.

The pseudonym can't be derived from the driver, and nothing stores which driver it replaces, so nobody can
reverse it. If a run takes longer than an invocation, the answer has a cursor, and the next invocation
continues.

A run reads all objects at least three times. First it finds everything that identifies the driver. Then it
rewrites texts, and then tokens, those that name the contract last. So the order of objects does not matter,
and an interrupted run can be repeated.
"""

import base64
import binascii
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from emsp.deadline import Deadline
from emsp.drivers.pseudonymize_driver import Person, Rewrites
from emsp.invocation import InvalidInvocation, ObjectId, Payload, read_payload
from emsp.log import log
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.forgotten_tokens import PSEUDONYM, ForgottenTokens
from emsp.stores.page_rewrites import Rewrite, RewrittenPage
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.table import StoreUnavailable

TIME_KEPT_S: Final = 90.0
"""No further page is started when less than this many seconds of the Lambda's time remain. A page takes
less.
"""

SETTLED_AFTER_S: Final = 90.0
"""The time in seconds after which no push ignores the mark of a token: LOOK_EVERY_S, and the longest time of
a receiver, 28 s.
"""


class ForgetDriverRequest(Payload):
    """The payload of forget_driver: a token or a contract of the driver, or a `cursor`."""

    token_uid: ObjectId | None = None
    """The uid of a token. The token and everything that is stored with it is forgotten."""
    contract_id: ObjectId | None = None
    """The id of a contract. All its tokens are forgotten."""
    cursor: Annotated[str, Field(min_length=1, max_length=100_000)] | None = None
    """The cursor of the previous answer. It continues the run, and replaces the ids."""

    also_later: bool = False
    """Whether later pushes with these tokens are also stored without the driver. A cursor contains this."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(each is not None for each in (self.token_uid, self.contract_id, self.cursor)) != 1:
            raise ValueError("give one of token_uid, contract_id and cursor")
        if self.cursor is not None and self.also_later:
            raise ValueError("also_later goes with token_uid or contract_id; a cursor contains it already")
        return self


class Counted(BaseModel):
    """The counts for one store."""

    model_config = ConfigDict(extra="forbid")

    looked_at: int = 0
    changed: int = 0


class ForgettingRun(BaseModel):
    """The progress of a run, which the cursor contains. It names the driver, as the payload does."""

    model_config = ConfigDict(extra="forbid")

    pseudonym: str
    uids: set[str]
    contract_ids: set[str]
    said: set[str] = set()
    whole_contract: bool
    also_later: bool = False
    marked: set[str] = set()
    rewrites: Rewrites = Rewrites.NOTHING
    known: set[str] = set()
    """The uids that were known before the rewriting began."""
    done: list[str] = []
    position: str = ""
    counted: dict[str, Counted] = {}


class Sweepable(Protocol):
    """A table or a bucket that is rewritten page by page."""

    def rewrite_page(self, position: str, rewrite: Rewrite, mark: str) -> RewrittenPage: ...


@dataclass(frozen=True)
class ForgetDriver:
    """Forgets a driver. `stores` are rewritten in this order, and are reported under these names."""

    stores: Mapping[str, Sweepable]
    tokens: AuthorizedTokens
    assignments: PlanAssignments
    forgotten: ForgottenTokens
    our_party: PartyId
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Return `{"complete", "cursor", "pseudonym", "stores": {name: {"looked_at", "changed"}},
        "problem"}`.

        If `complete` is false, call this again with the `cursor`. `problem` names the store that failed, and
        says why. A call may be repeated. Raises InvalidInvocation.
        """
        request = read_payload(ForgetDriverRequest, payload)
        run = _begun(request) if request.cursor is None else _read_cursor(request.cursor)
        person = Person(run.pseudonym, run.uids, run.contract_ids, run.said, run.whole_contract)
        problem = None
        try:
            complete = self._rewrite_all_stores(person, run, deadline)
            if complete:
                self._remove_tokens(run)
        except StoreUnavailable as error:
            log.exception("a store could not be rewritten to its end")
            complete, problem = False, str(error)
        stores = {name: counted.model_dump() for name, counted in run.counted.items()}
        log.warning("a driver's data were pseudonymised", stores=stores, complete=complete)
        return {
            "complete": complete,
            "cursor": None if complete else _cursor(run),
            "pseudonym": run.pseudonym,
            "stores": {name: {**counts} for name, counts in stores.items()},
            "problem": problem,
        }

    def _remove_tokens(self, run: ForgettingRun) -> None:
        """Delete the last authorizations of the known tokens, and assign their price plans to the pseudonym.

        Other authorizations expire within a week.
        """
        removed = [self.tokens.remove(self.our_party, uid) for uid in sorted(run.uids)]
        key_of = self.our_party.key_of
        plans = [self.assignments.rename(key_of(uid), key_of(run.pseudonym)) for uid in sorted(run.uids)]
        run.counted["plan_assignments"] = Counted(looked_at=len(plans), changed=sum(plans))
        run.counted["authorized_tokens"] = Counted(looked_at=len(removed), changed=sum(removed))

    def _rewrite_all_stores(self, person: Person, run: ForgettingRun, deadline: Deadline) -> bool:
        """Rewrite all stores and, with `also_later`, mark all known tokens.

        Return False if the time was not enough. Raises StoreUnavailable.
        """
        while self._marked(run, deadline):
            for name in self.stores:
                if name not in run.done and not self._rewrite_store(name, person, run, deadline):
                    return False
            if not self._begin_next_pass(run) and not self._to_mark(run):
                return True
        return False

    def _begin_next_pass(self, run: ForgettingRun) -> bool:
        """Prepare the next pass over all stores. Return False if none is needed.

        One is needed for the next step, and after a new uid was found.
        """
        but_the_contract = [Rewrites.WITHOUT_CONTRACT] if run.whole_contract else []
        rewriting = [Rewrites.TEXTS, *but_the_contract, Rewrites.ALL]
        order = [Rewrites.NOTHING, *rewriting]
        if run.rewrites is not Rewrites.ALL:
            run.rewrites = order[order.index(run.rewrites) + 1]
        elif run.uids != run.known:
            run.rewrites = rewriting[0]
        else:
            return False
        if run.rewrites is rewriting[0]:
            run.known = set(run.uids)
        run.done, run.position = [], ""
        return True

    def _to_mark(self, run: ForgettingRun) -> set[str]:
        ready = run.also_later and run.rewrites is not Rewrites.NOTHING
        return run.uids - run.marked if ready else set()

    def _marked(self, run: ForgettingRun, deadline: Deadline) -> bool:
        """Mark the known tokens, and wait until all pushes that ignored the mark are stored.

        Return False if the time is not enough. After that, all stores are read again.
        """
        new = self._to_mark(run)
        if not new:
            return True
        if deadline.remaining() < SETTLED_AFTER_S + TIME_KEPT_S:
            return False
        for uid in sorted(new):
            token_key = self.our_party.key_of(uid)
            self.forgotten.mark(token_key, run.pseudonym, self.now())
        self.sleep(SETTLED_AFTER_S)
        run.marked |= new
        run.done, run.position = [], ""
        return True

    def _rewrite_store(self, name: str, person: Person, run: ForgettingRun, deadline: Deadline) -> bool:
        """Rewrite a store. Return False if the time was not enough. Raises StoreUnavailable."""
        person.rewrites = run.rewrites
        counted = run.counted.setdefault(name, Counted())
        while deadline.remaining() > TIME_KEPT_S:
            person.to_be_continued = 0
            page = self.stores[name].rewrite_page(run.position, person.forgotten_in, self.now().isoformat())
            counted.looked_at += page.looked_at if run.rewrites is Rewrites.ALL else 0
            # A bucket counts an object once, but may have changed several versions of it.
            counted.changed += max(0, page.changed - person.to_be_continued)
            run.position = page.next or ""
            if page.next is None:
                run.done.append(name)
                return True
        return False


def _begun(request: ForgetDriverRequest) -> ForgettingRun:
    return ForgettingRun(
        # In upper case, because keys are.
        pseudonym=f"{PSEUDONYM}{secrets.token_hex(12).upper()}",
        uids={request.token_uid.upper()} if request.token_uid else set(),
        contract_ids={request.contract_id.upper()} if request.contract_id else set(),
        whole_contract=request.contract_id is not None,
        also_later=request.also_later,
    )


def _cursor(run: ForgettingRun) -> str:
    return base64.urlsafe_b64encode(run.model_dump_json().encode()).decode()


def _read_cursor(text: str) -> ForgettingRun:
    try:
        return ForgettingRun.model_validate_json(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValidationError, ValueError):
        raise InvalidInvocation("cursor is not from an answer of this function") from None
