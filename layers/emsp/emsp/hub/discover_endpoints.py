"""Read the Hub's endpoints of OCPI 2.2.1 from its versions URL.

An endpoint that can't be used is left out. One with another origin is rejected only when it is called
(HubConnection.endpoint), so that an endpoint that we do not need can't prevent a registration.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubEndpoint
from emsp.hub.errors import ForeignUrl, MalformedAnswer, NoEndpoint
from emsp.hub.request import HubRequest
from emsp.log import log
from emsp.ocpi.json_text import JsonValue, as_object, ascii_length

OCPI_VERSION: Final = "2.2.1"
ENDPOINTS_AT_MOST: Final = 50
"""The largest number of endpoints, so that they fit in a secret of 64 KB. OCPI 2.2.1 has 20, with both roles
of each module.
"""
ENDPOINT_LENGTH_AT_MOST: Final = 500
"""The largest number of characters of an endpoint: identifier, role and URL together, as in the secret."""


def discover(client: HubClient, *, correlation_id: str, deadline: Deadline) -> tuple[HubEndpoint, ...]:
    """Return the Hub's endpoints.

    Raises NoEndpoint if the Hub does not support 2.2.1, ForeignUrl, and the errors of HubClient.call.
    """
    versions_url = client.connection.versions_url

    def get(url: str) -> JsonValue:
        return client.call(
            HubRequest("GET", url, routed=False, correlation_id=correlation_id, deadline=deadline)
        ).data

    versions = get(versions_url)
    if isinstance(versions, dict) and "endpoints" in versions:
        log.warning("the Hub's versions URL leads to the details of a version", versions_url=versions_url)
        return _endpoints(versions, versions_url)
    details_url = _url_of_our_version(versions, client)
    return _endpoints(get(details_url), details_url)


def _endpoints(details: JsonValue, details_url: str) -> tuple[HubEndpoint, ...]:
    listed = as_object(details).get("endpoints")
    if not isinstance(listed, list):
        raise MalformedAnswer(
            f"the Hub's version details at {details_url} "
            "have no list of endpoints: report it to the Hub's support"
        )
    usable = tuple(islice(_usable(listed), ENDPOINTS_AT_MOST))
    if len(usable) < len(listed):
        log.warning(
            "some endpoints in the Hub's version details cannot be used",
            listed=len(listed),
            usable=len(usable),
        )
    return usable


def _usable(listed: list[JsonValue]) -> Iterator[HubEndpoint]:
    for each in listed:
        match each:
            case {"identifier": str(identifier), "url": str(url), **more} if identifier.strip():
                role = more.get("role")
                stated = role.strip().upper() if isinstance(role, str) else ""
                endpoint = HubEndpoint(identifier.strip().lower(), stated, url.strip())
                if sum(map(ascii_length, endpoint)) <= ENDPOINT_LENGTH_AT_MOST:
                    yield endpoint


def _url_of_our_version(versions: JsonValue, client: HubClient) -> str:
    """Return the URL of the details of 2.2.1. Raises MalformedAnswer, NoEndpoint and ForeignUrl."""
    versions_url = client.connection.versions_url
    if not isinstance(versions, list):
        raise MalformedAnswer(
            f"the Hub's versions at {versions_url} are not a list: ask the Hub for its versions URL and "
            "register with that one"
        )
    foreign: ForeignUrl | None = None
    for each in versions:
        match each:
            case {"version": str(version), "url": str(url)} if version.strip() == OCPI_VERSION:
                try:
                    return client.connection.allowed_url(url.strip())
                except ForeignUrl as error:
                    foreign = foreign or error
    if foreign is not None:
        raise foreign
    raise NoEndpoint(
        f"the Hub at {versions_url} does not offer OCPI {OCPI_VERSION} but "
        f"{', '.join(_versions(versions)) or 'nothing'}: ask it to enable {OCPI_VERSION}, or for another "
        "versions URL"
    )


def _versions(versions: list[JsonValue]) -> list[str]:
    return [str(each.get("version"))[:20] for each in versions if isinstance(each, dict)]
