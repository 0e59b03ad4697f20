"""Tariffs and charges for tests, from the few facts that a test is about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject
from emsp.pricing.price_session import price
from emsp.pricing.priced import Priced

MONDAY_10 = datetime(2026, 11, 23, 10, tzinfo=UTC)


def component(kind: str, amount: object, vat: object = None, step: int = 1) -> JsonObject:
    made: dict[str, Any] = {"type": kind, "price": _number(amount), "step_size": step}
    if vat is not None:
        made["vat"] = _number(vat)
    return made


def element(*components: JsonObject, **restrictions: Any) -> JsonObject:
    made: dict[str, Any] = {"price_components": [*components]}
    if restrictions:
        made["restrictions"] = restrictions
    return made


def tariff(*elements: JsonObject, **fields: Any) -> JsonObject:
    return {
        "country_code": "IN",
        "party_id": "ABC",
        "id": "T1",
        "currency": "INR",
        "elements": [*elements],
        "last_updated": "2026-01-01T00:00:00Z",
        **fields,
    }


def period(minutes: float, *, tariff_id: str | None = "T1", **volumes: object) -> JsonObject:
    """A period that begins `minutes` after the charge."""
    made: dict[str, Any] = {
        "start_date_time": write_datetime(MONDAY_10 + timedelta(minutes=minutes)),
        "dimensions": [{"type": kind, "volume": _number(volume)} for kind, volume in volumes.items()],
    }
    if tariff_id is not None:
        made["tariff_id"] = tariff_id
    return made


def charge(
    *periods: JsonObject, tariffs: Sequence[JsonObject] = (), minutes: float = 60, **fields: Any
) -> JsonObject:
    made: dict[str, Any] = {
        "country_code": "IN",
        "party_id": "ABC",
        "id": "C1",
        "session_id": "S1",
        "currency": "INR",
        "start_date_time": write_datetime(MONDAY_10),
        "end_date_time": write_datetime(MONDAY_10 + timedelta(minutes=minutes)),
        "cdr_location": {"evse_uid": "E1"},
        "tariffs": [*tariffs],
        "charging_periods": [*periods],
    }
    return {**made, **fields}


def priced(
    by: JsonObject | Sequence[JsonObject],
    *periods: JsonObject,
    zone: str | None = "UTC",
    vat_when_absent: Decimal | None = None,
    **fields: Any,
) -> Priced:
    """What a charge of these periods costs by the tariff that it embeds."""
    tariffs = [by] if isinstance(by, dict) else by
    return price(charge(*periods, tariffs=tariffs, **fields), (), zone, vat_when_absent)


def excl(result: Priced) -> str:
    """The total without VAT, as text; or why there is none."""
    if result.total is None:
        return ", ".join(reason.code for reason in result.reasons)
    return str(result.total.as_json()["excl_vat"])


def codes(result: Priced) -> set[str]:
    return {str(note.code) for note in result.notes}


def _number(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, float) else value
