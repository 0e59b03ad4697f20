"""The status of our registration, for operators: ages and expiries of tokens, but never the tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from emsp.connection.exchange_credentials import NEEDED
from emsp.connection.our_party import VERSIONS, receiver_urls
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.stores.hub_credentials import HubCredentials
from emsp.stores.inbound_tokens import InboundToken

WANTED: Final = ("locations", "tariffs", "hubclientinfo")


def status(
    known: HubCredentials, inbound: Sequence[InboundToken], base_url: str, now: datetime
) -> JsonObject:
    """Return the answer of `register` to every action. `receivers` are our URLs for the Hub's account
    team.
    """
    pending: JsonValue = None
    if known.pending:
        pending = {
            "action": known.pending.action,
            "started_at": known.pending.started_at,
            "next": "run the same action again: it continues where it ended",
        }
    return {
        "registered": bool(known.token),
        "versions_url": known.versions_url or None,
        "our_versions_url": base_url + VERSIONS,
        "receivers": receiver_urls(base_url),
        "token_encoding": known.token_encoding,
        "endpoints": [
            {"identifier": each.identifier, "role": each.role, "url": each.url} for each in known.endpoints
        ],
        "missing_modules": missing_modules(known),
        "hub_roles": [dict(role) for role in known.hub_roles],
        "registered_at": known.registered_at or None,
        "verified_at": known.verified_at or None,
        "pending": pending,
        "inbound_tokens": [
            {
                "token_id": token.token_id,
                "kind": token.kind.value,
                "issued_at": token.issued_at.isoformat(),
                "not_after": token.not_after.isoformat() if token.not_after else None,
                "expired": token.ended(now),
            }
            for token in inbound
        ],
    }


def missing_modules(known: HubCredentials) -> list[JsonValue]:
    """Return the modules that we use and that the Hub does not list."""
    listed = {each.identifier for each in known.endpoints}
    wanted = (*(identifier for identifier, _ in NEEDED), *WANTED)
    return [identifier for identifier in wanted if known.endpoints and identifier not in listed]
