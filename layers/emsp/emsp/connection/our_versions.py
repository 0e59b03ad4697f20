"""Our versions, and the endpoints of 2.2.1 (OCPI 2.2.1, version information endpoint).

These are plain dictionaries, not models: the Hub calls this every minute, often on a cold start, and pydantic
costs 90 ms.
"""

from collections.abc import Callable

from emsp.ocpi.json_text import JsonObject, JsonValue

VERSION = "2.2.1"
ENDPOINTS = (
    ("credentials", "SENDER"),
    ("credentials", "RECEIVER"),
    ("sessions", "RECEIVER"),
    ("cdrs", "RECEIVER"),
    # The eMSP sends commands, and receives their results in the SENDER role.
    ("commands", "SENDER"),
)


def versions(url: Callable[[str], str]) -> list[JsonValue]:
    """The list of Version objects. `url` turns a path (`/ocpi/...`) into our URL."""
    return [{"version": VERSION, "url": url(f"/ocpi/{VERSION}")}]


def version_details(url: Callable[[str], str]) -> JsonObject:
    """The VersionDetails object of 2.2.1."""
    endpoints: list[JsonValue] = [
        {"identifier": identifier, "role": role, "url": url(f"/ocpi/{VERSION}/{identifier}")}
        for identifier, role in ENDPOINTS
    ]
    return {"version": VERSION, "endpoints": endpoints}
