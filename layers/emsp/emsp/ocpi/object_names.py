"""The name of an object as people write it, `IN*ABC*42`, told from whatever a body holds. Pure."""

from collections.abc import Mapping
from typing import Final

from emsp.ocpi.identity import id_text
from emsp.ocpi.json_text import JsonValue, MalformedJson, parse_json
from emsp.ocpi.parties import PartyId

LONGEST: Final = 200


def object_name(value: JsonValue | Mapping[str, JsonValue]) -> str | None:
    """Of any object with country_code, party_id and id; None where it does not say all three.

    In upper case, as OCPI compares ids without case; an id that is a number is its text.
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
    """As object_name, of the object in a body; None where there is none."""
    try:
        return object_name(parse_json(body))
    except MalformedJson:
        return None


def party_of(name: str) -> str | None:
    """`IN*ABC` of `IN*ABC*42`; None for the id of a command, which has no owner."""
    parts = name.split("*", 2)
    return "*".join(parts[:2]) if len(parts) == 3 else None
