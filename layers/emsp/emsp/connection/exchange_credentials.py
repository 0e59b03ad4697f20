"""Exchange credentials with the Hub: POST, a PUT to confirm, and a GET to verify.

What the Hub has accepted is stored at once. An error after that is only a warning. If the action is repeated,
it continues from there, and never POSTs or rotates a second time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from emsp.connection.call_credentials import CallCredentials, stored
from emsp.connection.connect_to_hub import connection_from
from emsp.connection.our_tokens import OurTokens, pending_of, same_exchange
from emsp.connection.token_encodings import in_either_encoding
from emsp.connection.verify import verify
from emsp.hub.answers import HubAnswer
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection
from emsp.hub.errors import Delivery, HubError, NoEndpoint, NotFound, Refused, Unauthorized
from emsp.log import log
from emsp.ocpi.headers import TokenEncoding
from emsp.stores.hub_credentials import HubCredentials, PendingExchange
from emsp.stores.inbound_tokens import hash_token

NEEDED: Final = (("credentials", "RECEIVER"), ("tokens", "RECEIVER"), ("commands", "RECEIVER"))
"""The modules that the Hub must have. If one is missing, no POST is sent (OCPI 2.2.1, credentials)."""


class InitialTokenSpent(Exception):
    """The Hub accepted the credentials of an earlier try, but its answer with our token was lost."""


@dataclass(frozen=True)
class Exchange:
    """One run of an action."""

    tokens: OurTokens
    calls: CallCredentials

    def register(self, versions_url: str, initial_token: str) -> None:
        """Get the versions and their details, POST, confirm by PUT, and verify by GET."""
        known = self.tokens.hub.read()
        if (known.versions_url, known.registered_with) == (versions_url, hash_token(initial_token)):
            log.info("registered with this initial token already, so the registration is verified")
            verify(self.tokens.hub, self.calls, self.tokens.now())
            return
        begun = same_exchange(known, "register", versions_url, initial_token)
        if begun and begun.answered:
            self.tokens.accepted(known, begun)
        else:
            try:
                client = self._first_contact(versions_url, initial_token)
            except Unauthorized as error:
                if begun is None:
                    raise
                raise InitialTokenSpent(
                    f"the answer to the registration of {begun.started_at} was lost: ask the Hub for a new "
                    f"initial token, and register with that. {error}"
                ) from error
            known = self.tokens.begun(known, "register", versions_url, initial_token)
            known = self._posted(known, client, first_try=begun is None)
        if not pending_of(known).confirmed:
            known = self._confirmed_if_wanted(known)
        self._finished(known)

    def rotate(self) -> None:
        """Replace our token at the Hub and the Hub's token here, without an interruption."""
        known = self.tokens.hub.read()
        connection_from(known, allow_http=self.calls.allow_http_hub)
        begun = self.tokens.begun(known, "rotate", known.versions_url, "")
        if not pending_of(begun).confirmed:
            begun = self._confirmed(begun, first_try=begun.pending != known.pending)
        self._finished(begun)

    def _first_contact(self, versions_url: str, initial_token: str) -> HubClient:
        """Return a client with the Hub's endpoints. Nothing is stored yet."""
        client = self.calls.connect(
            HubConnection(
                versions_url, initial_token, TokenEncoding.BASE64, allow_http=self.calls.allow_http_hub
            )
        )
        try:
            in_either_encoding(client, lambda: self.calls.discovered(client))
        except Unauthorized as error:
            raise error.again(
                "the Hub accepts this initial token in neither encoding: ask it for a new one, and register "
                "with that."
            ) from error
        try:
            for identifier, role in NEEDED:
                client.endpoint(identifier, role)
        except NoEndpoint as error:
            raise NoEndpoint(
                f"nothing was posted, since {error.missing} is missing in the Hub's version details: ask the "
                "Hub to enable it, then register again with the same token"
            ) from error
        return client

    def _posted(self, known: HubCredentials, client: HubClient, *, first_try: bool) -> HubCredentials:
        pending = pending_of(known)
        answer = self._offered(
            known,
            lambda: in_either_encoding(client, lambda: self._first_offer(client, pending)),
            first_try=first_try,
        )
        theirs = self.calls.read(answer)
        known = replace(
            known,
            registered_at=known.registered_at if known.versions_url == pending.versions_url else "",
            versions_url=pending.versions_url,
            token=theirs.token,
            token_encoding=client.connection.token_encoding.value,
            endpoints=stored(client.connection),
            hub_roles=theirs.roles,
            previous_token="",
            pending=replace(pending, answered=True),
        )
        self.tokens.hub.write(known)
        return self.tokens.taken(known)

    def _first_offer(self, client: HubClient, pending: PendingExchange) -> HubAnswer:
        """POST our credentials. If the Hub answers 405, it has registered us already, so PUT them."""
        try:
            return self.calls.call(client, "POST", pending.our_token)
        except Refused as error:
            if error.http_status != 405:
                raise
            log.info("the Hub knows us already, so the credentials are updated")
            return self.calls.call(client, "PUT", pending.our_token)

    def _confirmed_if_wanted(self, known: HubCredentials) -> HubCredentials:
        """Confirm the registration by PUT. OCPI does not need it, but this Hub's guide does."""
        try:
            return self._confirmed(known)
        except (Refused, NotFound) as error:
            self.calls.warnings.append(f"the Hub refuses to confirm the registration: {error}")
            known = replace(known, pending=replace(pending_of(known), confirmed=True))
            self.tokens.hub.write(known)
            return known

    def _confirmed(self, known: HubCredentials, *, first_try: bool = False) -> HubCredentials:
        """PUT our new token, and store the token in the answer together with the previous one."""
        pending = pending_of(known)
        client = self.calls.client(known)
        try:
            self.calls.discovered(client)
        except HubError as error:
            self.calls.warnings.append(
                f"the Hub's endpoints could not be read again, so the stored ones are used: {error}"
            )
        try:
            answer = self._offered(
                known, lambda: self.calls.call(client, "PUT", pending.our_token), first_try=first_try
            )
        except HubError as error:
            read_back = self._read_back(known) if error.delivery is Delivery.UNKNOWN else None
            if read_back is None:
                raise
            answer = read_back
        theirs = self.calls.read(answer, known.token)
        known = replace(
            known,
            token=theirs.token,
            previous_token=known.token if theirs.token != known.token else "",
            endpoints=stored(client.connection),
            hub_roles=theirs.roles or known.hub_roles,
            pending=replace(pending, answered=True, confirmed=True),
        )
        self.tokens.hub.write(known)
        return self.tokens.taken(known)

    def _read_back(self, known: HubCredentials) -> HubAnswer | None:
        """Return the Hub's credentials after a PUT whose answer was lost, or None.

        If they have a token that is new, and the Hub accepts it, the Hub has accepted ours.
        """
        try:
            answer = self.calls.call(self.calls.client(known), "GET")
            token = self.calls.read(answer, known.token).token
            if token == known.token:
                return None
            self.calls.call(self.calls.client(replace(known, token=token)), "GET")
        except HubError as error:
            log.warning("the Hub's credentials could not be read back", reason=str(error))
            return None
        self.calls.warnings.append("the answer to our credentials was lost, so the Hub's were read back")
        return answer

    def _finished(self, known: HubCredentials) -> None:
        """Verify, and store the completed exchange.

        Our previous tokens are superseded here again, because a crash may have prevented it before.
        """
        known = self._verified(known)
        pending = pending_of(known)
        self.tokens.taken(known)
        self.tokens.hub.write(
            replace(
                known,
                registered_at=known.registered_at or self._now(),
                registered_with=hash_token(pending.initial_token)
                if pending.action == "register"
                else known.registered_with,
                pending=None,
            )
        )
        log.info("credentials exchanged", hub=known.versions_url, warnings=len(self.calls.warnings))

    def _verified(self, known: HubCredentials) -> HubCredentials:
        """Verify the Hub's new token by a GET. If the Hub refuses it, use the previous token.

        Any other error does not prove that the new token is wrong.
        """
        try:
            self.calls.call(self.calls.client(known), "GET")
        except Unauthorized:
            if not known.previous_token:
                raise
            self.calls.warnings.append(
                "the Hub does not accept its new token yet: the previous one is used; if the Hub refuses "
                'that, register with {"action": "verify"} tries the new one'
            )
            known = replace(known, token=known.previous_token, previous_token=known.token)
            self.calls.call(self.calls.client(known), "GET")
            return replace(known, verified_at=self._now())
        except HubError as error:
            self.calls.warnings.append(
                f'the new token could not be tried yet, run register with {{"action": "verify"}}: {error}'
            )
            return known
        return replace(known, previous_token="", verified_at=self._now())

    def _offered(self, known: HubCredentials, call: Callable[[], HubAnswer], *, first_try: bool) -> HubAnswer:
        """Send our credentials, and return the Hub's answer. If the Hub certainly refused them, delete our
        new token.

        A refusal after another try does not prove that: the Hub may have accepted the other try, and its
        answer was lost.
        """
        try:
            return call()
        except HubError as error:
            if first_try and error.delivery is not Delivery.UNKNOWN:
                self.tokens.withdrawn(known)
            raise

    def _now(self) -> str:
        return self.tokens.now().isoformat()
