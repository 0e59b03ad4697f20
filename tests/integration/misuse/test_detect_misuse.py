"""What the Hub pushes of a token, held by the real handlers against the rest of it, and told on the bus."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.events.models import EventPattern

from emsp.invocation import InvalidInvocation
from emsp.misuse import detect_misuse
from emsp.ocpi.parties import PartyId
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.catalogue_table import CatalogueObject, CatalogueTable
from emsp.stores.table import LargeBodies
from tests.integration.house import House
from tests.integration.samples import cdr, cdr_token, path_of, session
from tests.integration.stored_commands import NOW, store_command
from tests.integration.streams import Streams, Tap
from tests.template.template import functions

BENGALURU = {"latitude": "12.975600", "longitude": "77.606800"}
DELHI = {"latitude": "28.613900", "longitude": "77.209000"}


@pytest.fixture(scope="module")
def tap(built_house: House) -> Tap:
    return Tap()


class Desk:
    """Pushes, and lets the events that the template's rules take reach detect_misuse."""

    def __init__(self, house: House, tap: Tap) -> None:
        self.house, self.tap, self.streams = house, tap, Streams()
        self.told: list[dict[str, Any]] = []
        self.looks = 0
        tap.events()
        rules = functions()["detect_misuse"]["Events"].values()
        self.patterns = [json.dumps(each["Properties"]["Pattern"]) for each in rules]

    def put(self, session_id: str, at: str, **changes: Any) -> None:
        value = session(session_id, at=at, **changes)
        assert self.house.call("PUT", path_of(value), value).status_code == 1000
        self.pass_on()

    def post(self, cdr_id: str, **changes: Any) -> None:
        assert self.house.call("POST", "/ocpi/2.2.1/cdrs", cdr(cdr_id, **changes)).status_code == 1000
        self.pass_on()

    def pass_on(self) -> None:
        """Until nothing is published any more."""
        while records := self.streams.records():
            self.house.app("publish_changes").handler({"Records": records}, None)
            for event in self.tap.events():
                self.told += [event] if event["detail-type"] == "Token Misuse Suspected" else []
                if any(self._matches(pattern, event) for pattern in self.patterns):
                    self.looks += 1
                    self.house.app("detect_misuse").handler(json.loads(json.dumps(event)), None)

    def _matches(self, pattern: str, event: Any) -> bool:
        return bool(EventPattern.load(pattern).matches_event(event))

    @property
    def kinds(self) -> list[str]:
        return [each["detail"]["object"]["kind"] for each in self.told]

    def listed(self, **payload: Any) -> list[dict[str, Any]]:
        findings: list[dict[str, Any]] = self.house.app("list_misuse").handler(payload, None)["findings"]
        return findings


@pytest.fixture
def desk(house: House, tap: Tap) -> Desk:
    return Desk(house, tap)


def locate(location_id: str, coordinates: dict[str, str], watts: int | None = None) -> None:
    connector = {"id": "1", "standard": "IEC_62196_T2_COMBO", "power_type": "DC", "max_electric_power": watts}
    location = {
        "country_code": "IN",
        "party_id": "CPO",
        "id": location_id,
        "coordinates": coordinates,
        "evses": [{"uid": "EVSE1", "connectors": [connector]}],
    }
    stored = CatalogueObject(f"IN#CPO#{location_id}", json.dumps(location), "2026", "0", "0")
    bodies = LargeBodies("large-bodies", lambda: boto3.client("s3"))
    CatalogueTable(boto3.client("dynamodb"), "locations", bodies).put_new([stored], "2026")


def test_two_cities_at_once_are_told_once_and_listed(desk: Desk) -> None:
    locate("LOC1", BENGALURU)
    locate("LOC2", DELHI)
    desk.put("S-1", "2026-11-22T10:00:00Z")
    start = "2026-11-22T10:05:00Z"
    desk.put("S-2", "2026-11-22T10:06:00Z", start_date_time=start, location_id="LOC2")
    assert desk.kinds == ["FAR_APART"]
    for minute in range(7, 30):
        desk.put(
            "S-2",
            f"2026-11-22T10:{minute:02}:00Z",
            start_date_time=start,
            location_id="LOC2",
            kwh=minute / 10,
        )
    looks = desk.looks
    assert looks == 2  # the pushes of a running session are not looked at
    ended = {"start_date_time": start, "location_id": "LOC2", "status": "COMPLETED"}
    desk.put("S-2", "2026-11-22T10:40:00Z", **ended, end_date_time="2026-11-22T10:39:00Z")
    desk.post("C-1")
    assert desk.looks == looks + 3  # S-2's end, the CDR of S-1, and its session, which the CDR ends
    assert desk.kinds == ["FAR_APART"]
    [finding] = desk.listed()
    assert [each["session_id"] for each in finding["charges"]] == ["S-1", "S-2"]
    assert finding["cdr_token"]["uid"] == "TOKEN1"
    [event] = desk.told
    assert event["detail"]["object"] == finding
    assert event["detail"]["id"] == finding["id"]
    assert desk.listed(token_uid="token1") == [finding]
    assert desk.listed(token_uid="TOKEN2") == []


