"""Read the signed meter values of a CDR (OCPI 2.2.1, mod_cdrs, SignedData) in the format OCMF.

An OCMF record is `OCMF|{payload}|{signature}`. A CDR contains it as text, in Base64 or in hexadecimal digits.
Compressed records are not read. Source: the OCMF specification of S.A.F.E. e.V. Without I/O.
"""

import base64
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from emsp.ocpi.json_text import JsonObject, MalformedJson, as_object, objects_in, parse_json
from emsp.pricing.read_tariff import word

CHARACTERS_AT_MOST: Final = 200_000
"""The largest number of characters of a signed value. OCPI allows 5,000."""
VALUES_AT_MOST: Final = 100
HEADER: Final = "OCMF|"


@dataclass(frozen=True)
class OcmfRecord:
    """An OCMF record.

    `signed` is the text that was signed. `signature` is empty if there is none. `key` is the public key that
    some meters append, or empty.
    """

    signed: str
    payload: JsonObject
    signature: JsonObject
    key: str

    @property
    def meter(self) -> str:
        """The serial number of the meter (`MS`), or of its gateway (`GS`) if there is none."""
        return word(self.payload.get("MS")) or word(self.payload.get("GS"))


def signed_values(cdr: JsonObject) -> list[JsonObject]:
    """Return at most VALUES_AT_MOST signed values of the CDR. If there are more, intermediate ones are left
    out.
    """
    signed = cdr.get("signed_data")
    values = [*objects_in(signed, "signed_values")] if isinstance(signed, dict) else []
    return sorted(values, key=lambda each: word(each.get("nature")).upper() == "INTERMEDIATE")[
        :VALUES_AT_MOST
    ]


def is_ocmf(cdr: JsonObject) -> bool:
    signed = cdr.get("signed_data")
    return isinstance(signed, dict) and word(signed.get("encoding_method")).upper().startswith("OCMF")


def record_of(value: JsonObject) -> OcmfRecord | None:
    """Return the record in `signed_data` or, if that has none, in `plain_data`. Otherwise return None."""
    for name in ("signed_data", "plain_data"):
        text = word(value.get(name))
        for each in _decoded(text) if len(text) <= CHARACTERS_AT_MOST else ():
            if (record := _read(each)) is not None:
                return record
    return None


def _read(text: str) -> OcmfRecord | None:
    """Return the record in a text, or None. A payload without `OCMF|` is a record without a signature."""
    parts = text.split("|", 3) if text.startswith(HEADER) else ["", text]
    payload = _object(parts[1])
    if "RD" not in payload:
        return None
    _, signed, signature, key = [*parts, "", ""][:4]
    return OcmfRecord(signed, payload, _object(signature), key)


def _object(text: str) -> JsonObject:
    try:
        value = parse_json(text)
    except MalformedJson:
        return {}
    return as_object(value)


def _decoded(text: str) -> Iterator[str]:
    yield text
    for decode in (bytes.fromhex, base64.b64decode):
        with suppress(ValueError):
            yield decode(text).decode().strip()
