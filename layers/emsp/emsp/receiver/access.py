"""Which kinds of our tokens may use which route and method. All that is not in the table is forbidden.

The check of every request uses this table, and so does the table in docs/security.md. Authentication comes
first: a request without a valid token gets 401 on every route.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.receiver.authentication import Caller
from emsp.receiver.errors import Forbidden


class Access(StrEnum):
    """How far a kind of token may use a method."""

    YES = "yes"
    AGAIN = "the same again"
    """The token may only repeat the exchange that it began, with the same credentials, because our answer may
    have been lost.
    """
    NO_OBJECT = "no object"
    """The token may only request `XX/XXX/readiness`, an object that does not exist. The answer shows that the
    receiver can read its store.
    """


NOBODY: Final = ("XX", "XXX", "readiness")
"""Country code, party and id of the object that the readiness probe requests."""

_HUB: Final = {TokenKind.LIVE: Access.YES, TokenKind.SUPERSEDED: Access.YES}
_PROBED: Final = _HUB | {TokenKind.PROBE: Access.NO_OBJECT}
_VERSIONS: Final = _HUB | {
    TokenKind.INVITATION: Access.YES,
    TokenKind.SPENT_INVITATION: Access.YES,
    TokenKind.PROBE: Access.YES,
}

TABLE: Final[Mapping[str, Mapping[str, Mapping[TokenKind, Access]]]] = {
    "/ocpi/versions": {"GET": _VERSIONS},
    "/ocpi/2.2.1": {"GET": _VERSIONS},
    "/ocpi/2.2.1/credentials": {
        "DELETE": {TokenKind.LIVE: Access.YES},
        "GET": _HUB,
        "POST": {
            TokenKind.LIVE: Access.YES,
            TokenKind.INVITATION: Access.YES,
            TokenKind.SPENT_INVITATION: Access.AGAIN,
        },
        "PUT": {TokenKind.LIVE: Access.YES, TokenKind.SUPERSEDED: Access.AGAIN},
    },
    "/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}": {
        "GET": _PROBED,
        "PATCH": _HUB,
        "PUT": _HUB,
    },
    "/ocpi/2.2.1/cdrs": {"POST": _HUB},
    "/ocpi/2.2.1/cdrs/{country_code}/{party_id}/{cdr_id}": {"GET": _PROBED},
    "/ocpi/2.2.1/commands/{command}/{command_id}": {"POST": _HUB},
}


def check_access(caller: Caller, route: str | None, method: str, path_parameters: Mapping[str, str]) -> None:
    """Raise Forbidden unless `caller` may use this method of this route.

    Whether an exchange is the same again is checked by the operation, because the body is not read here.
    """
    access = TABLE[route][method].get(caller.kind) if route else None
    # API Gateway lists the parameters in any order.
    nobodys = sorted(path_parameters.values()) == sorted(NOBODY)
    if access is None or (access is Access.NO_OBJECT and not nobodys):
        raise Forbidden(f"a token of this kind ({caller.kind}) may not be used for this")
