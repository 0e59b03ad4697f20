"""The forms in which a token may be named, and the whole OCPI Token that each of them stands for. Pure.

`{"token": {...}}` with as much of OCPI's Token as is known, its uid at least, or `{"token_uid": "..."}`. The
rest is what the last authorization of the token said, and else what is true of every token of ours: our
party, our name as the issuer, valid, not to be whitelisted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from emsp.invocation import InvalidInvocation
from emsp.ocpi.deviations import deviations
from emsp.ocpi.identity import id_text, with_ids_cut
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.parties import PartyId
from emsp.ocpi.tokens import ProfileType, Token, TokenType, WhitelistType
from emsp.ocpi.types.enums import in_any_case

ENUMS: Final = {"type": TokenType, "whitelist": WhitelistType, "default_profile_type": ProfileType}
TEXTS: Final = frozenset({"uid", "contract_id", "visual_number", "issuer", "group_id"})


@dataclass(frozen=True)
class Issuer:
    """Us, as our tokens name us."""

    party: PartyId
    business_name: str


TokenFields = dict[str, Any]


def asked_token(token_uid: str | None, token: JsonObject | None) -> JsonObject | None:
    """The token that a payload names, with what it says of it; None when it names none.

    Raises ValueError.
    """
    if token_uid is not None and token is not None:
        raise ValueError("give either token_uid or token, not both")
    if token is None:
        return None if token_uid is None else {"uid": token_uid}
    said: JsonObject = {name: value for name, value in token.items() if value is not None}
    if "uid" not in said:
        raise ValueError("token.uid is missing: give the uid of a token, or token_uid in place of token")
    wrong = [each for each in deviations(Token, with_ids_cut(said)) if each.problem != "is missing"]
    if wrong:
        raise ValueError("; ".join(f"token.{each.path} {each.problem}" for each in wrong))
    return said


def refuse_foreign(token: JsonObject, ours: PartyId) -> None:
    """Only our own tokens are ours to use. Raises InvalidInvocation."""
    owner = PartyId(
        str(token.get("country_code", ours.country_code)), str(token.get("party_id", ours.party_id))
    )
    if owner != ours:
        raise InvalidInvocation(f"token belongs to {owner}, only tokens of {ours} may be used")


def lacks(token: JsonObject) -> list[str]:
    """The fields that OCPI requires of a Token and that are not there."""
    return [each.path for each in deviations(Token, with_ids_cut(token)) if each.problem == "is missing"]


def completed(issuer: Issuer, now: datetime, *said: JsonObject) -> JsonObject:
    """The Token of ours that `said` tells of, later words over earlier ones; what can't be is passed by.

    `type` and `contract_id` are missing where nobody has told them.
    """
    token: JsonObject = {
        "country_code": issuer.party.country_code,
        "party_id": issuer.party.party_id,
        "issuer": issuer.business_name,
        "valid": True,
        "whitelist": WhitelistType.NEVER.value,
        "last_updated": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    for each in said:
        token |= _usable(each)
    return {name: token[name] for name in Token.field_names() if name in token}


def _usable(said: JsonObject) -> JsonObject:
    spelled = {name: _spelled(name, value) for name, value in said.items()}
    wrong = {each.path.split(".", 1)[0] for each in deviations(Token, with_ids_cut(spelled))}
    return {name: value for name, value in spelled.items() if value is not None and name not in wrong}


def _spelled(name: str, value: JsonValue) -> JsonValue:
    """As OCPI spells it: a CPO may answer `"rfid"`, or a number for an id, and another one be strict."""
    if name in ENUMS and isinstance(value, str):
        return str(in_any_case(value, ENUMS[name]))
    return id_text(value) or value if name in TEXTS else value
