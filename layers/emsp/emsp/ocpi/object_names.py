"""The name of an object for people, such as `IN*ABC*42`. Without I/O."""

from collections.abc import Mapping
from typing import Final

from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonValue, MalformedJson, parse_json
from emsp.ocpi.parties import PartyId

LONGEST: Final = 200


def object_name(value: JsonValue | Mapping[str, JsonValue]) -> str | None:
    """Return the name of an object with country_code, party_id and id, or None if one of them is missing.

    It is in upper case, because OCPI's ids are case-insensitive. An id may be a number.
    """
    if not isinstance(value, Mapping):
        return None
    country_code, party_id, object_id = (
        (id_text(value.get(name)) or "").strip() for name in ("country_code", "party_id", "id")
    )
    if not country_code or not party_id or not object_id:
        return None
    return f"{PartyId(country_code, party_id)}*{object_id.upper()}"[:LONGEST]


def object_name_in(body: bytes) -> str | None:
    """Return the name of the object in a body, or None."""
    try:
        return object_name(parse_json(body))
    except MalformedJson:
        return None


def party_of(name: str) -> str | None:
    """Return the party in a name: `IN*ABC` of `IN*ABC*42`. Return None for the id of a command, which has no
    owner.
    """
    parts = name.split("*", 2)
    return "*".join(parts[:2]) if len(parts) == 3 else None
