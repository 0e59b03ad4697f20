"""What a call to the Hub needs: its versions URL, our token for it, and its endpoints."""

from dataclasses import dataclass
from typing import NamedTuple

from emsp.hub.allowed_urls import Origin, allowed_url, origin_of
from emsp.hub.allowed_urls import below as below_url
from emsp.hub.errors import ForeignUrl, NoEndpoint
from emsp.ocpi.headers import TokenEncoding


class HubEndpoint(NamedTuple):
    """One endpoint of the Hub's version details: module, the Hub's role in it, and URL."""

    identifier: str
    role: str
    url: str


@dataclass(frozen=True)
class HubConnection:
    """Immutable; a rotation makes a new one. `allow_http` is only for a Hub on the same machine."""

    versions_url: str
    token: str
    token_encoding: TokenEncoding
    endpoints: tuple[HubEndpoint, ...] = ()
    allow_http: bool = False

    def __repr__(self) -> str:
        return f"HubConnection({self.versions_url}, {len(self.endpoints)} endpoints)"

    @property
    def origin(self) -> Origin:
        """Scheme, host and port of the Hub. Raises ForeignUrl if its versions URL must not be called."""
        return origin_of(self.versions_url, allow_http=self.allow_http)

    def allowed_url(self, url: str) -> str:
        """Return the URL if it is the Hub's. Raises ForeignUrl."""
        return allowed_url(url, self.origin, allow_http=self.allow_http)

    def moved(self, url: str, to: "HubConnection") -> str | None:
        """Return the URL in another connection that corresponds to a URL of this one (the same module); None
        if there is none.
        """
        for each in self.endpoints:
            listed = each.url.rstrip("/")
            if url in (each.url, listed) or url.startswith((f"{listed}/", f"{listed}?")):
                other = to.endpoint(each.identifier, each.role)
                return other if url == each.url else other.rstrip("/") + url[len(listed) :]
        if url == self.versions_url:
            return to.versions_url
        return url if to.origin == self.origin else None

    def endpoint(self, identifier: str, role: str, *below: str) -> str:
        """Return the module's URL exactly as listed, or a URL `below` it. Raises NoEndpoint and ForeignUrl.

        Hubs differ in the role that they list for modules that they forward. So a module that is listed once
        is used whatever its role is, and the role of `credentials` is ignored, as in OCPI. Of several
        endpoints the one with the Hub's own origin is used.
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
