"""The energy that a CDR's signed meter values tell: OCMF in OCPI's SignedData (OCPI 2.2.1, mod_cdrs). Pure.

It reads what was signed and checks no signature: that the values are the meter's is not said here.
"""

import base64
import binascii
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue, MalformedJson, objects_in, parse_json
from emsp.pricing.amounts import exact
from emsp.pricing.read_tariff import word

VALUES_AT_MOST: Final = 100
READINGS_AT_MOST: Final = 1000
UNITS: Final = {"KWH": 1, "WH": 1000}
IMPORTED: Final = (":1.8.", ":1.08.", ":98.8.", ":b2.", ":b3.")
"""Registers of imported energy in an OBIS code (OCMF, `RI`): the meter's, and those of a transaction."""


def signed_energy(cdr: JsonObject) -> Fraction | None:
    """In kWh, from the lowest to the highest reading of one register; None where the CDR is not signed, in
    another format, or has fewer than two readings.
    """
    signed = cdr.get("signed_data")
    if not isinstance(signed, dict) or word(signed.get("encoding_method")).upper() != "OCMF":
        return None
    registers: dict[str, list[Fraction]] = {}
    for value in islice(objects_in(signed, "signed_values"), VALUES_AT_MOST):
        for register, reading in islice(_readings(_payload(value)), READINGS_AT_MOST):
            registers.setdefault(register, []).append(reading)
    risen = [max(each) - min(each) for each in registers.values() if len(each) > 1]
    return max(risen, default=None)


def _payload(value: JsonObject) -> JsonObject:
    """What was signed: `OCMF|{payload}|{signature}`, as it is or in Base64. Empty where it can't be read."""
    for text in (word(value.get("plain_data")), _decoded(word(value.get("signed_data")))):
        parts = text.split("|", 2)
        try:
            read: JsonValue = parse_json(parts[1] if parts[0] == "OCMF" and len(parts) > 1 else text)
        except MalformedJson:
            continue
        if isinstance(read, dict) and "RD" in read:
            return read
    return {}


def _decoded(text: str) -> str:
    if text.startswith("OCMF|"):
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _readings(payload: JsonObject) -> Iterator[tuple[str, Fraction]]:
    """Register and kWh of each reading; what one leaves out is as in the one before (OCMF, `RD`)."""
    register = unit = ""
    for reading in objects_in(payload, "RD"):
        register = word(reading.get("RI")) or register
        unit = word(reading.get("RU")) or unit
        value = exact(reading.get("RV"))
        imported = not register or any(each in register.lower() for each in IMPORTED)
        if value is not None and unit.upper() in UNITS and imported:
            yield register, value / UNITS[unit.upper()]
