"""What a call to the Hub needs: the versions URL, our token, and the endpoints."""

from dataclasses import dataclass
from typing import NamedTuple

from emsp.hub.allowed_urls import Origin, allowed_url, origin_of
from emsp.hub.allowed_urls import below as below_url
from emsp.hub.errors import ForeignUrl, NoEndpoint
from emsp.ocpi.headers import TokenEncoding


class HubEndpoint(NamedTuple):
    """An endpoint in the Hub's version details: the module, the Hub's role, and the URL."""

    identifier: str
    role: str
    url: str


@dataclass(frozen=True)
class HubConnection:
    """The connection to the Hub. It is immutable: a rotation creates another one.

    `allow_http` is for a Hub on the same machine.
    """

    versions_url: str
    token: str
    token_encoding: TokenEncoding
    endpoints: tuple[HubEndpoint, ...] = ()
    allow_http: bool = False

    def __repr__(self) -> str:
        return f"HubConnection({self.versions_url}, {len(self.endpoints)} endpoints)"

    @property
    def origin(self) -> Origin:
        """The scheme, host and port of the Hub. Raises ForeignUrl if its versions URL must not be called."""
        return origin_of(self.versions_url, allow_http=self.allow_http)

    def allowed_url(self, url: str) -> str:
        """Return the URL if it belongs to the Hub. Raises ForeignUrl."""
        return allowed_url(url, self.origin, allow_http=self.allow_http)

    def moved(self, url: str, to: "HubConnection") -> str | None:
        """Return the URL of the same module in another connection, or None if there is none."""
        for each in self.endpoints:
            listed = each.url.rstrip("/")
            if url in (each.url, listed) or url.startswith((f"{listed}/", f"{listed}?")):
                try:
                    other = to.endpoint(each.identifier, each.role)
                except NoEndpoint:
                    if to.origin == self.origin:
                        return url  # the Hub lists the module for other roles now
                    raise
                return other if url == each.url else other.rstrip("/") + url[len(listed) :]
        if url == self.versions_url:
            return to.versions_url
        return url if to.origin == self.origin else None

    def endpoint(self, identifier: str, role: str, *below: str) -> str:
        """Return the URL of a module exactly as the Hub lists it, or a URL `below` it. Raises NoEndpoint,
        ForeignUrl.

        Hubs list different roles for modules that they forward. So if a module is listed once, its role is
        ignored. The role of `credentials` is always ignored, as in OCPI. Of several endpoints, the one with
        the Hub's own origin is used.
        """
        of_module = [each for each in self.endpoints if each.identifier.lower() == identifier]
        fitting = [each for each in of_module if each.role.upper() == role]
        if not fitting and (len(of_module) == 1 or identifier == "credentials"):
            fitting = of_module
        if not fitting:
            raise NoEndpoint(
                f"the Hub lists no {identifier} endpoint for role {role}: ask the Hub to enable the module, "
                'then run register with {"action": "verify"}, which reads its details again',
                missing=identifier,
            )
        foreign: ForeignUrl | None = None
        for each in fitting:
            try:
                return below_url(self.allowed_url(each.url), *below)
            except ForeignUrl as error:
                foreign = foreign or error
        raise ForeignUrl(
            f"the Hub's {identifier} endpoint can't be called: {foreign}; ask the Hub to correct its version "
            'details, then run register with {"action": "verify"}'
        )
