"""Decide which URLs belong to the Hub. A URL from the Hub (endpoint, Link, redirect) is called only if it
does.
"""

from typing import Final, NamedTuple
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from emsp.hub.errors import ForeignUrl
from emsp.log import log

DEFAULT_PORTS: Final = {"https": 443, "http": 80}
INNER_DOMAINS: Final = (
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localdomain",
    ".svc",
    ".private",
    ".corp",
)


class Origin(NamedTuple):
    """The scheme, host and port of a URL. A missing port is the default one."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def origin_of(url: str, *, allow_http: bool) -> Origin:
    """Return the origin of an absolute URL. Raises ForeignUrl if the URL must never be called."""
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


def allowed_url(url: str, hub: Origin, *, allow_http: bool) -> str:
    """Return the URL if its scheme, host and port are the Hub's. Raises ForeignUrl."""
    origin = origin_of(url, allow_http=allow_http)
    if origin != hub:
        raise ForeignUrl(f"{origin} is not the Hub's {hub}: it is not called")
    return url


def resolve(url: str, relative_to: str, hub: Origin, *, allow_http: bool) -> str:
    """Return the absolute URL of a Location or Link header, if it belongs to the Hub. Raises ForeignUrl."""
    try:
        absolute = urljoin(relative_to, url)
    except ValueError as error:
        raise ForeignUrl(f"not a URL: {url[:200]!r} ({error})") from None
    return allowed_url(absolute, hub, allow_http=allow_http)


def url_of_link(link: str, here: str, hub: Origin, *, allow_http: bool) -> str:
    """Return the URL of a Link, with the Hub's own origin. Raises ForeignUrl.

    A Hub behind a proxy may send the scheme, port or host by which the proxy reaches it. Then only path and
    query are used. A Link to another public host does not belong to the Hub.
    """
    try:
        return resolve(link, here, hub, allow_http=allow_http)
    except ForeignUrl:
        outer = _outer(link, here, hub)
        if outer is None:
            raise
        log.warning("a Link names the inner address of a proxy: its path is the Hub's own", hub=str(hub))
        return outer


def _outer(link: str, here: str, hub: Origin) -> str | None:
    """Return the public URL for a Link to an internal address, or None for any other Link."""
    try:
        parts, own = urlsplit(urljoin(here, link)), urlsplit(here)
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not _is_inner(parts.hostname or "", hub):
        return None
    return urlunsplit((own.scheme, own.netloc, parts.path or "/", parts.query, ""))


def _is_inner(host: str, hub: Origin) -> bool:
    """Whether a host is only known in the Hub's own network.

    That is the Hub's own name, a name without a domain, or a private address.
    """
    import ipaddress  # noqa: PLC0415  # 5 ms, only for Links that need it

    host = host.rstrip(".").lower()
    if host == hub.host.lower():
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(INNER_DOMAINS))


def below(url: str, *segments: str) -> str:
    """Return the URL with path segments appended. A query remains at the end."""
    if not segments:
        return url
    parts = urlsplit(url)
    path = "/".join((parts.path.rstrip("/"), *(quote(each, safe="") for each in segments)))
    return urlunsplit(parts._replace(path=path))
