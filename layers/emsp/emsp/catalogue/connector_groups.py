"""The connectors of a location, grouped by EVSE status, standard and power."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from emsp.ocpi.connector_enums import ConnectorType
from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in
from emsp.stores.locations import ConnectorGroup

STANDARDS = {standard.upper(): standard.value for standard in ConnectorType}
GROUPS_AT_MOST = 50
"""The limit for different kinds of connectors of one location, since an item must have room for them."""
NAME_CHARACTERS = 40
WATTS_AT_MOST = 10**9
A_KILOWATT: Final = 1000
PHASES = {"AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3}


def connector_groups_of(location: JsonObject) -> list[ConnectorGroup]:
    """The connectors of a location, identical ones counted, in a fixed order; the GROUPS_AT_MOST most
    frequent.
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
    """The EVSEs of a location."""
    return objects_in(location, "evses")


def power_w(connector: JsonObject) -> int | None:
    """The power of a connector in W: `max_electric_power`, or else the product of voltage, current and
    phases. None: unknown.

    `max_voltage` is line to neutral for AC (OCPI 2.2.1, Connector object). No connector has less than 1,000
    W, so a smaller number is taken as kW.
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
    """The standard in OCPI's spelling, which is not upper case for all of them."""
    name = _name(connector.get("standard"))
    return STANDARDS.get(name, name)


def _name(value: JsonValue) -> str:
    """A value of an enum, in upper case."""
    return value[:NAME_CHARACTERS].strip().upper() if isinstance(value, str) else ""
