"""Find the target of a redirect, and decide whether it may be followed. Without I/O."""

from typing import Final

from emsp.hub.allowed_urls import resolve
from emsp.hub.answers import RawAnswer
from emsp.hub.endpoints import HubConnection
from emsp.hub.errors import Delivery, ForeignUrl, MalformedAnswer, RequestTrace

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
SAME_METHOD: Final = frozenset({307, 308})


def redirected(url: str, raw: RawAnswer, trace: RequestTrace, connection: HubConnection) -> str:
    """Return the URL of the redirect, which has the Hub's own origin. Raises MalformedAnswer and
    ForeignUrl.
    """
    location = raw.headers.get("Location")
    if not location:
        raise MalformedAnswer(
            f"the Hub answers HTTP {raw.http_status} without a Location: report it to the Hub's support",
            trace=trace,
            delivery=Delivery.ANSWERED,
        )
    if trace.method != "GET" and raw.http_status not in SAME_METHOD:
        raise MalformedAnswer(
            f"the Hub redirects a {trace.method} with HTTP {raw.http_status}, which would make it a GET: "
            "report it to the Hub's support",
            trace=trace,
            delivery=Delivery.ANSWERED,
        )
    try:
        return resolve(location, url, connection.origin, allow_http=connection.allow_http)
    except ForeignUrl as error:
        raise ForeignUrl(f"the Hub redirects elsewhere: {error}", trace=trace) from None
