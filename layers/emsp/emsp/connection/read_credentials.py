"""Read what we need of the Hub's credentials: the token, the URL and the roles.

When the Hub has accepted our credentials, its token must be stored. So everything else that is missing or
wrong is only a warning (OCPI 2.2.1, credentials object).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from emsp.ocpi.json_text import JsonValue, as_object, ascii_length

LONGEST_TOKEN: Final = 1024
"""The largest number of characters of a token. OCPI allows 64, and a header has space for more."""

ROLES_AT_MOST: Final = 200
PART_LENGTH_AT_MOST: Final = 36
URL_LENGTH_AT_MOST: Final = 500
"""The largest number of characters of the URL. With this limit the roles, the URL and the endpoints
(hub/discover_endpoints.py) fit in a secret of 64 KB. The length is that in the secret, where é takes six
characters.
"""


class UnusableCredentials(ValueError):
    """The credentials contain no usable token. The message says why, without the token."""


@dataclass(frozen=True)
class TheirCredentials:
    """The Hub's credentials. `roles` are `{"role", "country_code", "party_id"}`. `url` may be empty."""

    token: str = field(repr=False)
    url: str
    roles: tuple[Mapping[str, str], ...]
    warnings: tuple[str, ...]


def read_credentials(data: JsonValue, known_token: str = "") -> TheirCredentials:
    """Read credentials. Raises UnusableCredentials.

    If they contain no token, it is `known_token`: the Hub did not change it.
    """
    fields = as_object(data)
    warnings: list[str] = []
    token = fields.get("token")
    if token is None and known_token:
        token = known_token
        warnings.append("the Hub's credentials have no token: its previous token stays in use")
    if token is None:
        raise UnusableCredentials("token is missing")
    if not isinstance(token, str) or not token or not all("!" <= character <= "~" for character in token):
        raise UnusableCredentials(
            "token is empty or not printable ASCII without spaces: a header can't contain it"
        )
    if len(token) > LONGEST_TOKEN:
        raise UnusableCredentials(f"token has {len(token)} characters: too many for a header")
    url = fields.get("url")
    if not isinstance(url, str) or not 0 < ascii_length(url.strip()) <= URL_LENGTH_AT_MOST:
        url = ""
        warnings.append(f"the Hub's credentials have no url of at most {URL_LENGTH_AT_MOST} characters")
    listed = fields.get("roles")
    named = _roles(listed if isinstance(listed, list) else [listed] if isinstance(listed, dict) else [])
    roles = tuple(sorted(named, key=lambda each: each["role"] != "HUB")[:ROLES_AT_MOST])
    if not roles:
        warnings.append("the Hub's credentials name no party in roles")
    elif isinstance(listed, list) and len(roles) < len(listed):
        warnings.append(f"the Hub's credentials have {len(listed) - len(roles)} roles that are not used")
    return TheirCredentials(token, url.strip(), roles, tuple(warnings))


def _roles(listed: list[JsonValue]) -> Iterator[Mapping[str, str]]:
    """Yield the roles that name a party. business_details may be missing, because we do not use it."""
    for each in listed:
        match each:
            case {"role": str(role), "country_code": str(country_code), "party_id": str(party_id)}:
                named = {"role": role, "country_code": country_code, "party_id": party_id}
                stored = {name: part.strip().upper() for name, part in named.items()}
                if all(0 < ascii_length(part) <= PART_LENGTH_AT_MOST for part in stored.values()):
                    yield stored
