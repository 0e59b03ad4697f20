"""Which URLs belong to the Hub. What it sends us (endpoints, Link, redirects) is used only where it
belongs.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from emsp.hub.errors import ForeignUrl

DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port, the default port spelled out."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def origin_of(url: str, *, allow_http: bool) -> Origin:
    """The origin of an absolute URL. Raises ForeignUrl for anything that may not be called at all."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ForeignUrl(f"not a URL: {url[:200]!r} ({error})") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ForeignUrl(f"not an http(s) URL: {url[:200]!r}")
    if parts.username is not None or parts.password is not None:
        raise ForeignUrl(f"a URL with a user name in it is not called: host {parts.hostname!r}")
    if parts.scheme == "http" and not allow_http:
        raise ForeignUrl(
            f"{parts.hostname} would be called without TLS: use https (ALLOW_HTTP_HUB is for a local Hub)"
        )
    return Origin(parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme])


def belonging(url: str, hub: Origin, *, allow_http: bool) -> str:
    """The URL itself, if its scheme, host and port are the Hub's. Raises ForeignUrl."""
    origin = origin_of(url, allow_http=allow_http)
    if origin != hub:
        raise ForeignUrl(f"{origin} is not the Hub's {hub}: it is not called")
    return url


def resolve(url: str, relative_to: str, hub: Origin, *, allow_http: bool) -> str:
    """An absolute URL from a Location or Link header, if it belongs to the Hub. Raises ForeignUrl."""
    try:
        absolute = urljoin(relative_to, url)
    except ValueError as error:
        raise ForeignUrl(f"not a URL: {url[:200]!r} ({error})") from None
    return belonging(absolute, hub, allow_http=allow_http)
