"""check_hub against the simulated Hub: states stored, changes published, ours first."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from emsp.connection.check_hub import ChangesNotPublished, CheckHub
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.deadline import Deadline
from emsp.hub.errors import MalformedAnswer, Unauthorized, Unavailable
from emsp.ocpi.json_text import JsonObject
from emsp.stores.event_bus import BusEntry
from tests.integration.emsp_side import Emsp
from tests.schemas.validate import validate_answer, validate_event


class Bus:
    """Takes entries, or refuses them all."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.entries: list[BusEntry] = []
        self.refuses = refuses

    def put(self, entries: Sequence[BusEntry]) -> list[str | None]:
        self.entries += [] if self.refuses else entries
        for entry in entries:
            validate_event(entry.detail_type, json.loads(entry.detail))
        return ["InternalFailure" if self.refuses else None] * len(entries)

    def told(self) -> list[tuple[str, str | None, str]]:
        details = [json.loads(entry.detail) for entry in self.entries]
        return [(each["id"], each["previous_status"], each["object"]["status"]) for each in details]


def check(emsp: Emsp, bus: Bus) -> JsonObject:
    use_case = CheckHub(connect_to_hub(emsp.settings), emsp.parties, bus)  # type: ignore[arg-type]
    told = use_case(Deadline.after(20))
    validate_answer("check_hub", told)
    return told


def test_every_party_is_stored_and_a_quiet_hub_publishes_nothing(
    emsp: Emsp, capsys: pytest.CaptureFixture[str]
) -> None:
    emsp.registered()
    bus = Bus()
    told = check(emsp, bus)
    assert told["parties"] == len(emsp.hub.admin.parties())
    assert told["our_status"] == "CONNECTED"
    assert emsp.parties.status("IN*EMS", "EMSP") == "CONNECTED"
    assert check(emsp, bus)["changes"] == []
    assert bus.entries == []
    assert '"OurPartyNotConnected":[0.0]' in capsys.readouterr().out


def test_changes_are_published_once_and_ours_come_first(
    emsp: Emsp, capsys: pytest.CaptureFixture[str]
) -> None:
    emsp.registered()
    check(emsp, Bus())
    cpo = emsp.hub.admin.objects("locations")[0]["party_id"]
    emsp.hub.admin.set_party("IN", cpo, "OFFLINE")
    emsp.hub.admin.set_party("IN", "EMS", "OFFLINE")
    bus = Bus()
    told = check(emsp, bus)
    assert bus.told() == [("IN*EMS", "CONNECTED", "OFFLINE"), (f"IN*{cpo}", "CONNECTED", "OFFLINE")]
    assert told["our_status"] == "OFFLINE"
    assert bus.entries[0].detail_type == "Party State Changed"
    assert json.loads(bus.entries[0].detail)["ours"] is True
    assert check(emsp, bus)["changes"] == []
    assert len(bus.entries) == 2
    assert '"OurPartyNotConnected":[1.0]' in capsys.readouterr().out


def test_what_the_bus_does_not_take_is_told_again(emsp: Emsp) -> None:
    emsp.registered()
    check(emsp, Bus())
    emsp.hub.admin.set_party("IN", "EMS", "OFFLINE")
    with pytest.raises(ChangesNotPublished):
        check(emsp, Bus(refuses=True))
    bus = Bus()
    check(emsp, bus)
    assert bus.told() == [("IN*EMS", "CONNECTED", "OFFLINE")]


def test_our_own_suspension_is_told_although_the_hub_refuses_every_call(
    emsp: Emsp, capsys: pytest.CaptureFixture[str]
) -> None:
    emsp.registered()
    check(emsp, Bus())
    emsp.hub.admin.set_party("IN", "EMS", "SUSPENDED")
    bus = Bus()
    for _ in range(2):
        with pytest.raises(Unauthorized):
            check(emsp, bus)
    assert bus.told() == [("IN*EMS", "CONNECTED", "SUSPENDED")]
    assert '"OurPartyNotConnected":[1.0]' in capsys.readouterr().out


def test_the_same_change_has_the_same_event_id(emsp: Emsp) -> None:
    emsp.registered()
    check(emsp, Bus())
    emsp.hub.admin.set_party("IN", "EMS", "OFFLINE")
    ids = set()
    for _ in range(2):
        bus = Bus()
        use_case = CheckHub(
            connect_to_hub(emsp.settings),
            emsp.parties,
            bus,  # type: ignore[arg-type]
            now=lambda: datetime.now(UTC),
        )
        states = list(use_case._listed("c", Deadline.after(10)))
        use_case.bus.put([use_case._event(states[-1], "CONNECTED", datetime.now(UTC))])
        ids.add(json.loads(bus.entries[0].detail)["event_id"])
    assert len(ids) == 1


def test_all_pages_are_read(emsp: Emsp) -> None:
    emsp.registered()
    emsp.hub.admin.change_settings(paging={"default_limit": 2, "max_limit": 2})
    assert check(emsp, Bus())["parties"] == len(emsp.hub.admin.parties())


def test_a_client_info_that_can_not_be_used_does_not_stop_the_rest(emsp: Emsp) -> None:
    emsp.registered()
    body = [
        {"party_id": "ABC"},
        "nonsense",
        {"country_code": "in", "party_id": "abc", "role": "CPO", "status": "BROKEN", "last_updated": "x"},
    ]
    emsp.hub.admin.add_fault(
        "body", module="hubclientinfo", body=json.dumps({"data": body, "status_code": 1000})
    )
    assert check(emsp, Bus())["parties"] == 1
    assert emsp.parties.status("IN*ABC", "CPO") == "BROKEN"


@pytest.mark.parametrize("written", ["connected", "Connected", " CONNECTED "])
def test_a_state_in_another_case_is_the_same_state(emsp: Emsp, written: str) -> None:
    emsp.registered()
    check(emsp, Bus())
    us = {"country_code": "in", "party_id": "ems", "role": "emsp", "status": written, "last_updated": "x"}
    answer = json.dumps({"data": [us], "status_code": 1000})
    emsp.hub.admin.add_fault("body", module="hubclientinfo", body=answer)
    bus = Bus()
    told = check(emsp, bus)
    assert told["our_status"] == "CONNECTED"
    assert bus.entries == []


@pytest.mark.parametrize("data", ["", '"data": null,', '"data": [],'])
def test_a_list_that_is_left_out_or_null_is_empty(emsp: Emsp, data: str) -> None:
    emsp.registered()
    emsp.hub.admin.add_fault("body", module="hubclientinfo", body=f'{{{data} "status_code": 1000}}')
    assert check(emsp, Bus())["parties"] == 0


def test_a_list_that_is_none(emsp: Emsp) -> None:
    emsp.registered()
    emsp.hub.admin.add_fault("body", module="hubclientinfo", body='{"data": {}, "status_code": 1000}')
    with pytest.raises(MalformedAnswer):
        check(emsp, Bus())


def test_a_hub_that_is_not_there(emsp: Emsp, capsys: pytest.CaptureFixture[str]) -> None:
    emsp.registered()
    client = connect_to_hub(emsp.settings)
    client._sleep = lambda seconds: None
    emsp.hub.stop()
    with pytest.raises(Unavailable):
        check(emsp, Bus())
    assert '"HubReachable":[0.0]' in capsys.readouterr().out