@pytest.mark.parametrize("of_case", [str.upper, str.lower, str.title])
def test_a_status_in_any_case_is_the_same_moment_of_a_charge(
    desk: Desk, of_case: Callable[[str], str]
) -> None:
    for minute, status in enumerate(["RESERVATION", "PENDING", "ACTIVE", "ACTIVE", "COMPLETED"]):
        desk.put("S-1", f"2026-11-22T10:0{minute}:00Z", status=of_case(status), kwh=minute)
    assert desk.looks == 4, "new, reserved, begun, and ended"


def test_cdrs_without_sessions_are_charges_too_and_credits_are_none(desk: Desk) -> None:
    place = {**cdr()["cdr_location"], "id": "LOC2", "coordinates": DELHI}
    times = {"start_date_time": "2026-11-22T10:45:00Z", "end_date_time": "2026-11-22T11:40:00Z"}
    desk.post("C-1", session_id=None)
    desk.post("C-2", session_id=None, cdr_location=place, **times)
    assert desk.kinds == ["FAR_APART"]
    desk.post(
        "C-3",
        session_id=None,
        credit=True,
        credit_reference_id="C-1",
        total_cost={"excl_vat": -250.10},
        cdr_location=place,
    )
    assert desk.kinds == ["FAR_APART"]


@pytest.mark.parametrize(("allowed", "found"), [("BLOCKED", True), ("EXPIRED", True), ("NOT_ALLOWED", False)])
def test_a_charge_on_a_token_that_was_refused(desk: Desk, allowed: str, found: bool) -> None:
    tokens = AuthorizedTokens(boto3.client("dynamodb"), "control")
    refused_at = datetime(2026, 11, 22, 9, 54, tzinfo=UTC)
    tokens.note_refusal(PartyId("IN", "EMS"), "TOKEN1", allowed, refused_at)
    desk.put("S-1", "2026-11-22T10:00:00Z")
    assert desk.kinds == (["REFUSED_TOKEN"] if found else [])
    tokens.keep(PartyId("IN", "EMS"), "TOKEN1", cdr_token(), refused_at)
    desk.put("S-2", "2026-11-22T10:00:00Z")
    assert len(desk.kinds) == int(found)


def test_energy_beyond_the_connector_and_beyond_the_session(desk: Desk) -> None:
    locate("LOC1", BENGALURU, watts=60_000)
    desk.put("S-1", "2026-11-22T10:00:00Z")
    desk.post("C-1", total_energy=400)  # 45 minutes at 60 kW are 45 kWh
    [finding] = desk.listed()
    assert (finding["kind"], finding["evidence"]["possible_kwh"]) == ("TOO_MUCH_ENERGY", "45")
    ended = {"status": "COMPLETED", "end_date_time": "2026-11-22T10:40:00Z", "kwh": 12.5}
    desk.put("S-2", "2026-11-22T10:40:00Z", **ended, location_id="NOWHERE")
    desk.post("C-2", session_id="S-2", total_energy=20, cdr_location=None)
    readings = [{"TX": "B", "RV": 100, "RI": "1-b:1.8.0", "RU": "kWh"}, {"TX": "E", "RV": 105}]
    signed = {"nature": "End", "plain_data": f"OCMF|{json.dumps({'RD': readings})}|{{}}", "signed_data": "x"}
    signed_data = {"encoding_method": "OCMF", "signed_values": [signed]}
    desk.post("C-3", session_id=None, cdr_token=cdr_token("TOKEN3"), signed_data=signed_data)
    assert desk.kinds == ["TOO_MUCH_ENERGY"] * 3
    assert desk.listed()[-1]["evidence"]["possible_kwh"] == "5"


