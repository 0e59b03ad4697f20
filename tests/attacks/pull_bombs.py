"""Lists of the Hub with objects made to be expensive, and pulls of them. Run by bounded.py, in children."""

import json
from collections import UserList
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

import boto3

from emsp.catalogue.pull_locations import LOCATIONS
from emsp.catalogue.pull_parts import PullOptions
from emsp.catalogue.pull_tariffs import TARIFFS
from emsp.hub.answers import RawAnswer
from emsp.hub.errors import RequestTrace, UnreadablePage
from emsp.hub.get_page import PAGE_BYTES, RawPage
from emsp.hub.next_page import PageHeaders, query_number
from tests.attacks.bombs import WRITTEN, with_list
from tests.fresh_aws import fresh_aws
from tests.integration.catalogue.house import CatalogueHouse, create_stores

NO_HUB: Final = cast("Any", None)
_houses: list[CatalogueHouse] = []


@contextmanager
def prepared() -> Iterator[None]:
    """The catalogue's stores on moto."""
    with fresh_aws():
        dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
        create_stores(dynamodb, s3)
        _houses.append(CatalogueHouse(dynamodb, s3, NO_HUB, NO_HUB, options=PullOptions()))
        yield


def location(number: int, **changes: Any) -> dict[str, Any]:
    """A location with as little as a table needs."""
    return {
        "country_code": "IN",
        "party_id": "CPO",
        "id": f"L{number}",
        "coordinates": {"latitude": "12.97560", "longitude": "77.60680"},
        "last_updated": "2026-11-22T10:00:00Z",
        **changes,
    }


def listed(module: str, texts: Sequence[str]) -> Any:
    """A full pull of a list: its state, how many were added and rejected, pages asked for."""
    source = ListOfTexts(module, texts)
    found = replace(_houses[0], module={"locations": LOCATIONS, "tariffs": TARIFFS}[module])
    outcome = found.pull(source=source)
    assert outcome.run is not None
    counts = [outcome.run.counts[name] for name in ("added", "rejected")]
    return [outcome.state, *counts, len(source.asked)]


@dataclass
class ListOfTexts:
    """A Hub's list, in pages as they are asked for."""

    module: str
    texts: Sequence[str]
    asked: list[str] = field(default_factory=list)

    def endpoint(self) -> str:
        return f"https://hub.example/{self.module}"

    def get(self, url: str) -> RawPage:
        self.asked.append(url)
        offset, limit = (query_number(url, name) or 0 for name in ("offset", "limit"))
        page: list[str] = []
        for number in range(offset, min(offset + limit, len(self.texts))):
            page += self.texts[number : number + 1]
            if sum(map(len, page)) > PAGE_BYTES:
                raise UnreadablePage("too large", trace=RequestTrace("GET", "/", "1", "1"))
        body = ('{"status_code":1000,"data":[' + ",".join(page) + "]}").encode()
        trace = RequestTrace("GET", "/", "1", "1")
        if len(body) > PAGE_BYTES:
            raise UnreadablePage("too large", trace=trace)
        after = f"{self.endpoint()}?offset={offset + limit}&limit={limit}"
        headers = PageHeaders(after if offset + limit < len(self.texts) else None, len(self.texts), limit)
        return RawPage(url, RawAnswer(200, {}, body), trace, headers)

    def has(self, country_code: str, party_id: str, object_id: str) -> bool:
        raise AssertionError((country_code, party_id, object_id))


def pull_list(module: str, path: list[str], member: str, count: int) -> Any:
    """A list of three objects, the middle one of which has a list of `count` members."""
    text = json.dumps(location(1, **with_list(path, member, count)))
    hostile = text.replace('"@"', "[" + ",".join([member] * count) + "]")
    return listed(module, [json.dumps(location(0)), hostile, json.dumps(location(2))])


def pull_strange(name: str) -> Any:
    """Forty locations, one of which has that in a field."""
    texts = [json.dumps(location(number)) for number in range(40)]
    texts[17] = json.dumps(location(17, odd="@")).replace('"@"', WRITTEN[name]())
    return listed("locations", texts)


def pull_many_large() -> Any:
    """A list of 40 locations, each as large as is taken and small when packed."""
    return listed("locations", Large(range(40)))


class Large(UserList[Any]):
    """Numbers that read as locations, none of which is in memory before."""

    def __getitem__(self, place: Any) -> Any:
        filling = "\U0001f600" + "x" * 450_000
        return [json.dumps(location(n, odd=filling), ensure_ascii=False) for n in self.data[place]]


def pull_many_plugs() -> Any:
    """Three locations, one of which has a kind of connector of its own at each of 4,000 EVSEs."""
    evses = [
        {"uid": f"E{n}", "status": "X" * 30 + str(n), "connectors": [{"standard": f"S{n}"}]}
        for n in range(4000)
    ]
    texts = [json.dumps(location(0)), json.dumps(location(1, evses=evses)), json.dumps(location(2))]
    return listed("locations", texts)
