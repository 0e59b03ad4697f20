"""Our versions, and our endpoints of 2.2.1 (OCPI 2.2.1, version_information_endpoint).

They are dictionaries, not models, because the Hub calls this every minute, often on a cold start, and
pydantic takes 90 ms.
"""

from collections.abc import Callable

from emsp.ocpi.json_text import JsonObject, JsonValue

VERSION = "2.2.1"
ENDPOINTS = (
    ("credentials", "SENDER"),
    ("credentials", "RECEIVER"),
    ("sessions", "RECEIVER"),
    ("cdrs", "RECEIVER"),
    # The eMSP has the role SENDER for commands, although it receives their results.
    ("commands", "SENDER"),
)


def versions(url: Callable[[str], str]) -> list[JsonValue]:
    """Return the list of Version objects. `url` returns our URL for a path (`/ocpi/...`)."""
    return [{"version": VERSION, "url": url(f"/ocpi/{VERSION}")}]


def version_details(url: Callable[[str], str]) -> JsonObject:
    """Return the VersionDetails of 2.2.1."""
    endpoints: list[JsonValue] = [
        {"identifier": identifier, "role": role, "url": url(f"/ocpi/{VERSION}/{identifier}")}
        for identifier, role in ENDPOINTS
    ]
    return {"version": VERSION, "endpoints": endpoints}
