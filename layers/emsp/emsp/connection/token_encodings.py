"""The encoding of tokens that the Hub wants, found out by asking: OCPI says Base64, many want it plain.

It is asked when credentials are exchanged or verified, and kept with them; other calls use what is kept.
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
"""HTTP statuses besides 401 by which Hubs refuse a token that they can't read."""


def in_either_encoding[A](client: HubClient, call: Callable[[], A]) -> A:
    """What `call` brings. Refused as an unreadable token is, it is made once more with the other encoding,
    which the client keeps when it works. Raises the first refusal when both are refused.
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
    log.warning("the Hub wants tokens in another encoding than they were sent in", token_encoding=other.value)
    return answer


def _about_the_token(error: Unauthorized | Refused) -> bool:
    return isinstance(error, Unauthorized) or error.http_status in TOKEN_NOT_UNDERSTOOD
