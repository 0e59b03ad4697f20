"""Receive sessions: PUT, PATCH, and GET of a stored one (OCPI 2.2.1, mod_sessions, Receiver Interface)."""

from collections.abc import Callable
from typing import Final, NamedTuple
from zlib import crc32

from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.ids import same_id
from emsp.ocpi.json_text import (
    MAX_VALUES,
    JsonObject,
    JsonValue,
    dump_json,
    parse_json,
    stored_object,
    values_at_most,
)
from emsp.ocpi.parties import PartyId
from emsp.ocpi.sessions import Session, SessionIdentity
from emsp.ocpi.wrong_clocks import BEFORE_ALL, is_credible
from emsp.pushes.billed_token import token_key_of
from emsp.pushes.check_push import (
    canonical_time,
    check_addressee,
    check_owner,
    check_path,
    checked_key,
    clock_deviations,
    key_in_path,
    noted_deviations,
    readable,
    routing_deviations,
)
from emsp.pushes.content_hash import content_hash
from emsp.pushes.current_session import current_session
from emsp.pushes.keep_rejected import BODY_BYTES_AT_MOST
from emsp.pushes.merge_session import Patches, SessionState, after_patch, after_put
from emsp.pushes.rate_limit import PushRate
from emsp.pushes.remove_forgotten import RemoveForgotten
from emsp.receiver.errors import InvalidPush, TooLarge, UnknownObject
from emsp.receiver.mandatory_fields import identified
from emsp.receiver.request import STORED, Answer, Request
from emsp.stores.awaited import Awaits
from emsp.stores.sessions import SessionChanged, SessionStore, StoredSession
from emsp.timeouts import SESSION_CONFLICT

PATCHES_BYTES_AT_MOST = 50_000
"""The largest size, in bytes, of the stored patches of a session, because the session's item contains
them.
"""

NEVER_NULL: Final = frozenset(
    name for name, each in Session.model_fields.items() if each.is_required()
) - frozenset(SessionIdentity.model_fields)
"""The fields that a session must have. A PATCH may have null for them: some CPOs send null for a field that
does not change. The fields of SessionIdentity are not listed, because a session without them is rejected.
"""

AWAITED: Final = {"PENDING": Awaits.START, "ACTIVE": Awaits.PUSH, "COMPLETED": Awaits.CDR}
"""What a session in this status waits for. In any other status (INVALID, RESERVATION) it waits for
nothing.
"""


