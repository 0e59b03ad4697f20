"""Receive CDRs: POST stores one, GET returns a stored one (OCPI 2.2.1, mod_cdrs, Receiver Interface).

A CDR is a claim for money and immutable, so the first CDR with an id is final. Contradictions to its session,
or to the CDR that it credits, are listed beside it. The CDR is accepted.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from emsp.in_background import in_background
from emsp.log import log
from emsp.ocpi.cdrs import CDR, CdrIdentity
from emsp.ocpi.credit_cdrs import is_credit
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.ids import ID_CHARACTERS_AT_MOST, id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, stored_object
from emsp.ocpi.parties import PartyId, object_key
from emsp.pushes.billed_token import token_key_of
from emsp.pushes.check_push import (
    check_addressee,
    check_owner,
    checked_key,
    key_in_path,
    noted,
    noted_deviations,
    readable,
    routing_deviations,
)
from emsp.pushes.content_hash import content_hash
from emsp.pushes.contradictions import against_credited, against_session
from emsp.pushes.end_session_by_cdr import store_cdr_and_end_session
from emsp.pushes.month_of_cdr import counted_at
from emsp.pushes.rate_limit import PushRate
from emsp.pushes.remove_forgotten import RemoveForgotten
from emsp.receiver.errors import UnknownObject
from emsp.receiver.mandatory_fields import identified
from emsp.receiver.request import STORED, Answer, Request
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.sessions import SessionStore


class ReceiveCdr(NamedTuple):
    """The operations on `/cdrs` and `/cdrs/{country_code}/{party_id}/{cdr_id}`."""

    store: CdrStore
    sessions: SessionStore
    our_party: PartyId
    remove_forgotten: RemoveForgotten
    rate: PushRate | None = None

    def post(self, request: Request) -> Answer:
        """Store a CDR. If it is stored already with the same content, the answer is the same, with its
        Location.

        Raises InvalidPush, MalformedBody, TooManyPushes and StoreUnavailable, and ContradictingObject if
        another CDR with this id is stored.
        """
        value = request.json_object()
        received = request.text()
        identity = identified(CdrIdentity, value)
        owner = PartyId(identity.country_code, identity.party_id)
        check_owner(request, owner, self.our_party)
        check_addressee(request, value, self.our_party)
        if self.rate:
            self.rate.push(owner, identity.id)
        kept = self.remove_forgotten.text(value, received)
        pushed = value
        if kept is not received:
            value = stored_object(kept, f"CDR {identity.id} without its driver")
        key = checked_key(identity.country_code, identity.party_id, identity.id)
        log.append_keys(object_key=key)
        token_key = token_key_of(value, self.our_party)

        reading = in_background(_referenced, owner, value.get("session_id"), self.sessions.get)
        received_hash = content_hash(pushed)
        deviations = noted_deviations(CDR, value, owner, routing_deviations(request, owner, self.our_party))
        session_key, session = reading()
        credits_key, credited = self._credited(owner, value)
        contradictions = [*against_session(value, session), *against_credited(value, credits_key, credited)]
        cdr = StoredCdr(
            object_key=key,
            body=kept,
            content_hash=received_hash,
            last_updated=canonical_datetime(identity.last_updated),
            end_date_time=counted_at(identity.end_date_time, request.received_at),
            received_at=request.received_at,
            deviations=deviations,
            contradictions=noted(contradictions),
            token_key=token_key,
            # A credit CDR that names no session belongs to the session of the CDR that it credits.
            session_key=session_key or (credited.session_key if credited else None),
            credits_key=credits_key,
        )
        store_cdr_and_end_session(self.store, self.sessions, cdr, value, session_has_come=session is not None)
        return Answer(headers={"Location": _url(request, identity)}, outcome=STORED)

    def _credited(self, owner: PartyId, value: JsonObject) -> tuple[str | None, StoredCdr | None]:
        """Return the key of the CDR that a credit CDR credits, and that CDR if it is stored."""
        if not is_credit(value):
            return None, None
        return _referenced(owner, value.get("credit_reference_id"), self.store.get)

    def get(self, request: Request) -> Answer:
        """Return the CDR as it was received. Raises UnknownObject if there is none or if the caller may not
        read it.
        """
        key = key_in_path(request, "cdr_id")
        stored = self.store.get(key) if key else None
        if stored is None or not readable(request, self.our_party):
            raise UnknownObject("unknown CDR")
        return Answer(as_text=stored.body)


def _url(request: Request, cdr: CdrIdentity) -> str:
    """Return the URL of the CDR in our API."""
    parts = (cdr.country_code, cdr.party_id, cdr.id)
    return request.url("/ocpi/2.2.1/cdrs/" + "/".join(quote(part, safe="") for part in parts))


def _referenced[T](
    owner: PartyId, reference: JsonValue, get: Callable[[str], T | None]
) -> tuple[str | None, T | None]:
    """Return the key of an object of the same CPO, and the object if it is stored.

    Spaces around the reference are ignored, unless the id of the object has them too.
    """
    stated = id_text(reference) or ""
    key = None
    for each in dict.fromkeys((stated, stated.strip())):
        if 0 < len(each) <= ID_CHARACTERS_AT_MOST:
            key = object_key(owner.country_code, owner.party_id, each)
            if (found := get(key)) is not None:
                return key, found
    return key, None
