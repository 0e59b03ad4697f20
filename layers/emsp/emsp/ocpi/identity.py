"""What identifies an object: the one rule by which ids are read and compared, wherever they stand.

OCPI's ids are CiStrings (types chapter). Where a peer sends a number, its text is meant: that text is the
key, is looked for in the indexes, links one object to another and is told to others. The object itself is
kept as it came.

Real peers have ids that are longer than OCPI's 36 or 39 characters. What we accept of them can be used: an id
has at most ID_CHARACTERS_AT_MOST, wherever it is pushed, pulled, asked for or sent.
"""

from decimal import Decimal
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue

ID_CHARACTERS_AT_MOST: Final = 300
"""Three parts of a key have 2048 bytes in DynamoDB."""
OCPI_CHARACTERS: Final = 36


def id_text(value: JsonValue) -> str | None:
    """The text of an id: a string as it is, a number digit by digit; None for what identifies nothing."""
    if type(value) is str:
        return value or None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return str(value) or None


def same_id(one: JsonValue, other: JsonValue) -> bool:
    """Whether both are the same id, whatever their case; what is none is the same as nothing."""
    text, other_text = id_text(one), id_text(other)
    return text is not None and other_text is not None and text.upper() == other_text.upper()


def is_id(field_name: str) -> bool:
    """Whether a field of this name holds an id: `uid`, `location_id`, `authorization_reference`."""
    return field_name in ("id", "uid") or field_name.endswith(("_id", "_uid", "_reference"))


def with_ids_cut(value: JsonObject) -> JsonObject:
    """For judging what we are about to send: ids that are longer than OCPI's, up to our own limit, as if they
    were not.
    """
    return {name: _cut(name, member) for name, member in value.items()}


def _cut(name: str, value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return with_ids_cut(value)
    if isinstance(value, str) and is_id(name) and len(value) <= ID_CHARACTERS_AT_MOST:
        return value[:OCPI_CHARACTERS]
    return value
