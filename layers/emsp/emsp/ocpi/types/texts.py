"""OCPI's strings: CiString, string, URL, the codes of countries, currencies and languages, and parts
of keys.
"""

import re
from decimal import Decimal
from functools import partial
from typing import Annotated

from pydantic import PlainValidator, StringConstraints
from pydantic_core import PydanticCustomError

from emsp.ocpi.types.permissive import Permissively


def text_of(value: object) -> str:
    """Return a string unchanged, or the text of a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("ocpi", "is not a string")
    return str(value)


def _key_of(value: object, pattern: re.Pattern[str]) -> str:
    text = text_of(value)
    if pattern.fullmatch(text) is None:
        raise PydanticCustomError("ocpi", "does not identify anything")
    return text


ANY_TEXT = Permissively(PlainValidator(text_of))
"""The permissive reading accepts a string of any length and form, or a number."""


def Text(length: int, pattern: str, min_length: int | None = None) -> StringConstraints:  # noqa: N802
    return StringConstraints(strict=True, max_length=length, min_length=min_length, pattern=pattern)


def CiString(length: int) -> StringConstraints:  # noqa: N802  # the specification's name
    """Return OCPI's CiString: printable ASCII, case-insensitive, kept as received, never empty."""
    return Text(length, r"^[ -~]*$", min_length=1)


def String(length: int) -> StringConstraints:  # noqa: N802  # the specification's name
    """Return OCPI's string: case-sensitive, without control characters."""
    return Text(length, r"^[^\x00-\x1f\x7f]*$")


CiString2 = Annotated[str, CiString(2), ANY_TEXT]
CiString3 = Annotated[str, CiString(3), ANY_TEXT]
CiString4 = Annotated[str, CiString(4), ANY_TEXT]
CiString32 = Annotated[str, CiString(32), ANY_TEXT]
CiString36 = Annotated[str, CiString(36), ANY_TEXT]
CiString39 = Annotated[str, CiString(39), ANY_TEXT]
CiString255 = Annotated[str, CiString(255), ANY_TEXT]
String4 = Annotated[str, String(4), ANY_TEXT]
String10 = Annotated[str, String(10), ANY_TEXT]
String16 = Annotated[str, String(16), ANY_TEXT]
String20 = Annotated[str, String(20), ANY_TEXT]
String45 = Annotated[str, String(45), ANY_TEXT]
String64 = Annotated[str, String(64), ANY_TEXT]
String100 = Annotated[str, String(100), ANY_TEXT]
String255 = Annotated[str, String(255), ANY_TEXT]
String512 = Annotated[str, String(512), ANY_TEXT]
String5000 = Annotated[str, String(5000), ANY_TEXT]
Url = Annotated[str, Text(255, r"^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f]+$"), ANY_TEXT]
EvseId = Annotated[
    str, Text(48, r"^([A-Za-z]{2}\*?[A-Za-z0-9]{3}\*?[Ee][A-Za-z0-9*]{1,31}|#NA)$", min_length=1), ANY_TEXT
]
"""An EVSE ID of eMI3 (`IN*ABC*E123*1`), or `#NA` for a reservation that led to no session."""
Currency = Annotated[str, Text(3, "^[A-Z]{3}$"), ANY_TEXT]
"""A currency code of ISO 4217."""
Country = Annotated[str, Text(3, "^[A-Z]{3}$"), ANY_TEXT]
"""A country code of ISO 3166-1 alpha-3 (a party's `country_code` is alpha-2 and a CiString)."""
Language = Annotated[str, Text(2, "^[A-Za-z]{2}$"), ANY_TEXT]
"""A language code of ISO 639-1."""
TimeOfDay = Annotated[str, Text(5, "^([0-1][0-9]|2[0-3]):[0-5][0-9]$"), ANY_TEXT]
LocalDate = Annotated[str, Text(10, "^([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"), ANY_TEXT]


# Strings that identify an object. Both readings require them, and require that they fit in a key.


def _key(pattern: str) -> tuple[StringConstraints, Permissively]:
    permissively = PlainValidator(partial(_key_of, pattern=re.compile(pattern)))
    return StringConstraints(pattern=f"^{pattern}$"), Permissively(permissively)


KeyId = Annotated[str, *_key(r"[ -~]+")]
KeyCountryCode = Annotated[str, *_key("[A-Za-z]{2}")]
KeyCurrency = Annotated[str, *_key("[A-Za-z]{3}")]
KeyPartyId = Annotated[str, *_key('[!"$-~]{1,3}')]
"""Any printable ASCII except `#`, which separates the parts of a key."""
