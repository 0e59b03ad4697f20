"""Find contradictions between a CDR and its session, or the CDR that it credits. Without I/O.

A contradiction is listed beside the CDR, which is accepted.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from emsp.ocpi.credit_cdrs import is_credit
from emsp.ocpi.deviations import Deviation
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, parse_json, stored_object
from emsp.ocpi.session_status import ENDED
from emsp.pushes.check_push import canonical_time
from emsp.stores.cdrs import StoredCdr
from emsp.stores.sessions import StoredSession


def against_session(cdr: JsonObject, stored: StoredSession | None) -> Iterator[Deviation]:
    """Yield the fields in which the CDR contradicts its session, and a missing or unknown session.

    Energy and cost are compared only if the session has ended.
    """
    if id_text(cdr.get("session_id")) is None:
        yield Deviation("session_id", "is missing, so no session can be matched", "")
        return
    if stored is None:
        yield Deviation("session_id", "no such session has been pushed so far", str(cdr["session_id"])[:200])
        return
    session = stored_object(stored.body, f"session {stored.object_key}")
    if stored.status == "INVALID":
        yield Deviation("session_id", "the session is INVALID", str(cdr["session_id"])[:200])
    for cdr_path, session_path, read in (*_FIELDS, *(_AT_THE_END if stored.status in ENDED else ())):
        here, there = read(_at(cdr, cdr_path)), read(_at(session, session_path))
        if here is not None and there is not None and here != there:
            yield Deviation(cdr_path, f"the session has {there[:100]}", here[:100])


def against_credited(
    cdr: JsonObject, credits_key: str | None, credited: StoredCdr | None
) -> Iterator[Deviation]:
    """Yield the ways in which a credit CDR does not reverse the CDR that it credits."""
    if not is_credit(cdr):
        return
    if credits_key is None:
        yield Deviation("credit_reference_id", "is missing, so the credited CDR is unknown", "")
        return
    if credited is None:
        yield Deviation("credit_reference_id", "no such CDR has been pushed so far", credits_key)
        return
    original = parse_json(credited.body)
    here = _number(_at(cdr, "total_cost.excl_vat"))
    there = _number(_at(original, "total_cost.excl_vat"))
    if here is not None and there is not None and Decimal(here) != -Decimal(there):
        yield Deviation(
            "total_cost.excl_vat", f"does not reverse the {there[:100]} of the credited CDR", here[:100]
        )


def _at(value: JsonValue, path: str) -> JsonValue:
    for name in path.split("."):
        value = as_object(value).get(name)
    return value


def _text(value: JsonValue) -> str | None:
    text = id_text(value)
    return None if text is None else text.upper()


def _number(value: JsonValue) -> str | None:
    """Return a number as text without trailing zeros, so that 8.10 and "8.1" are equal."""
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


_FIELDS: Final = (
    ("cdr_token.uid", "cdr_token.uid", _text),
    ("cdr_location.id", "location_id", _text),
    ("cdr_location.evse_uid", "evse_uid", _text),
    ("currency", "currency", _text),
    ("start_date_time", "start_date_time", canonical_time),
    ("end_date_time", "end_date_time", canonical_time),
)
"""The fields that a CDR and its session have in common: both paths, and a function that reads the value."""
_AT_THE_END: Final = (
    ("total_energy", "kwh", _number),
    ("total_cost.excl_vat", "total_cost.excl_vat", _number),
)
"""The fields that may differ until the session has ended."""
