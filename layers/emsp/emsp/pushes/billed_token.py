"""Read the token that a session or CDR is billed to."""

from emsp.ocpi.ids import ID_CHARACTERS_AT_MOST, id_text
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.parties import PartyId, object_key
from emsp.receiver.errors import InvalidPush


def token_key_of(value: JsonObject, our_party: PartyId) -> str | None:
    """Return the object key of `cdr_token`, or None if it can't be read.

    A token without a party is taken as ours, because the object is billed to us. OCPI 2.2 has such tokens:
    2.2.1 added country_code and party_id (mod_cdrs, CdrToken). Raises InvalidPush for a token of another
    party.
    """
    token = value.get("cdr_token")
    if not isinstance(token, dict):
        return None
    country_code = _ours_if_absent(token.get("country_code"), our_party.country_code)
    party_id = _ours_if_absent(token.get("party_id"), our_party.party_id)
    if country_code is None or party_id is None:
        return None
    if PartyId(country_code, party_id) != our_party:
        raise InvalidPush(f"cdr_token: {country_code[:8]}*{party_id[:8]} is not our party {our_party}")
    uid = (id_text(token.get("uid")) or "").strip()
    return object_key(country_code, party_id, uid) if 0 < len(uid) <= ID_CHARACTERS_AT_MOST else None


def _ours_if_absent(value: JsonValue, ours: str) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return ours
    stated = id_text(value)
    return stated and stated.strip()
