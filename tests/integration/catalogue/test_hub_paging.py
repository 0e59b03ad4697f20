"""Pulls against a Hub whose lists are oddly paged, or move while they are read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from emsp.catalogue.hub_list import HubList
from emsp.hub.errors import ForeignUrl
from emsp.hub.get_page import RawPage
from emsp.hub.next_page import BrokenPaging
from tests.integration.catalogue.house import CatalogueHouse


def stored_and_served(house: CatalogueHouse) -> tuple[dict[str, Any], dict[str, Any]]:
    stored = {
        key: json.loads(item["body"]["S"]) for key, item in house.items().items() if "removed_at" not in item
    }
    return stored, {key: json.loads(text) for key, text in house.served().items()}


@dataclass
class Hiding:
    """The Hub's list without some of its objects, as when deletions and additions hide them from a reader."""

    source: HubList
    hidden: set[str]

    def endpoint(self) -> str:
        return self.source.endpoint()

    def has(self, *identity: str) -> bool:
        return self.source.has(*identity)

    def get(self, url: str) -> RawPage:
        page = self.source.get(url)
        answer = json.loads(page.raw.body)
        answer["data"] = [
            o for o in answer["data"] if f"{o['party_id']} {o['id']}".upper() not in self.hidden
        ]
        return replace(page, raw=replace(page.raw, body=json.dumps(answer).encode()))


@dataclass
class Watched:
    """The Hub's list, and what happens between its pages."""

    source: HubList
    events: Iterator[Any]

    def endpoint(self) -> str:
        return self.source.endpoint()

    def has(self, *identity: str) -> bool:
        return self.source.has(*identity)

    def get(self, url: str) -> RawPage:
        page = self.source.get(url)
        happening = next(self.events, None)
        if happening:
            happening()
        return page


EACH_OBJECT_IS_ONE_OF = ("added", "changed", "unchanged", "older", "repeated", "rejected")


@pytest.mark.parametrize(
    "paging",
    [
        {"link_style": "relative"},
        {"link_style": "upper_case"},
        {"link_style": "several_rels"},
        {"link_style": "unquoted"},
        {"link_style": "without_filters"},
        {"link_style": "none"},
        {"total_count": False},
        {"empty_page_every": 2},
        {"repeated_rows": 3},
        {"max_limit": 7},
        {"link_style": "none", "max_limit": 7},
    ],
    ids=str,
)
def test_every_way_of_paging_brings_everything(house: CatalogueHouse, paging: dict[str, Any]) -> None:
    house.hub.admin.change_settings(paging=paging)
    first, second = house.counts("full"), house.counts("full")
    assert (first["added"], second["added"], second["changed"], second["vanished"]) == (40, 0, 0, 0)
    for counts in (first, second):
        assert counts["objects"] == sum(counts[name] for name in EACH_OBJECT_IS_ONE_OF)
    stored, served = stored_and_served(house)
    assert stored == served
    house.hub.admin.mutate(count=20, mutation="status")
    assert house.counts("delta")["changed"] == 20


def test_an_empty_page_that_leads_nowhere_is_passed_by_and_proves_nothing(house: CatalogueHouse) -> None:
    house.pull()
    house.hub.admin.change_settings(paging={"link_style": "none", "empty_page_every": 3})
    outcome = house.pull()
    assert outcome.run is not None
    assert (outcome.run.counts["unchanged"], outcome.run.counts["vanished"]) == (30, 10)
    assert outcome.run.sweep == "uncertain"
    assert len(stored_and_served(house)[0]) == 40


def test_a_page_size_that_is_lowered_on_the_way_skips_nothing(house: CatalogueHouse) -> None:
    def lower() -> None:
        house.hub.admin.change_settings(paging={"max_limit": 4})

    house.pull(source=Watched(house.source(), iter([None, lower])))
    stored, served = stored_and_served(house)
    assert stored == served