class ReceiveSession(NamedTuple):
    """The operations on `/sessions/{country_code}/{party_id}/{session_id}`."""

    store: SessionStore
    our_party: PartyId
    remove_forgotten: RemoveForgotten
    rate: PushRate | None = None

    def put(self, request: Request) -> Answer:
        """Store a session, unless a later one is stored.

        Raises InvalidPush, MalformedBody, TooManyPushes and StoreUnavailable.
        """
        value = request.json_object()
        identity = identified(SessionIdentity, value)
        self._check(request, value, identity)
        self._count(request)
        at, new_hash = _order(canonical_datetime(identity.last_updated), request), content_hash(value)
        key = checked_key(identity.country_code, identity.party_id, identity.id)
        first = at or BEFORE_ALL
        fresh = self._to_store(request, key, SessionState(value, first, first, new_hash), body=request.text())
        try:
            self.store.write_if_newer(fresh)
        except SessionChanged as changed:
            if changed.stored is None:
                raise
            return self._settle(
                request,
                changed.stored,
                lambda state: after_put(state, value, at or state.last_updated, new_hash),
            )
        return Answer(outcome=STORED)

    def patch(self, request: Request) -> Answer:
        """Change the fields and append the charging periods of a PATCH. Null does not remove a mandatory
        field.

        Raises UnknownObject for an unknown session, so that the sender PUTs it, and the errors of `put`.
        """
        patch = {
            name: value
            for name, value in request.json_object().items()
            if value is not None or name not in NEVER_NULL
        }
        path = request.path_parameters
        check_owner(request, PartyId(path["country_code"], path["party_id"]), self.our_party)
        self._count(request)
        at = canonical_time(patch.get("last_updated"))
        if at is None:
            raise InvalidPush("last_updated: every PATCH must contain it, as a DateTime")
        for name, parameter in (
            ("country_code", "country_code"),
            ("party_id", "party_id"),
            ("id", "session_id"),
        ):
            if patch.get(name) is not None and not same_id(patch[name], request.path_parameters[parameter]):
                raise InvalidPush(f"{name}: the body and the path do not name the same session")
        stored, order = self._stored(request), _order(at, request)
        return self._settle(
            request, stored, lambda state: after_patch(state, patch, order or state.last_updated)
        )

    def get(self, request: Request) -> Answer:
        """Return the stored session. Raises UnknownObject if there is none or if the caller may not read
        it.
        """
        stored = self._stored(request)
        if not readable(request, self.our_party):
            raise _unknown_session()
        if stored.closed_by_cdr is None:
            return Answer(as_text=stored.body.removeprefix("\ufeff"))
        return Answer(data=current_session(stored))

    def _stored(self, request: Request) -> StoredSession:
        key = key_in_path(request, "session_id")
        stored = self.store.get(key) if key else None
        if stored is None:
            raise _unknown_session()
        return stored

    def _settle(
        self, request: Request, stored: StoredSession, change: Callable[[SessionState], SessionState | None]
    ) -> Answer:
        """Apply `change` to the stored session. Retry while others write it at the same time."""
        for _ in range(SESSION_CONFLICT.tries):
            state = change(_state(stored))
            if state is None:
                return Answer(outcome="nothing new")
            self._check(request, state.object, identified(SessionIdentity, state.object))
            try:
                self.store.write_over(self._to_store(request, stored.object_key, state), stored.revision)
                return Answer(outcome=STORED)
            except SessionChanged as changed:
                if changed.stored is None:
                    raise
                stored = changed.stored
        raise SessionChanged(stored.object_key, stored)

    def _count(self, request: Request) -> None:
        path = request.path_parameters
        if self.rate:
            self.rate.push(PartyId(path["country_code"], path["party_id"]), path["session_id"])

    def _check(self, request: Request, value: JsonObject, identity: SessionIdentity) -> None:
        check_owner(request, PartyId(identity.country_code, identity.party_id), self.our_party)
        check_path(
            request, country_code=identity.country_code, party_id=identity.party_id, session_id=identity.id
        )
        check_addressee(request, value, self.our_party)
        token_key_of(value, self.our_party)

    def _to_store(
        self, request: Request, key: str, state: SessionState, body: str | None = None
    ) -> StoredSession:
        value = state.object
        patches = _patches_text(state.patches)
        if patches is not None and len(patches.encode()) > PATCHES_BYTES_AT_MOST:
            # From now on the session counts as one PUT. Later pushes are ignored only if they are older.
            state = SessionState(value, state.last_updated, state.last_updated, content_hash(value))
            patches = None
        received = dump_json(value) if body is None else body
        if values_at_most(received) > MAX_VALUES or len(received) > BODY_BYTES_AT_MOST:
            raise TooLarge("charging_periods: with these the session would be too large to be stored")
        kept = self.remove_forgotten.text(value, received)
        if kept is not received:
            value = stored_object(kept, f"session {key}")
        owner = PartyId(str(value["country_code"]), str(value["party_id"]))
        status = str(value["status"]).strip().upper()
        more = [
            *routing_deviations(request, owner, self.our_party),
            *clock_deviations(value.get("last_updated"), request.received_at),
        ]
        return StoredSession(
            object_key=key,
            body=kept,
            status=status,
            last_updated=state.last_updated,
            put_last_updated=state.put_at,
            put_hash=state.put_hash,
            received_at=request.received_at,
            patches=patches,
            deviations=noted_deviations(Session, value, owner, more),
            token_key=token_key_of(value, self.our_party),
            start_date_time=canonical_time(value.get("start_date_time")),
            awaits=AWAITED.get(status),
            link_mark=_link_mark(status, value.get("authorization_reference")),
        )


def _order(last_updated: str, request: Request) -> str | None:
    """Return the time that orders a push, or None if its `last_updated` is not credible.

    A push without a credible time is applied in order of arrival.
    """
    return last_updated if is_credible(last_updated, request.received_at) else None


def _unknown_session() -> UnknownObject:
    return UnknownObject("unknown session: PUT it whole")


def _link_mark(status: str, authorization_reference: JsonValue) -> int:
    """Return a number, never 0, that changes when link_session has to examine the session again."""
    return crc32(dump_json([status, authorization_reference]).encode()) + 1


def _state(stored: StoredSession) -> SessionState:
    return SessionState(
        object=stored_object(stored.body, f"session {stored.object_key}"),
        last_updated=stored.last_updated,
        put_at=stored.put_last_updated,
        put_hash=stored.put_hash,
        patches=_read_patches(stored.patches),
    )


def _patches_text(patches: Patches) -> str | None:
    if not patches.fields and not patches.appended:
        return None
    fields: JsonValue = dict(patches.fields)
    appended: JsonValue = [[time, count] for time, count in patches.appended]
    return dump_json({"fields": fields, "appended": appended})


def _read_patches(text: str | None) -> Patches:
    if text is None:
        return Patches()
    value = parse_json(text)
    if not isinstance(value, dict):
        raise TypeError("the patches of a session are not stored as a JSON object")
    fields, appended = value["fields"], value["appended"]
    return Patches(
        {str(name): str(time) for name, time in fields.items()} if isinstance(fields, dict) else {},
        tuple((str(one[0]), int(str(one[1]))) for one in appended if isinstance(one, list))
        if isinstance(appended, list)
        else (),
    )
