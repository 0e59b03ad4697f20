"""From a versions URL to the endpoints of OCPI 2.2.1, which is the only way that we learn where the Hub's
modules are.
"""

from typing import Final

from emsp.hub.client import HubClient
from emsp.hub.connection import HubEndpoint
from emsp.hub.deadline import Deadline
from emsp.hub.errors import MalformedAnswer, NoEndpoint
from emsp.ocpi.deviations import InvalidObject
from emsp.ocpi.json_text import JsonValue
from emsp.ocpi.versions import Version, VersionDetails

OCPI_VERSION: Final = "2.2.1"


def discover(client: HubClient, *, correlation_id: str | None, deadline: Deadline) -> tuple[HubEndpoint, ...]:
    """The Hub's endpoints. Raises NoEndpoint when it speaks no 2.2.1, ForeignUrl, and what HubClient.call
    raises.
    """
    versions_url = client.connection.versions_url
    versions = client.call(
        "GET", versions_url, routed=False, correlation_id=correlation_id, deadline=deadline
    ).data
    details_url = _url_of_our_version(versions)
    if details_url is None:
        raise NoEndpoint(
            f"the Hub at {versions_url} does not offer OCPI {OCPI_VERSION}: ask it which versions it has"
        )
    client.connection.belonging(details_url)
    answer = client.call(
        "GET", details_url, routed=False, correlation_id=correlation_id, deadline=deadline
    ).data
    try:
        details = VersionDetails.parse(answer)
    except InvalidObject as error:
        raise MalformedAnswer(f"the Hub's version details at {details_url} can't be used: {error}") from None
    return tuple(
        HubEndpoint(str(each.identifier), str(each.role), client.connection.belonging(each.url))
        for each in details.endpoints
    )


def _url_of_our_version(versions: JsonValue) -> str | None:
    if not isinstance(versions, list):
        raise MalformedAnswer(
            "the Hub's versions are no list: check that versions_url ends where its versions are"
        )
    for each in versions:
        try:
            version = Version.parse(each)
        except InvalidObject:
            continue
        if str(version.version) == OCPI_VERSION:
            return version.url
    return None
