"""What an event tells of a change."""

from typing import Any

import pytest

from emsp.catalogue.changed_fields import only_statuses_changed, what_changed


def location(**fields: Any) -> Any:
    evses = [
        {"uid": "1", "evse_id": "IN*A*1", "status": "AVAILABLE", "last_updated": "a"},
        {"uid": "2", "status": "UNKNOWN"},
    ]
    return {"id": "L", "name": "Old", "evses": evses, "last_updated": "a", **fields}


def test_a_status_names_its_evse() -> None:
    evses = [
        {"uid": "1", "evse_id": "IN*A*1", "status": "CHARGING", "last_updated": "b"},
        {"uid": "2", "status": "UNKNOWN"},
    ]
    assert what_changed(location(), location(evses=evses, last_updated="b")) == {
        "fields": ["evses", "last_updated"],
        "evse_statuses": [{"uid": "1", "evse_id": "IN*A*1", "from": "AVAILABLE", "to": "CHARGING"}],
    }


def test_fields_come_and_go() -> None:
    old = location()
    new = {**location(), "city": "Pune"}
    del new["name"]
    assert what_changed(old, new) == {"fields": ["city", "name"]}


def test_evses_come_and_go() -> None:
    new = location(evses=[{"uid": "2", "status": "UNKNOWN"}, {"uid": "3", "status": "AVAILABLE"}])
    assert what_changed(location(), new) == {
        "fields": ["evses"],
        "evses_added": ["3"],
        "evses_removed": ["1"],
    }


def test_times_within_evses_are_no_change() -> None:
    new = location()
    new["evses"][0]["last_updated"] = "b"
    assert what_changed(location(), new) == {"fields": []}


@pytest.mark.parametrize(
    ("change", "only"),
    [
        ({"last_updated": "b"}, False),
        ({"evses": []}, False),
        (
            {
                "evses": [
                    {"uid": "1", "status": "CHARGING", "evse_id": "IN*A*1"},
                    {"uid": "2", "status": "UNKNOWN"},
                ]
            },
            True,
        ),
        (
            {
                "evses": [
                    {"uid": "1", "status": "CHARGING", "evse_id": "IN*A*9"},
                    {"uid": "2", "status": "UNKNOWN"},
                ]
            },
            False,
        ),
        (
            {
                "name": "New",
                "evses": [
                    {"uid": "1", "status": "CHARGING", "evse_id": "IN*A*1"},
                    {"uid": "2", "status": "UNKNOWN"},
                ],
            },
            False,
        ),
    ],
)
def test_states_alone_are_told_from_all_else(change: dict[str, Any], *, only: bool) -> None:
    assert only_statuses_changed(location(), location(**change)) is only
