"""The one rule for reading and comparing ids, everywhere.

OCPI's ids are CiStrings (types chapter). If a peer sends a number, its text is the id: that text is the key,
is searched in the indexes, links objects and is published. The object itself is stored as received.

Real peers use ids longer than OCPI's 36 or 39 characters. Every id that we accept can also be used: it may
have up to ID_CHARACTERS_AT_MOST characters in pushes, pulls, payloads and requests.
"""

from decimal import Decimal
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue

ID_CHARACTERS_AT_MOST: Final = 300
"""Three such parts fit in a DynamoDB key of 2048 bytes."""
OCPI_CHARACTERS: Final = 36


def id_text(value: JsonValue) -> str | None:
    """Return the text of an id: a string unchanged, a number digit by digit, and None for anything else."""
    if type(value) is str:
        return value or None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return str(value) or None


def same_id(one: JsonValue, other: JsonValue) -> bool:
    """Whether both are the same id, ignoring case. False if one of them is not an id."""
    text, other_text = id_text(one), id_text(other)
    return text is not None and other_text is not None and text.upper() == other_text.upper()


def is_id(field_name: str) -> bool:
    """Whether a field with this name contains an id: `uid`, `location_id`, `authorization_reference`."""
    return field_name in ("id", "uid") or field_name.endswith(("_id", "_uid", "_reference"))


def with_ids_cut(value: JsonObject) -> JsonObject:
    """Return the value for validation, with ids between OCPI's limit and our own limit cut to OCPI's
    limit.
    """
    return {name: _cut(name, member) for name, member in value.items()}


def _cut(name: str, value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return with_ids_cut(value)
    if isinstance(value, str) and is_id(name) and len(value) <= ID_CHARACTERS_AT_MOST:
        return value[:OCPI_CHARACTERS]
    return value
