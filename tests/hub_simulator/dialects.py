"""Rewrites an object of the specification as its CPO would send it."""

from typing import Any, Final

from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.networks import Dialect

_TIMES: Final = (
    "last_updated",
    "start_date_time",
    "end_date_time",
)
_NUMBERS: Final = ("kwh", "total_energy", "total_time", "excl_vat", "incl_vat", "volume", "price")
_ABSENT: Final = {
    "publish": ("related_locations", "suboperator", "energy_mix"),  # a location
    "elements": ("min_price", "end_date_time"),  # a tariff
    "kwh": ("end_date_time", "meter_id"),  # a session
    "total_energy": ("signed_data", "remark"),  # a CDR
}


def speak(dialect: Dialect, value: JsonObject) -> JsonObject:
    """A copy of the object in this dialect. The argument stays unchanged."""
    if dialect is Dialect.SPEC:
        return value
    spoken: JsonObject = _rewrite(dialect, value)
    if dialect is Dialect.OFFSET_AND_NULLS:
        for mark, names in _ABSENT.items():
            if mark in spoken:
                for name in names:
                    spoken.setdefault(name, None)
    if dialect is Dialect.FRACTIONS:
        spoken["x_source"] = "vp-core"
    if dialect is Dialect.STRING_NUMBERS:
        spoken.pop("time_zone", None)
        for element in spoken.get("elements", []):
            for component in element["price_components"]:
                del component["vat"]
    return spoken


def _rewrite(dialect: Dialect, value: Any) -> Any:
    if isinstance(value, list):
        return [_rewrite(dialect, item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _field(dialect, name, item) for name, item in value.items()}


def _field(dialect: Dialect, name: str, value: Any) -> Any:
    if name in _TIMES and isinstance(value, str):
        return _time(dialect, value)
    if dialect is Dialect.STRING_NUMBERS and name in _NUMBERS and isinstance(value, int | float):
        return str(value)
    return _rewrite(dialect, value)


def _time(dialect: Dialect, text: str) -> str:
    if dialect is Dialect.NO_ZONE:
        return text.removesuffix("Z")
    if dialect is Dialect.FRACTIONS:
        return text.removesuffix("Z") + ("000Z" if "." in text else ".000000Z")
    if dialect is Dialect.OFFSET_AND_NULLS:
        return text.removesuffix("Z") + "+00:00"
    return text


def time_text(dialect: Dialect, text: str) -> str:
    """A timestamp (with Z) in this dialect."""
    return _time(dialect, text)
