"""Read the energy from the signed meter values of a CDR (OCMF). They need not be valid. Without I/O."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from typing import Final

from emsp.charges.ocmf import OcmfRecord, is_ocmf, record_of, signed_values
from emsp.ocpi.json_text import JsonObject, objects_in
from emsp.pricing.amounts import exact
from emsp.pricing.read_tariff import word

READINGS_AT_MOST: Final = 1000
UNITS: Final = {"KWH": 1, "WH": 1000}
IMPORTED: Final = (":1.8.", ":1.08.", ":98.8.", ":b2.", ":b3.")
"""Parts of OBIS codes (OCMF, `RI`) of registers for imported energy, of the meter or of the transaction."""


def signed_energy(cdr: JsonObject) -> Fraction | None:
    """Return the largest energy of a register, in kWh.

    Return None if the CDR has no signed values in OCMF, or fewer than two readings.
    """
    if not is_ocmf(cdr):
        return None
    records = (record_of(each) for each in signed_values(cdr))
    return max(energies_of(each for each in records if each is not None), default=None)


def energies_of(records: Iterable[OcmfRecord]) -> list[Fraction]:
    """Return the energy of each register of each meter in kWh: its highest less its lowest reading."""
    registers: dict[tuple[str, str], list[Fraction]] = {}
    for record in records:
        for register, reading in islice(_readings(record.payload), READINGS_AT_MOST):
            registers.setdefault((record.meter, register), []).append(reading)
    return [max(each) - min(each) for each in registers.values() if len(each) > 1]


def _readings(payload: JsonObject) -> Iterator[tuple[str, Fraction]]:
    """Yield the register and the kWh of each reading without an error flag for energy.

    A missing field has the value of the previous reading (OCMF, `RD`).
    """
    register = unit = errors = ""
    for reading in objects_in(payload, "RD"):
        register = word(reading.get("RI")) or register
        unit = word(reading.get("RU")) or unit
        errors = word(reading.get("EF")) if "EF" in reading else errors
        value = exact(reading.get("RV"))
        imported = not register or any(each in register.lower() for each in IMPORTED)
        if value is not None and unit.upper() in UNITS and imported and "E" not in errors:
            yield register, value / UNITS[unit.upper()]
