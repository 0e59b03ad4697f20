import re
from itertools import chain
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.unit.hub_simulator.conftest import Connected

STYLES = ["absolute", "relative", "upper_case", "several_rels", "unquoted"]


def pages(connected: Connected, path: str, most: int = 60) -> list[list[Any]]:
    """Follow rel=next to its end, by a reading of the header that is this test's own."""
    found: list[list[Any]] = []
    url: str | None = f"{connected.hub.url}/ocpi/2.2.1/{path}"
    while url is not None and len(found) < most:
        reply = connected.call("GET", url)
        assert reply.code == 1000
        found.append(reply.data)
        header = reply.headers.get("link", "")
        links = re.findall(r'<([^>]*)>[^<]*?;\s*rel="?(\w+)"?', header, re.IGNORECASE)
        following = [target for target, rel in links if rel.lower() == "next"]
        url = urljoin(url, following[0]) if following else None
    return found


def ids(rows: list[Any]) -> list[str]:
    return [f"{row['party_id']}/{row['id']}" for row in rows]


@pytest.mark.parametrize("style", STYLES)
def test_pages_add_up_to_the_whole_list(connected: Connected, style: str) -> None:
    connected.hub.admin.change_settings(paging={"link_style": style})
    found = pages(connected, "locations?limit=7")
    assert [len(page) for page in found] == [7, 7, 7, 7, 7, 5]
    rows = list(chain.from_iterable(found))
    assert len(set(ids(rows))) == 40
    assert rows == connected.hub.admin.objects("locations")


def test_headers_tell_the_total_and_the_largest_page(connected: Connected) -> None:
    connected.hub.admin.change_settings(paging={"max_limit": 10})
    reply = connected.call("GET", "locations?limit=30&offset=5")
    assert len(reply.data) == 10
    assert reply.headers["x-limit"] == "10"
    assert reply.headers["x-total-count"] == "40"
    assert "offset=15&limit=10" in reply.headers["link"]


def test_an_offset_beyond_the_end_is_an_empty_page_without_a_link(connected: Connected) -> None:
    reply = connected.call("GET", "locations?offset=40")
    assert reply.data == []
    assert "link" not in reply.headers


@pytest.mark.parametrize("query", ["offset=-1", "offset=x", "limit=1.5", "date_from=yesterday"])
def test_nonsense_is_2001(connected: Connected, query: str) -> None:
    assert connected.call("GET", f"locations?{query}").code == 2001


def test_only_what_moved_is_in_a_delta_and_the_link_keeps_the_filter(connected: Connected) -> None:
    changed = connected.hub.admin.mutate(count=6)
    found = pages(connected, "locations?date_from=2026-06-01T00:00:00Z&limit=4")
    assert [len(page) for page in found] == [4, 2]
    assert {(row["party_id"], row["id"]) for row in chain.from_iterable(found)} == {
        (p, i) for _, p, i in changed
    }
    assert all(row["last_updated"] > "2026-06" for page in found for row in page)
    none = connected.call("GET", "locations?date_to=2024-01-01T00:00:00Z")
    assert (none.data, none.headers["x-total-count"]) == ([], "0")


def test_date_from_is_inclusive_and_date_to_exclusive(connected: Connected) -> None:
    at = connected.hub.admin.objects("locations")[0]["last_updated"]
    first = connected.call("GET", f"locations?date_from={at}&limit=1").data
    assert first[0]["last_updated"] == at
    assert at not in [row["last_updated"] for row in connected.call("GET", f"locations?date_to={at}").data]


