"""Verify the signed meter values of a CDR, and compare their energy with total_energy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from emsp.charges.ocmf import OcmfRecord, is_ocmf, record_of, signed_values
from emsp.charges.signature import CannotVerify, is_signed_by
from emsp.charges.signed_energy import energies_of
from emsp.ocpi.json_text import JsonObject, as_object
from emsp.pricing.amounts import exact, text
from emsp.pricing.findings import Finding
from emsp.pricing.read_tariff import word

VERIFIED_AT_MOST: Final = 20
"""The largest number of signed values that are verified for a CDR, because each takes 10 ms of CPU time. If
there are more, intermediate ones are left out.
"""
METER_CHARACTERS_AT_MOST: Final = 100
KWH: Final = Fraction(1, 100)

type KeysOf = Callable[[str], Sequence[str]]
"""Returns the public keys that are registered for a meter of the CDR's CPO, by its serial number."""


class Signed(StrEnum):
    """The result for a CDR: that of its worst signed value. The members are ordered from best to worst."""

    VALID = "VALID"
    """The signature matches a key that is registered for the meter."""
    SELF_CONSISTENT = "SELF_CONSISTENT"
    """The signature matches a key in the CDR. This proves little: the author of the CDR may have made
    both.
    """
    NOT_SIGNED = "NOT_SIGNED"
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"
    """The value can't be verified: it is no OCMF, it has no key, or its key or algorithm can't be used."""
    INVALID = "INVALID"


@dataclass(frozen=True)
class Verification:
    """The result, with `says` as its reason.

    `kwh` is the energy of each register in kWh. It is empty if the values state none.
    """

    result: Signed
    says: str = ""
    meters: tuple[str, ...] = ()
    kwh: tuple[Fraction, ...] = ()

    def as_json(self) -> JsonObject:
        return {
            "result": self.result.value,
            "says": self.says,
            "meters": [*self.meters],
            "kwh": [text(each, 6) for each in self.kwh],
        }

    def findings(self, cdr: JsonObject) -> Iterator[Finding]:
        if self.result is Signed.INVALID:
            yield Finding("SIGNATURE_INVALID", self.says)
        energy = exact(cdr.get("total_energy"))
        if energy is not None and self.kwh and all(abs(energy - each) > KWH for each in self.kwh):
            answered = " or ".join(text(each, 3) for each in self.kwh)
            message = f"total_energy is {text(energy, 3)} kWh, the signed meter values have {answered}"
            yield Finding("SIGNED_ENERGY_DIFFERS", message)


def verify_signed_data(cdr: JsonObject, keys_of: KeysOf) -> Verification:
    """Return the result for a CDR.

    No content of the CDR raises an error. Errors of `keys_of` are raised.
    """
    values = signed_values(cdr)
    if not values:
        return Verification(Signed.NOT_SIGNED, "the CDR has no signed values")
    if not is_ocmf(cdr):
        return Verification(Signed.UNKNOWN_FORMAT, "its encoding_method is not OCMF")
    found = [record_of(each) for each in values[:VERIFIED_AT_MOST]]
    records = [each for each in found if each is not None]
    signed_data = cdr.get("signed_data")
    brought = word(as_object(signed_data).get("public_key"))
    known = {
        meter: keys_of(meter)
        for meter in dict.fromkeys(each.meter for each in records)
        if 0 < len(meter) <= METER_CHARACTERS_AT_MOST
    }
    results = [_verify(each, known.get(each.meter, ()), each.key or brought) for each in records]
    if len(records) < len(found):
        results.append((Signed.UNKNOWN_FORMAT, "a signed value is not an OCMF record"))
    result, says = max(results, key=lambda each: [*Signed].index(each[0]))
    if len(values) > VERIFIED_AT_MOST:
        says = f"{VERIFIED_AT_MOST} of its signed values were verified, which is the limit. {says}".strip()
    return Verification(result, says, tuple(known), tuple(dict.fromkeys(energies_of(records))))


def _verify(record: OcmfRecord, registered: Sequence[str], brought: str) -> tuple[Signed, str]:
    if not word(record.signature.get("SD")):
        return Signed.NOT_SIGNED, "a meter value has no signature"
    keys = registered or ([brought] if brought else [])
    if not keys:
        return (
            Signed.UNKNOWN_FORMAT,
            f"no public key: none in the CDR, none registered for meter {record.meter!r}",
        )
    problem = ""
    for key in keys:
        try:
            if is_signed_by(record, key):
                own = (Signed.SELF_CONSISTENT, "signed with the CDR's own key")
                return (Signed.VALID, "") if registered else own
        except CannotVerify as error:
            problem = str(error)
    if problem:
        return Signed.UNKNOWN_FORMAT, problem
    whose = f"the key registered for meter {record.meter}" if registered else "the CDR's own key"
    return Signed.INVALID, f"a signature does not match {whose}, or the values were changed"