def test_a_list_that_loops_fails_the_run_and_the_next_one_starts_anew(house: CatalogueHouse) -> None:
    house.hub.admin.change_settings(paging={"link_style": "loop"})
    with pytest.raises(BrokenPaging):
        house.pull()
    record = house.runs().read()
    assert record is not None
    assert record.catalogue.delta_from is None
    house.hub.admin.change_settings(paging={"link_style": "absolute"})
    assert house.counts()["catalogue"] == 40


def test_a_link_to_another_host_is_not_followed(house: CatalogueHouse) -> None:
    house.hub.admin.change_settings(paging={"link_style": "foreign"})
    with pytest.raises(ForeignUrl):
        house.pull()
    assert len(house.items()) <= 10


def test_more_pages_than_allowed_fail_the_run(house: CatalogueHouse) -> None:
    house.options = replace(house.options, pages_at_most=3)
    with pytest.raises(BrokenPaging, match="3 pages"):
        house.pull()


@pytest.mark.parametrize("link_style", ["absolute", "none"])
def test_objects_moved_by_a_deletion_are_not_skipped(house: CatalogueHouse, link_style: str) -> None:
    house.hub.admin.change_settings(paging={"link_style": link_style})
    house.pull()
    house.hub.admin.mutate(count=40, mutation="content_only")
    in_order = [
        f"{o['country_code']}#{o['party_id']}#{o['id']}".upper() for o in house.hub.admin.objects("locations")
    ]

    def delete_first_ones() -> None:
        for key in in_order[:3]:
            house.hub.admin.delete_object("locations", *key.split("#", 2))

    outcome = house.pull(source=Watched(house.source(), iter([None, delete_first_ones])))
    assert outcome.run is not None
    assert outcome.run.cursor is not None
    assert outcome.run.cursor["steps_back"] >= 1
    stored, served = stored_and_served(house)
    assert {key: stored[key] for key in served} == served
    house.pull()
    stored, served = stored_and_served(house)
    assert stored == served


def test_a_list_that_ends_before_the_cursor_is_read_again_from_where_it_may_have_moved(
    house: CatalogueHouse,
) -> None:
    house.pull()
    house.options = replace(house.options, vanish_share=1.0)
    in_order = [
        f"{o['country_code']}#{o['party_id']}#{o['id']}".upper() for o in house.hub.admin.objects("locations")
    ]

    def delete_most() -> None:
        for key in in_order[:25]:
            house.hub.admin.delete_object("locations", *key.split("#", 2))

    house.pull(source=Watched(house.source(), iter([None, None, delete_most])))
    stored, served = stored_and_served(house)
    assert {key: stored[key] for key in served} == served
    house.pull()
    stored, served = stored_and_served(house)
    assert stored == served


def test_what_the_list_hides_but_the_hub_still_has_is_not_removed(house: CatalogueHouse) -> None:
    house.pull()
    hidden, deleted = sorted(house.items())[:2]
    house.hub.admin.delete_object("locations", *deleted.split("#", 2))
    _, party_id, location_id = hidden.split("#", 2)
    outcome = house.pull(source=Hiding(house.source(), {f"{party_id} {location_id}"}))
    assert outcome.run is not None
    assert (outcome.run.counts["vanished"], outcome.run.counts["removed"]) == (2, 1)
    stored, served = stored_and_served(house)
    assert stored.keys() == served.keys()


def test_a_spoilt_page_is_asked_for_again(house: CatalogueHouse) -> None:
    house.hub.admin.add_fault("cut_json", module="locations", skip=1)
    house.hub.admin.add_fault("truncated", module="locations", skip=2)
    house.hub.admin.add_fault("drop", module="locations", skip=3)
    assert house.counts()["added"] == 40


@pytest.mark.parametrize("http_status", [200, 429])
def test_a_rate_limit_is_waited_for(house: CatalogueHouse, http_status: int) -> None:
    house.hub.admin.add_fault(
        "rate_limited", module="locations", skip=1, http_status=http_status, retry_after="seconds", delay_s=1
    )
    assert house.counts()["added"] == 40
