"""Who may call the Hub: registrations and their tokens."""

import base64
import binascii
import contextlib
import hashlib
import secrets
import time
from dataclasses import dataclass, field, replace

from tests.hub_simulator.envelope import Refusal
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.settings import CredentialsSettings


def fingerprint(secret: str) -> str:
    """A one-way fingerprint that replaces a token wherever people can see it. The same token has the same
    fingerprint.
    """
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()[:16]


def token_candidates(authorization: str, settings: CredentialsSettings) -> dict[str, str]:
    """The tokens that the header may contain, each with its encoding; empty if there is none."""
    scheme, _, text = authorization.partition(" ")
    text = text.strip()
    if scheme.lower() != "token" or not text:
        return {}
    candidates = {text: "plain"} if settings.accept_plain else {}
    if settings.accept_base64:
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            candidates[base64.b64decode(text, validate=True).decode()] = "base64"
    return candidates


@dataclass
class IssuedToken:
    """A token that the Hub issued. `until` is in time.monotonic; None means without end."""

    value: str
    initial: bool = False
    until: float | None = None

    def valid(self) -> bool:
        """Whether the token is still accepted."""
        return self.until is None or time.monotonic() < self.until


@dataclass
class Registration:
    """One eMSP: invited by an initial token, then described by its credentials."""

    issued: list[IssuedToken]
    country_code: str = ""
    party_id: str = ""
    roles: list[JsonObject] = field(default_factory=list)
    url: str = ""
    received: list[str] = field(default_factory=list)  # its tokens for the Hub's calls, newest last
    endpoints: list[JsonObject] = field(default_factory=list)
    registered: bool = False
    confirmed: bool = False  # a PUT followed the POST
    suspended: bool = False
    pushes_made: int = 0

    @property
    def party(self) -> str:
        """IN*ABC; before the credentials exchange a name for the invitation."""
        if not self.party_id:
            return "invited:" + fingerprint(self.issued[0].value)[7:15]
        return f"{self.country_code}*{self.party_id}"

    def owns(self, country_code: object, party_id: object) -> bool:
        """Whether these name a party of this registration."""
        return any(
            str(role.get("country_code", "")).upper() == str(country_code).upper()
            and str(role.get("party_id", "")).upper() == str(party_id).upper()
            for role in self.roles
        )

    def has_role(self, *names: str) -> bool:
        """Whether one of its parties has one of these roles."""
        return any(role.get("role") in names for role in self.roles)


@dataclass(frozen=True)
class Caller:
    """The sender of a request, its token, and the token's encoding."""

    registration: Registration
    token: IssuedToken
    encoding: str


class Registrations:
    """All eMSPs that were invited."""

    def __init__(self, settings: CredentialsSettings) -> None:
        self.settings = settings
        self.all: list[Registration] = []

    def invite(self, token: str | None = None) -> str:
        """Issue an initial token. It is valid for versions and credentials until it is used."""
        value = token or f"initial-{secrets.token_urlsafe(24)}"
        self.all.append(Registration(issued=[IssuedToken(value, initial=True)]))
        return value

    def authenticate(self, authorization: str | None) -> Caller:
        """The caller. Raises Refusal with 2002 and HTTP 401 if the token is not valid."""
        candidates = token_candidates(authorization or "", self.settings)
        for registration in self.all:
            for token in registration.issued:
                if token.value in candidates and token.valid():
                    if registration.suspended:
                        raise Refusal(2002, "The party is suspended", 401)
                    return Caller(registration, token, candidates[token.value])
        if self._in_the_wrong_encoding(authorization):
            raise Refusal(2000, "Not allowed", self.settings.wrong_encoding_status)
        raise Refusal(2002, "Invalid or revoked token", 401)

    def _in_the_wrong_encoding(self, authorization: str | None) -> bool:
        if self.settings.wrong_encoding_status == 401:
            return False
        either = replace(self.settings, accept_base64=True, accept_plain=True)
        read = token_candidates(authorization or "", either)
        return any(token.value in read and token.valid() for each in self.all for token in each.issued)

    def give_token(self, registration: Registration) -> str:
        """A new token for the eMSP's calls. Initial tokens expire at once, the previous one after the
        overlap.
        """
        for token in registration.issued:
            until = time.monotonic() + (0.0 if token.initial else self.settings.overlap_s)
            token.until = until if token.until is None else min(token.until, until)
        value = f"hub-{secrets.token_urlsafe(32)}"
        registration.issued.append(IssuedToken(value))
        return value

    def revoke(self, which: str) -> int:
        """Revoke the tokens before the newest ("old"), or all ("all"). Returns how many."""
        ended = 0
        for registration in self.all:
            for token in registration.issued[: -1 if which == "old" else None]:
                ended += token.valid()
                token.until = 0.0
            if which == "old":
                del registration.received[:-1]
        return ended

    def owner_of(self, country_code: object, party_id: object) -> Registration | None:
        """The registration of a party."""
        for registration in reversed(self.all):
            if registration.registered and registration.owns(country_code, party_id):
                return registration
        return None

    def only(self) -> Registration | None:
        """The newest active registration, for pushes that name no party."""
        return next((r for r in reversed(self.all) if r.registered), None)
