"""The Hub's credentials, read for what we need of them: the token, and the URL where that is what counts.

Once the Hub has taken ours, nothing that we can do without may keep us from keeping its token: everything
else that is missing or wrong becomes a warning (OCPI 2.2.1, credentials object).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from emsp.ocpi.json_text import JsonValue

LONGEST_TOKEN: Final = 1024
"""OCPI allows 64; a longer one that a header can carry works as well."""


class UnusableCredentials(ValueError):
    """There is no token in them that we could use; the message says why, without the token."""


@dataclass(frozen=True)
class TheirCredentials:
    """`roles` are the parties that they name, as `{"role", "country_code", "party_id"}`; `url` may be
    empty.
    """

    token: str = field(repr=False)
    url: str
    roles: tuple[Mapping[str, str], ...]
    warnings: tuple[str, ...]


def read_credentials(data: JsonValue, known_token: str = "") -> TheirCredentials:
    """Raises UnusableCredentials. `known_token` stands in where they have none: the Hub goes on with it."""
    fields = data if isinstance(data, dict) else {}
    warnings: list[str] = []
    token = fields.get("token")
    if token is None and known_token:
        token = known_token
        warnings.append("the Hub's credentials have no token: the one that we have goes on being used")
    if token is None:
        raise UnusableCredentials("token is missing")
    if not isinstance(token, str) or not token or not all("!" <= character <= "~" for character in token):
        raise UnusableCredentials(
            "token is empty or not printable ASCII without spaces: no header could carry it"
        )
    if len(token) > LONGEST_TOKEN:
        raise UnusableCredentials(f"token has {len(token)} characters: no header could carry it")
    url = fields.get("url")
    if not isinstance(url, str) or not url.strip():
        url = ""
        warnings.append("the Hub's credentials have no url")
    listed = fields.get("roles")
    roles = tuple(
        _roles(listed if isinstance(listed, list) else [listed] if isinstance(listed, dict) else [])
    )
    if not roles:
        warnings.append("the Hub's credentials name no party in roles")
    elif isinstance(listed, list) and len(roles) < len(listed):
        warnings.append(f"the Hub's credentials have {len(listed) - len(roles)} roles that name no party")
    return TheirCredentials(token, url.strip(), roles, tuple(warnings))


def _roles(listed: list[JsonValue]) -> Iterator[Mapping[str, str]]:
    """Those that name a party; business_details, which we have no use for, may be missing."""
    for each in listed:
        match each:
            case {"role": str(role), "country_code": str(country_code), "party_id": str(party_id)} if (
                role.strip() and country_code.strip() and party_id.strip()
            ):
                yield {
                    "role": role.strip().upper(),
                    "country_code": country_code.strip().upper(),
                    "party_id": party_id.strip().upper(),
                }
