"""How ids are read and compared, everywhere.

OCPI's ids are CiStrings (types chapter). If a peer sends a number, the id is its text. Keys, indexes, links
and events have that text. The object itself is stored as received.

Peers use ids that are longer than OCPI's 36 or 39 characters. Each id may have up to ID_CHARACTERS_AT_MOST
characters in pushes, pulls, payloads and requests.
"""

from decimal import Decimal
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue

ID_CHARACTERS_AT_MOST: Final = 300
"""The largest number of characters of an id. Three ids fit in a DynamoDB key of 2048 bytes."""
OCPI_CHARACTERS: Final = 36


def id_text(value: JsonValue) -> str | None:
    """Return the text of an id, which may be a string or a number, or None for any other value."""
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
    """Return `value` for validation. An id that is too long for OCPI, but not for us, is cut to OCPI's
    length.
    """
    return {name: _cut(name, member) for name, member in value.items()}


def _cut(name: str, value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return with_ids_cut(value)
    if isinstance(value, str) and is_id(name) and len(value) <= ID_CHARACTERS_AT_MOST:
        return value[:OCPI_CHARACTERS]
    return value
