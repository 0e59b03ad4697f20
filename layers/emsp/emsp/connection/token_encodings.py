"""Find the token encoding that the Hub accepts. OCPI requires Base64, but many Hubs accept only the plain
token.

An exchange or a verification of credentials finds it, and stores it with them. Other calls use the stored
one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from emsp.hub.client import HubClient
from emsp.hub.errors import Refused, Unauthorized
from emsp.log import log
from emsp.ocpi.headers import TokenEncoding

OTHER: Final = {
    TokenEncoding.BASE64: TokenEncoding.PLAIN,
    TokenEncoding.PLAIN: TokenEncoding.BASE64,
}
TOKEN_NOT_UNDERSTOOD: Final = (400, 403)
"""HTTP statuses, besides 401, with which Hubs answer a token that they can't decode."""


def in_either_encoding[A](client: HubClient, call: Callable[[], A]) -> A:
    """Return the result of `call`. If the Hub refuses the token, retry with the other encoding, and keep it
    if it works.

    Raises the first refusal if both are refused.
    """
    connection = client.connection
    try:
        return call()
    except (Unauthorized, Refused) as error:
        if not _about_the_token(error):
            raise
        refused = error
    other = OTHER[connection.token_encoding]
    client.connection = replace(client.connection, token_encoding=other)
    try:
        answer = call()
    except (Unauthorized, Refused):
        client.connection = replace(client.connection, token_encoding=connection.token_encoding)
        raise refused from None
    log.warning("the Hub accepts tokens only in another encoding", token_encoding=other.value)
    return answer


def _about_the_token(error: Unauthorized | Refused) -> bool:
    return isinstance(error, Unauthorized) or error.http_status in TOKEN_NOT_UNDERSTOOD