def test_failed_starts_and_too_many_at_once(desk: Desk) -> None:
    for number in range(5):
        times = {
            "start_date_time": f"2026-11-22T10:0{number}:00Z",
            "end_date_time": f"2026-11-22T10:0{number}:30Z",
        }
        desk.put(
            f"F-{number}",
            f"2026-11-22T10:0{number}:40Z",
            **times,
            kwh=0,
            status="COMPLETED",
            evse_uid=f"E{number}",
        )
    assert desk.kinds == ["FAILED_STARTS"]
    for number in range(3):
        desk.put(f"S-{number}", "2026-11-22T11:00:00Z", start_date_time="2026-11-22T10:55:00Z")
    assert desk.kinds == ["FAILED_STARTS", "TOO_MANY_AT_ONCE"]


@pytest.mark.parametrize(
    ("state", "sessions", "found"),
    [
        ("REJECTED", 0, True),
        ("LATE_FAILED", 2, True),
        ("EVSE_OCCUPIED", 0, False),
        ("TIMEOUT", 2, False),
    ],
)
def test_starts_that_the_cpo_refuses_count_as_failed(
    desk: Desk, state: str, sessions: int, found: bool
) -> None:
    for number in range(sessions):
        ended = {"end_date_time": f"2026-11-22T10:0{number}:30Z", "status": "COMPLETED", "kwh": 0}
        at = f"2026-11-22T10:0{number}:00Z"
        desk.put(f"F-{number}", at, start_date_time=at, evse_uid=f"E{number}", **ended)
    for number in range(sessions, 5):
        store_command(
            f"command-{number}",
            state=state,
            created_at=NOW + timedelta(minutes=number),
            token_key="IN#EMS#TOKEN1",
            location_id="LOC1",
            evse_uid=f"E{number}",
            body=json.dumps({"token": {**cdr_token(), "visual_number": "1"}}),
        )
        desk.pass_on()
    assert desk.kinds == (["FAILED_STARTS"] if found else [])
    if found:
        [finding] = desk.listed(token_uid="TOKEN1")
        assert finding["evidence"] == {"starts": 5, "evses": 5}
        assert [each["command_id"] is None for each in finding["charges"]] == [
            number < sessions for number in range(5)
        ]
        assert finding["cdr_token"] == cdr_token()


def test_a_driver_who_is_refused_again_and_again_at_the_same_evses_is_no_finding(desk: Desk) -> None:
    for number in range(12):
        store_command(
            f"command-{number}",
            state="REJECTED",
            created_at=NOW + timedelta(minutes=number),
            token_key="IN#EMS#TOKEN1",
            location_id="LOC1",
            evse_uid=f"E{number % 4}",
        )
        desk.pass_on()
    assert desk.kinds == []


def test_pages_and_what_is_no_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from emsp.misuse import list_misuse
    from emsp.stores.misuse_findings import FindingStore

    monkeypatch.setattr(list_misuse, "PAGE", 2)
    store, now = FindingStore(boto3.client("dynamodb"), "findings"), datetime.now(UTC)
    app = desk.house.app("list_misuse").list_misuse
    for number in range(5):
        found_at = now - timedelta(days=(4 - number) // 2 * 40)
        body = json.dumps({"id": f"f{number}"})
        assert store.add(f"f{number}", "IN#EMS#TOKEN1", body, found_at)
        assert not store.add(f"f{number}", "IN#EMS#TOKEN1", body, now)
    for asked in ({}, {"token_uid": "TOKEN1"}):
        pages: list[list[str]] = []
        following = None
        while not pages or following:
            page = app({**asked, **({"next": following} if following else {})})
            pages.append([each["id"] for each in page["findings"]])
            following = page["next"]
        assert pages == [["f0", "f1"], ["f2", "f3"], ["f4"]]
    lately = app({"from": (now - timedelta(days=1)).isoformat()})
    assert [each["id"] for each in lately["findings"]] == ["f3", "f4"]
    for wrong in ("x", "2026-11-22T10:00:00.000000Z", "9999-01-01T00:00:00.000000Z f1"):
        with pytest.raises(InvalidInvocation, match="next is not from an answer of list_misuse"):
            app({"next": wrong})


def test_it_looks_at_a_tokens_charges_for_half_of_its_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of 100 charges can be as large as is taken."""
    locate("LOC1", BENGALURU)
    locate("LOC2", DELHI)
    monkeypatch.setattr(detect_misuse, "half_of_the_time", lambda: lambda: True)
    desk.put("S-1", "2026-11-22T10:00:00Z")
    start = "2026-11-22T10:05:00Z"
    desk.put("S-2", "2026-11-22T10:06:00Z", start_date_time=start, location_id="LOC2")
    assert desk.kinds == []
    monkeypatch.undo()
    desk.put("S-2", "2026-11-22T10:07:00Z", start_date_time=start, location_id="LOC2", status="COMPLETED")
    assert desk.kinds == ["FAR_APART"]
