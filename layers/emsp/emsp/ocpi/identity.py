"""What identifies an object: the one rule by which ids are read and compared, wherever they stand.

OCPI's ids are CiStrings (types chapter). Where a peer sends a number, its text is meant: that text is the
key, is looked for in the indexes, links one object to another and is told to others. The object itself is
kept as it came.
"""

from decimal import Decimal

from emsp.ocpi.json_text import JsonValue


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
