"""The connectors of a location, grouped by EVSE status, standard and power."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from emsp.ocpi.connector_enums import ConnectorType
from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in
from emsp.stores.locations import ConnectorGroup

STANDARDS = {standard.upper(): standard.value for standard in ConnectorType}
GROUPS_AT_MOST = 50
"""The largest number of different connectors of a location that are kept, because an item must have space for
them.
"""
NAME_CHARACTERS = 40
WATTS_AT_MOST = 10**9
A_KILOWATT: Final = 1000
PHASES = {"AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3}


def connector_groups_of(location: JsonObject) -> list[ConnectorGroup]:
    """Return the different connectors of a location with their numbers, in a fixed order.

    If there are more than GROUPS_AT_MOST, the most frequent ones are returned.
    """
    found: Counter[tuple[str, str, int, str, int | None]] = Counter()
    for evse in evses_of(location):
        status = _name(evse.get("status"))
        for connector in objects_in(evse, "connectors"):
            power, power_type = power_w(connector), _name(connector.get("power_type"))
            found[status, _standard(connector), power or 0, power_type, power] += 1
    ordered = sorted(found.most_common(GROUPS_AT_MOST), key=lambda each: each[0][:4])
    return [
        ConnectorGroup(status, standard, power, count, power_type)
        for (status, standard, _, power_type, power), count in ordered
    ]


def evses_of(location: JsonObject) -> Iterator[JsonObject]:
    """Yield the EVSEs of a location."""
    return objects_in(location, "evses")


def power_w(connector: JsonObject) -> int | None:
    """Return the power of a connector in W, or None if it is unknown.

    It is `max_electric_power`, or the product of voltage, current and phases. `max_voltage` of AC is line to
    neutral (OCPI 2.2.1, mod_locations, Connector). No connector has less than 1,000 W, so a smaller number is
    read as kW.
    """
    stated = connector.get("max_electric_power")
    watts = _number(stated)
    if watts is not None:
        return watts if watts >= A_KILOWATT or watts < 0 else int(float(str(stated)) * A_KILOWATT)
    voltage, amperage = _number(connector.get("max_voltage")), _number(connector.get("max_amperage"))
    if voltage is None or amperage is None:
        return None
    return voltage * amperage * PHASES.get(_name(connector.get("power_type")), 1)


def _number(value: JsonValue) -> int | None:
    try:
        number = int(float(str(value)))
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < WATTS_AT_MOST else None


def _standard(connector: JsonObject) -> str:
    """Return the standard in OCPI's spelling. Some of them are not in upper case."""
    name = _name(connector.get("standard"))
    return STANDARDS.get(name, name)


def _name(value: JsonValue) -> str:
    """Return a value of an enum in upper case."""
    return value[:NAME_CHARACTERS].strip().upper() if isinstance(value, str) else ""
