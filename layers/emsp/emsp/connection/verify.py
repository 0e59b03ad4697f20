"""Check that the Hub accepts our calls. Repair what can be repaired, or report the next step."""

from dataclasses import replace
from datetime import datetime

from emsp.connection.call_credentials import CallCredentials, stored
from emsp.connection.token_encodings import in_either_encoding
from emsp.hub.client import HubClient
from emsp.hub.errors import Unauthorized
from emsp.stores.hub_credentials import HubCredentials, HubCredentialsStore


def verify(hub: HubCredentialsStore, calls: CallCredentials, now: datetime) -> None:
    """Read the Hub's endpoints again, and check that the Hub accepts its token in one of the encodings.

    If it refuses the token, try the one before the last rotation.
    """
    known = hub.read()
    try:
        client = _accepted_client(known, calls)
    except Unauthorized as error:
        if not known.previous_token:
            raise _shut_out(known, error) from error
        try:
            client = _accepted_client(replace(known, token=known.previous_token), calls)
        except Unauthorized as second:
            raise _shut_out(known, second) from second
        calls.warnings.append("the Hub refuses the current token, so the previous one is used")
    connection = client.connection
    hub.write(
        replace(
            hub.read(),
            token=connection.token,
            token_encoding=connection.token_encoding.value,
            endpoints=stored(connection),
            previous_token="",
            verified_at=now.isoformat(),
        )
    )


def _accepted_client(known: HubCredentials, calls: CallCredentials) -> HubClient:
    """Return a client with the current endpoints, after the Hub has accepted an authenticated call.

    Reading the versions proves nothing, because they may be public.
    """
    client = calls.client(known)

    def ask() -> None:
        calls.discovered(client)
        calls.call(client, "GET")

    in_either_encoding(client, ask)
    return client


def _shut_out(known: HubCredentials, error: Unauthorized) -> Unauthorized:
    return error.again(
        f"the Hub at {known.versions_url} refuses the token that it gave us, in both encodings: it was "
        "revoked, or we are suspended. Ask the Hub for a new initial token and run register with "
        '{"action": "register", "versions_url": "' + known.versions_url + '", "token": "..."}; where '
        'the Hub begins the exchange, with {"action": "invite"}.'
    )
