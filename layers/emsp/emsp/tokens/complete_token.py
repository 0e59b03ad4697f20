"""The forms in which a payload may name a token, and the complete OCPI Token for each. Without I/O.

A payload has `{"token": {...}}` with at least the uid, or `{"token_uid": "..."}`. The last authorization of
the token has the other fields. Fields that it lacks get the values that all our tokens have: our party, our
name as the issuer, valid, whitelist NEVER.
"""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from emsp.invocation import InvalidInvocation
from emsp.ocpi.cdr_token import TokenType
from emsp.ocpi.deviations import deviations
from emsp.ocpi.ids import id_text, with_ids_cut
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.parties import PartyId
from emsp.ocpi.tokens import ProfileType, Token, WhitelistType
from emsp.ocpi.types.enums import in_any_case

ENUMS: Final = {"type": TokenType, "whitelist": WhitelistType, "default_profile_type": ProfileType}
TEXTS: Final = frozenset({"uid", "contract_id", "visual_number", "issuer", "group_id"})


class Issuer(NamedTuple):
    """Our party and our business name, which all our tokens contain."""

    party: PartyId
    business_name: str


TokenFields = dict[str, Any]


def asked_token(token_uid: str | None, token: JsonObject | None) -> JsonObject | None:
    """Return the token in a payload, with the given fields, or None if it names no token. Raises
    ValueError.
    """
    if token_uid is not None and token is not None:
        raise ValueError("give either token_uid or token, not both")
    if token is None:
        return None if token_uid is None else {"uid": token_uid}
    message: JsonObject = {name: value for name, value in token.items() if value is not None}
    if "uid" not in message:
        raise ValueError("token.uid is missing: give the uid of a token, or token_uid in place of token")
    wrong = [each for each in deviations(Token, with_ids_cut(message)) if each.problem != "is missing"]
    if wrong:
        raise ValueError("; ".join(f"token.{each.path} {each.problem}" for each in wrong))
    return message


def refuse_foreign(token: JsonObject, ours: PartyId) -> None:
    """Raise InvalidInvocation unless the token is ours."""
    owner = PartyId(
        str(token.get("country_code", ours.country_code)), str(token.get("party_id", ours.party_id))
    )
    if owner != ours:
        raise InvalidInvocation(f"token belongs to {owner}, only tokens of {ours} may be used")


def lacks(token: JsonObject) -> list[str]:
    """Return the names of the fields that OCPI requires of a Token and that this one lacks."""
    return [each.path for each in deviations(Token, with_ids_cut(token)) if each.problem == "is missing"]


def completed(issuer: Issuer, now: datetime, *tokens: JsonObject) -> JsonObject:
    """Return the complete Token, from our defaults and from `tokens`.

    If two tokens have the same field, the later token wins. Fields that violate OCPI are ignored. `type` and
    `contract_id` have no default, so they may be missing.
    """
    token: JsonObject = {
        "country_code": issuer.party.country_code,
        "party_id": issuer.party.party_id,
        "issuer": issuer.business_name,
        "valid": True,
        "whitelist": WhitelistType.NEVER.value,
        "last_updated": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    for each in tokens:
        token |= _usable(each)
    return {name: token[name] for name in Token.field_names() if name in token}


def _usable(token: JsonObject) -> JsonObject:
    """Return the fields of `token` that have a value and do not violate OCPI."""
    spelled = {name: _spelled(name, value) for name, value in token.items()}
    wrong = {each.path.split(".", 1)[0] for each in deviations(Token, with_ids_cut(spelled))}
    return {name: value for name, value in spelled.items() if value is not None and name not in wrong}


def _spelled(name: str, value: JsonValue) -> JsonValue:
    """Return the value in OCPI's spelling.

    A CPO may answer `"rfid"`, or send an id as a number, and other CPOs reject that.
    """
    if name in ENUMS and isinstance(value, str):
        return str(in_any_case(value, ENUMS[name]))
    return id_text(value) or value if name in TEXTS else value
