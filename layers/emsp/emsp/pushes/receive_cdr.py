"""CDRs as the Hub pushes them: POST, and GET of what we hold (OCPI 2.2.1, mod_cdrs, Receiver Interface).

A CDR is money and immutable: the first one of an id stands. What it says against its session, or against the
CDR that it credits, is noted beside it; it is never refused for that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

from emsp.metrics import Metric, count
from emsp.ocpi.cdrs import CDR, CdrIdentity
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.deviations import Deviation
from emsp.ocpi.identity import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.pushes.accept import (
    KEY_CHARACTERS_AT_MOST,
    canonical_time,
    check_owner,
    checked_key,
    from_party_deviations,
    key_in_path,
    noted,
    noted_deviations,
    token_key_of,
)
from emsp.pushes.content_hash import content_hash
from emsp.pushes.session_history import FINAL_STATUSES
from emsp.receiver.errors import ContradictingObject, UnknownObject
from emsp.receiver.identified import identified
from emsp.receiver.request import Answer, Request
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.sessions import SessionStore, StoredSession


@dataclass(frozen=True)
class ReceiveCdr:
    """The operations on `/cdrs` and `/cdrs/{country_code}/{party_id}/{cdr_id}`."""

    store: CdrStore
    sessions: SessionStore
    our_party: PartyId

    def post(self, request: Request) -> Answer:
        """Store a CDR; the same again is a success, with the same Location.

        Raises InvalidPush, MalformedBody; ContradictingObject for other content under an id that is taken;
        StoreUnavailable.
        """
        value = request.json_object()
        identity = identified(CdrIdentity, value)
        owner = PartyId(identity.country_code, identity.party_id)
        check_owner(request, owner, self.our_party)
        token_key = token_key_of(value, self.our_party)
        key = checked_key(identity.country_code, identity.party_id, identity.id)
        parts = (identity.country_code, identity.party_id, identity.id)
        location = request.url("/ocpi/2.2.1/cdrs/" + "/".join(quote(part, safe="") for part in parts))

        session_key = _referenced_key(owner, value.get("session_id"))
        session = self.sessions.get(session_key) if session_key else None
        credits_key = _referenced_key(owner, value.get("credit_reference_id")) if _is_credit(value) else None
        credited = self.store.get(credits_key) if credits_key else None
        contradictions = [*_against_session(value, session), *_against_credited(value, credits_key, credited)]
        cdr = StoredCdr(
            object_key=key,
            body=request.text(),
            content_hash=content_hash(value),
            last_updated=canonical_datetime(identity.last_updated),
            end_date_time=canonical_datetime(identity.end_date_time),
            received_at=request.received_at,
            deviations=noted_deviations(CDR, value, owner, from_party_deviations(request, owner)),
            contradictions=noted(contradictions),
            token_key=token_key,
            session_key=session_key,
            credits_key=credits_key,
        )
        if self.store.add(cdr) != cdr.content_hash:
            count(Metric.CONFLICTING_CDRS)
            raise ContradictingObject(
                f"id: CDR {identity.id[:64]} is known with other content, and a CDR never changes"
            )
        # Repeated when the CDR is: a try before may have ended between its writes. Noted on a session that
        # has ended as well: pushes from before its end may still be under way.
        if session_key and not _is_credit(value):
            self.sessions.close(session_key, key, str(value["end_date_time"]), request.received_at)
        if credits_key:
            self.store.note_credit(credits_key, key)
        return Answer(headers={"Location": location})

    def get(self, request: Request) -> Answer:
        """The CDR, as it was received. Raises UnknownObject."""
        key = key_in_path(request, "cdr_id")
        stored = self.store.get(key) if key else None
        if stored is None:
            raise UnknownObject("unknown CDR")
        return Answer(as_text=stored.body)


def _is_credit(value: JsonObject) -> bool:
    return str(value.get("credit")).strip().lower() in ("true", "1")


def _referenced_key(owner: PartyId, reference: JsonValue) -> str | None:
    referenced = id_text(reference)
    if referenced is None or len(referenced) > KEY_CHARACTERS_AT_MOST:
        return None
    return object_key(owner.country_code, owner.party_id, referenced)


def _against_session(cdr: JsonObject, stored: StoredSession | None) -> Iterator[Deviation]:
    """What the CDR says that its session does not."""
    if id_text(cdr.get("session_id")) is None:
        yield Deviation("session_id", "is missing, so no session can be matched", "")
        return
    if stored is None:
        yield Deviation("session_id", "no such session has been pushed so far", str(cdr["session_id"])[:200])
        return
    session = parse_json(stored.body)
    if not isinstance(session, dict):
        raise TypeError(f"session {stored.object_key} is stored as no object")
    if stored.status == "INVALID":
        yield Deviation("session_id", "the session is INVALID", str(cdr["session_id"])[:200])
    ended = stored.status in FINAL_STATUSES
    pairs = [
        ("cdr_token.uid", _text(_at(cdr, "cdr_token", "uid")), _text(_at(session, "cdr_token", "uid"))),
        ("cdr_location.id", _text(_at(cdr, "cdr_location", "id")), _text(session.get("location_id"))),
        (
            "cdr_location.evse_uid",
            _text(_at(cdr, "cdr_location", "evse_uid")),
            _text(session.get("evse_uid")),
        ),
        ("currency", _text(cdr.get("currency")), _text(session.get("currency"))),
        (
            "start_date_time",
            canonical_time(cdr.get("start_date_time")),
            canonical_time(session.get("start_date_time")),
        ),
        (
            "end_date_time",
            canonical_time(cdr.get("end_date_time")),
            canonical_time(session.get("end_date_time")),
        ),
    ]
    if ended:
        pairs += [
            ("total_energy", _number(cdr.get("total_energy")), _number(session.get("kwh"))),
            (
                "total_cost.excl_vat",
                _number(_at(cdr, "total_cost", "excl_vat")),
                _number(_at(session, "total_cost", "excl_vat")),
            ),
        ]
    for path, here, there in pairs:
        if here is not None and there is not None and here != there:
            yield Deviation(path, f"the session has {there[:100]}", here[:100])


def _against_credited(
    cdr: JsonObject, credits_key: str | None, credited: StoredCdr | None
) -> Iterator[Deviation]:
    """What a credit CDR says that does not undo the CDR that it credits."""
    if not _is_credit(cdr):
        return
    if credits_key is None:
        yield Deviation("credit_reference_id", "is missing, so nothing tells what is credited", "")
        return
    if credited is None:
        yield Deviation("credit_reference_id", "no such CDR has been pushed so far", credits_key)
        return
    original = parse_json(credited.body)
    here = _number(_at(cdr, "total_cost", "excl_vat"))
    there = _number(_at(original, "total_cost", "excl_vat"))
    if here is not None and there is not None and Decimal(here) != -Decimal(there):
        yield Deviation(
            "total_cost.excl_vat", f"does not undo {there[:100]} of the CDR that is credited", here[:100]
        )


def _at(value: JsonValue, *path: str) -> JsonValue:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: JsonValue) -> str | None:
    text = id_text(value)
    return None if text is None else text.upper()


def _number(value: JsonValue) -> str | None:
    """A number as text without zeros at its end, so that 8.10 and "8.1" are the same."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
