"""Find the driver of a request by the token uids in a claim of the JWT. The gateway has verified the JWT.

Nothing else in a request identifies the driver, so no request can name another one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from emsp.driver_api.problems import ProblemFound, Problems
from emsp.ocpi.ids import ID_CHARACTERS_AT_MOST
from emsp.ocpi.parties import PartyId

TOKENS_AT_MOST: Final = 20


@dataclass(frozen=True)
class Driver:
    """A driver and the uids of the driver's tokens.

    The first uid is used to start charges. The charges of all uids can be read.
    """

    uids: tuple[str, ...]
    our_party: PartyId

    @property
    def uid(self) -> str:
        return self.uids[0]

    @property
    def token_keys(self) -> tuple[str, ...]:
        """The keys of the driver's tokens in the indexes of sessions, CDRs and commands."""
        return tuple(map(self.our_party.key_of, self.uids))

    def owns(self, token_key: str | None) -> bool:
        return token_key in self.token_keys


def driver_of(event: Mapping[str, Any], claim: str, our_party: PartyId) -> Driver:
    """Return the driver of a request.

    Raises ProblemFound if the claim is missing or is no list of uids.
    """
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    uids = tuple(dict.fromkeys(_uids(claims.get(claim))))
    if not 0 < len(uids) <= TOKENS_AT_MOST or not all(map(_is_uid, uids)):
        raise ProblemFound(
            Problems.NO_TOKEN,
            f"the claim {claim!r} of the JWT must be the uid of an OCPI token, or a list of at most "
            f"{TOKENS_AT_MOST}: have the issuer put it there (see docs/driver-api.md)",
        )
    return Driver(uids, our_party)


def _is_uid(text: str) -> bool:
    return 0 < len(text) <= ID_CHARACTERS_AT_MOST and text.isprintable()


def _uids(value: Any) -> list[str]:  # noqa: ANN401  # whatever an issuer put there
    """Return the uids in the claim.

    The gateway writes a list as `[A B]`, and some issuers write JSON. So a uid in a list can't contain a
    space.
    """
    if not isinstance(value, str):
        return []
    text = value.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return [text]
    try:
        return [str(each) for each in json.loads(text)]
    except (ValueError, RecursionError):
        return text[1:-1].split()
