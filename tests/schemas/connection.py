"""What register and check_hub answer."""

from datetime import datetime
from typing import Literal

from pydantic import RootModel

from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.ocpi.headers import TokenEncoding
from tests.schemas.strict_model import StrictModel


class Receivers(StrictModel):
    """Our URLs that the Hub calls."""

    versions: str
    credentials: str
    sessions: str
    cdrs: str
    command_results: str


class HubsEndpoint(StrictModel):
    identifier: str
    role: str
    url: str


class HubsRole(StrictModel):
    """A party that the Hub names in its credentials."""

    role: str
    country_code: str
    party_id: str


class Pending(StrictModel):
    """An exchange that is not completed. `next` is what to do."""

    action: Literal["register", "rotate"]
    started_at: datetime
    next: str


class OurToken(StrictModel):
    """A token with which the Hub calls us: its id for `revoke`, its kind and its times, never the token
    itself.
    """

    token_id: str
    kind: TokenKind
    issued_at: datetime
    not_after: datetime | None
    expired: bool


class Invitation(StrictModel):
    """The answer for an exchange that the Hub begins. It is the only answer with a token."""

    versions_url: str
    token: str
    not_after: datetime
    next: str


class Registered(StrictModel):
    """The state of our connection to the Hub. `warnings` are problems that did no harm."""

    registered: bool
    versions_url: str | None
    our_versions_url: str
    receivers: Receivers
    token_encoding: TokenEncoding
    endpoints: list[HubsEndpoint]
    missing_modules: list[str]
    hub_roles: list[HubsRole]
    registered_at: datetime | None
    verified_at: datetime | None
    pending: Pending | None
    inbound_tokens: list[OurToken]
    invitation: Invitation | None = None
    revoked: list[str] | None = None
    warnings: list[str]
    correlation_id: str


class PartyStatus(StrictModel):
    """A party (`IN*ABC`); `role` and `status` in upper case, `last_updated` as the Hub wrote it."""

    party: str
    role: str
    status: str
    last_updated: str


class PartyChanged(StrictModel):
    """`previous` is null for a party that was unknown."""

    party: str
    role: str
    status: str
    previous: str | None


class HubChecked(StrictModel):
    """`our_status` is null if the Hub does not list us. `versions_ms` is how long its answer took."""

    versions_ms: int
    parties: int
    our_status: str | None
    states: list[PartyStatus]
    changes: list[PartyChanged]
    correlation_id: str


class NoHub(StrictModel):
    """There is no Hub yet: register first."""

    state: Literal["NOT_REGISTERED"]


class HubAnswer(RootModel[HubChecked | NoHub]):
    """One of these."""