def test_content_can_change_without_last_updated_and_the_other_way_round(connected: Connected) -> None:
    before = {row["id"]: row for row in connected.hub.admin.objects("locations")}
    ((_, _, silent),) = connected.hub.admin.mutate(count=1, mutation="content_only")
    after = {row["id"]: row for row in connected.hub.admin.objects("locations")}
    assert after[silent] != before[silent]
    assert after[silent]["last_updated"] == before[silent]["last_updated"]
    ((_, _, touched),) = connected.hub.admin.mutate("tariffs", count=1, mutation="touch_only")
    tariffs = {row["id"]: row for row in connected.hub.admin.objects("tariffs")}
    assert tariffs[touched]["last_updated"].startswith("20")
    assert connected.call("GET", "tariffs?date_from=2026-06-01T00:00:00Z").headers["x-total-count"] == "1"


def test_a_cpo_vanishes_and_comes_back_without_any_last_updated_moving(connected: Connected) -> None:
    before = connected.hub.admin.objects("locations")
    connected.hub.admin.route("IN", "URJ", routed=False)
    assert {row["party_id"] for row in connected.call("GET", "locations").data} == {
        "TZC",
        "VDP",
        "DKS",
        "GPM",
    }
    assert {row["party_id"] for row in connected.call("GET", "tariffs").data} == {"TZC", "VDP", "DKS", "GPM"}
    gone = connected.call("GET", "locations/IN/URJ/URJ-LOC-000002")
    assert (gone.code, "NOT_ROUTED" in gone.json["status_message"]) == (2000, True)
    connected.hub.admin.route("IN", "URJ", routed=True)
    assert connected.hub.admin.objects("locations") == before


def test_a_deletion_moves_what_follows_up(connected: Connected) -> None:
    second = connected.call("GET", "locations?offset=10&limit=10").data
    assert connected.hub.admin.delete_object("locations", "IN", "TZC", "TZC-LOC-000001")
    moved = connected.call("GET", "locations?offset=10&limit=10")
    assert moved.data[:9] == second[1:]
    assert moved.headers["x-total-count"] == "39"


def test_empty_pages_come_between_full_ones(connected: Connected) -> None:
    connected.hub.admin.change_settings(paging={"empty_page_every": 2})
    found = pages(connected, "locations?limit=10")
    assert [len(page) for page in found] == [10, 0, 10, 10, 0, 10]
    assert len(set(ids(list(chain.from_iterable(found))))) == 40


def test_rows_can_come_twice_and_links_can_loop_or_be_missing(connected: Connected) -> None:
    connected.hub.admin.change_settings(paging={"repeated_rows": 2})
    rows = list(chain.from_iterable(pages(connected, "locations?limit=10")))
    assert (len(rows), len(set(ids(rows)))) == (46, 40)
    connected.hub.admin.change_settings(paging={"repeated_rows": 0, "link_style": "loop"})
    assert len(pages(connected, "locations?limit=10", most=5)) == 5
    connected.hub.admin.change_settings(paging={"link_style": "none"})
    assert len(pages(connected, "locations?limit=10")) == 1
    connected.hub.admin.change_settings(paging={"link_style": "foreign"})
    assert "elsewhere.example" in connected.call("GET", "locations?limit=10").headers["link"]


def test_single_objects(connected: Connected) -> None:
    location = connected.call("GET", "locations?limit=1").data[0]
    path = f"locations/IN/TZC/{location['id']}"
    assert connected.call("GET", path).data == location
    evse = location["evses"][0]
    assert connected.call("GET", f"{path}/{evse['uid']}").data == evse
    assert connected.call("GET", f"{path}/{evse['uid']}/1").data == evse["connectors"][0]
    assert connected.call("GET", f"locations/{location['id']}").data == location
    assert connected.call("GET", "locations/IN/TZC/NONE").code == 2003
    assert connected.call("GET", "tariffs/in/tzc/tzc-ac").data["id"] == "TZC-AC"


def test_anything_can_be_served_in_the_place_of_an_object(connected: Connected) -> None:
    connected.hub.admin.put_object("locations", "IN", "TZC", "TZC-LOC-000001", raw='{"id": 5')
    assert b'{"id": 5,{' in connected.call("GET", "locations?limit=2").raw
