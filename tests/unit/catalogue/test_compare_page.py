"""Whatever a list holds, each of its objects is in exactly one count."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emsp.catalogue.compare_page import PageChanges, compare_page, unchanged_text
from emsp.catalogue.pull_tariffs import TARIFFS
from emsp.catalogue.snapshot_index import CatalogueIndex
from emsp.ocpi.list_text import split_list
from emsp.stores.catalogue_table import StoredMark

UPDATES = ("2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z", "yesterday", None, 7)


def tariff(tariff_id: Any, last_updated: Any, currency: str, spelling: int) -> str:
    value = {
        "country_code": "IN",
        "party_id": "ABC",
        "id": tariff_id,
        "currency": currency,
        "elements": [],
        "last_updated": last_updated,
    }
    return json.dumps(value, indent=spelling or None)


TARIFF = st.builds(
    tariff,
    st.sampled_from(("T1", "t1", "T2", "T3", 4711, None, "", "é")),
    st.sampled_from(UPDATES),
    st.sampled_from(("INR", "EUR")),
    st.sampled_from((0, 1)),
)
NO_TARIFF = st.sampled_from(("null", "7", '"T1"', "[]", "{}", "true"))
PAGE = st.lists(st.one_of(TARIFF, TARIFF, TARIFF, NO_TARIFF), max_size=12)


class Table:
    """The table's marks, and pages that are written into it as a pull does."""

    def __init__(self) -> None:
        self.marks: dict[str, StoredMark] = {}

    def read_marks(self, keys: Sequence[str]) -> Mapping[str, StoredMark]:
        return {key: self.marks[key] for key in keys if key in self.marks}

    def write(self, changes: PageChanges) -> None:
        for each in (*changes.new, *changes.changed):
            self.marks[each.object_key] = StoredMark(
                text_hash=each.text_hash,
                content_hash=each.content_hash,
                last_updated=each.last_updated,
                removed=False,
            )


def counted(changes: PageChanges) -> int:
    return (
        len(changes.new)
        + len(changes.changed)
        + len(changes.rejected)
        + changes.unchanged
        + changes.older
        + changes.repeated
    )


@given(st.lists(PAGE, max_size=4))
def test_counts_add_up(pages: list[list[str]]) -> None:
    index, table = CatalogueIndex([]), Table()
    for page in pages:
        listed = split_list(
            f'{{"data": [{",".join(page)}], "status_code": 1000}}'.encode(), unchanged_text(index)
        )
        changes = compare_page(TARIFFS, listed.objects or [], index, table.read_marks, datetime.now(UTC))
        changes.unchanged += listed.passed
        assert counted(changes) == len(page)
        keys = changes.keys
        assert len(keys) == len(set(keys)), "each is written once"
        table.write(changes)


def test_what_a_page_lists_again_is_counted_as_repeated() -> None:
    page = [
        tariff("T1", UPDATES[0], "INR", 0),
        tariff("T1", UPDATES[1], "INR", 0),
        tariff("T1", UPDATES[1], "INR", 0),
        tariff("T1", UPDATES[0], "EUR", 0),
    ]
    listed = split_list(f'{{"data": [{",".join(page)}], "status_code": 1000}}'.encode())
    changes = compare_page(
        TARIFFS, listed.objects or [], CatalogueIndex([]), Table().read_marks, datetime.now(UTC)
    )
    assert (len(changes.new), changes.repeated, changes.older) == (1, 2, 1)
    assert changes.new[0].last_updated.startswith("2026-11-25T11")
