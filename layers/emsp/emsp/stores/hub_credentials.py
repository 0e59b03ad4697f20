"""The secret with everything that a call to the Hub needs: versions URL, token, encoding and endpoints.

`{"versions_url", "token", "token_encoding", "endpoints": [{"identifier", "role", "url"}], "hub_roles",
"registered_at", "verified_at", "pending"}`, or `{}` before registration. `pending` is an exchange that has
not ended. A retry continues it. It contains our token for the Hub.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from emsp.stores.client_types import SecretsManagerClient
from emsp.stores.credentials_mark import CredentialsMark
from emsp.stores.table import StoreUnavailable, store_errors


@dataclass(frozen=True)
class PendingExchange:
    """A registration or rotation that has not ended.

    `answered` means that the Hub has accepted our token and that we have stored the Hub's token.
    """

    action: str
    versions_url: str
    our_token: str
    started_at: str
    initial_token: str = ""
    answered: bool = False
    confirmed: bool = False
    """Whether the PUT has succeeded, so that only the verification remains."""

    def __repr__(self) -> str:
        return f"PendingExchange({self.action}, started_at={self.started_at}, answered={self.answered})"


@dataclass(frozen=True)
class StoredEndpoint:
    """One endpoint of the Hub's version details."""

    identifier: str
    role: str
    url: str


@dataclass(frozen=True)
class HubCredentials:
    """The credentials of the Hub. `token` is empty before the Hub has issued one. Times are ISO texts.

    `hub_roles` are the roles in the Hub's credentials: `{"role", "country_code", "party_id"}`.
    """

    versions_url: str = ""
    token: str = ""
    token_encoding: str = "base64"  # noqa: S105
    endpoints: tuple[StoredEndpoint, ...] = ()
    hub_roles: tuple[Mapping[str, str], ...] = ()
    previous_token: str = ""
    """The Hub's token before the last rotation. It is kept until the new one is verified."""
    registered_at: str = ""
    registered_with: str = ""
    """The SHA-256 of the initial token of the last registration. It shows that a call is a repeated one."""
    verified_at: str = ""
    pending: PendingExchange | None = None

    def __repr__(self) -> str:
        return (
            f"HubCredentials({self.versions_url}, registered_at={self.registered_at}, pending={self.pending})"
        )


class HubCredentialsStore:
    """Reads and writes the secret. Raises StoreUnavailable."""

    def __init__(self, client: SecretsManagerClient, secret_id: str, mark: CredentialsMark) -> None:
        self._client = client
        self._secret_id = secret_id
        self._mark = mark

    def read(self) -> HubCredentials:
        """Return the stored credentials. All fields are empty before registration."""
        with store_errors(f"reading secret {self._secret_id}"):
            text = self._client.get_secret_value(SecretId=self._secret_id)["SecretString"]
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise StoreUnavailable(
                f"secret {self._secret_id} contains no JSON object: put {{}} into it (aws secretsmanager "
                f"put-secret-value --secret-id {self._secret_id} --secret-string '{{}}'), and run register "
                "with a new initial token"
            )
        return _from_document(document)

    def write(self, credentials: HubCredentials) -> None:
        """Store the credentials, and then change the mark, so that every Lambda reads them again."""
        with store_errors(f"writing secret {self._secret_id}"):
            self._client.put_secret_value(
                SecretId=self._secret_id, SecretString=json.dumps(asdict(credentials))
            )
        self._mark.move()


def _from_document(document: dict[str, Any]) -> HubCredentials:
    known = {each.name: document[each.name] for each in fields(HubCredentials) if each.name in document}
    known["endpoints"] = tuple(StoredEndpoint(**each) for each in known.get("endpoints", ()))
    known["hub_roles"] = tuple(known.get("hub_roles", ()))
    pending = known.get("pending")
    known["pending"] = PendingExchange(**pending) if pending else None
    return HubCredentials(**known)
