"""What should have come and did not is told exactly once, and told as over when it comes: random histories on
a fake clock, held against a model; the handlers, moto's tables and streams.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emsp.charges.overdue import Overdue
from emsp.commands.advance import advance_command
from emsp.commands.states import CommandEvent, Expired, Resulted
from emsp.ocpi.headers import Headers
from emsp.receiver.request import Request
from emsp.stores import awaited
from emsp.stores.awaited import Awaits
from emsp.stores.commands import CommandStore
from tests.integration.dynamodb_calls import dynamodb_calls
from tests.integration.house import REPOSITORY, House
from tests.integration.samples import cdr, cdr_token, path_of, session
from tests.integration.stored_commands import store_command, stored_command
from tests.integration.streams import Streams, images, is_let_through
from tests.profiles import examples
from tests.schemas.validate import validate_domain_event

BEGUN = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PATIENCE = {
    Overdue.SESSION_NOT_STARTED: 5 * MINUTE,
    Overdue.PENDING_TOO_LONG: 30 * MINUTE,
    Overdue.SESSION_SILENT: 6 * HOUR,
    Overdue.CDR_OVERDUE: 48 * HOUR,
    Overdue.CDR_WITHOUT_SESSION: HOUR,
}
STATUSES = ("PENDING", "ACTIVE", "COMPLETED", "INVALID")
FOLLOWS = {
    "PENDING": STATUSES,
    "ACTIVE": ("ACTIVE", "COMPLETED", "INVALID"),
    "COMPLETED": ("COMPLETED",),
    "INVALID": ("INVALID",),
}
OF_STATUS = {
    "PENDING": Overdue.PENDING_TOO_LONG,
    "ACTIVE": Overdue.SESSION_SILENT,
    "COMPLETED": Overdue.CDR_OVERDUE,
}

type Told = Counter[tuple[str, str]]


@dataclass
class Charge:
    """One charge through our real parts: what the Hub and the clock do to it, and what the bus is told."""

    house: House
    streams: Streams
    now: datetime = BEGUN
    number: int = 0

    def begin(self, number: int) -> None:
        self.number, self.now = number, BEGUN
        self.commands().create(
            stored_command(
                f"id-{number}",
                self.now,
                state="SENT",
                token_key=f"IN#EMS#TOKEN{number}",
                location_id="LOC1",
                authorization_reference=f"AUTH-{number}",
            )
        )

    def commands(self) -> CommandStore:
        return CommandStore(self.house.dynamodb, "commands")

    def command(self, event: CommandEvent) -> None:
        advance_command(self.commands(), f"id-{self.number}", event, self.now)

    def push(self, status: str) -> None:
        value = session(
            f"S-{self.number}",
            at=self.now.isoformat(),
            start_date_time=BEGUN.isoformat(),
            status=status,
            cdr_token=cdr_token(f"TOKEN{self.number}"),
            authorization_reference=f"AUTH-{self.number}",
        )
        parameters = {"country_code": "IN", "party_id": "CPO", "session_id": value["id"]}
        self.house.app("receive_session").sessions.put(
            self._request("PUT", path_of(value), parameters, value)
        )

    def cdr(self) -> None:
        value = cdr(
            f"C-{self.number}", session_id=f"S-{self.number}", cdr_token=cdr_token(f"TOKEN{self.number}")
        )
        self.house.app("receive_cdr").cdrs.post(self._request("POST", "/ocpi/2.2.1/cdrs", {}, value))

    def _request(self, method: str, path: str, parameters: dict[str, str], value: dict[str, Any]) -> Request:
        return Request(
            method=method,
            path=path,
            path_parameters=parameters,
            headers=Headers({}),
            body=json.dumps(value).encode(),
            received_at=self.now,
            request_id="r",
            correlation_id="c",
            base_url="https://emsp.example.com",
        )

    def watch(self) -> None:
        self.house.app("watch_charges").watch_charges(self.now)

    def told(self) -> list[dict[str, Any]]:
        """What the streams' readers make of everything since the last time."""
        made = []
        publisher = self.house.app("publish_changes").publisher
        while records := self.streams.records():
            for record in records:
                table = record["eventSourceARN"].split("/")[1]
                before, after = images(record)
                for event in publisher.events_of[table](before, after):
                    validate_domain_event(event)
                    made.append({"detail-type": event.detail_type, **event.detail})
                if table == "sessions" and is_let_through("link_session", record):
                    self.house.app("link_session").link_session(before, after)
        return made


def overdue(events: list[dict[str, Any]]) -> Told:
    return Counter(
        (event["detail-type"], event["kind"])
        for event in events
        if event["detail-type"].startswith("Charge ")
    )


@dataclass
class Model:
    """What ought to be told of one charge, in plain words."""

    now: datetime = BEGUN
    command: str = "SENT"
    accepted_at: datetime | None = None
    status: str | None = None
    since: datetime = BEGUN
    linked: bool = False
    cdr_at: datetime | None = None
    in_force: set[Overdue] = field(default_factory=set)
    told_after_timeout: bool = False
    over: bool = False

    def overdue_now(self) -> set[Overdue]:
        waits: dict[Overdue, datetime] = {}
        if self.accepted_at is not None and not self.linked:
            waits[Overdue.SESSION_NOT_STARTED] = self.accepted_at
        if self.status in OF_STATUS and self.cdr_at is None:
            waits[OF_STATUS[self.status]] = self.since
        if self.cdr_at is not None and self.status is None:
            waits[Overdue.CDR_WITHOUT_SESSION] = self.cdr_at
        return {kind for kind, since in waits.items() if self.now - since >= PATIENCE[kind]}

    def do(self, act: str) -> Told:
        match act:
            case "watch":
                new = self.overdue_now() - self.in_force
                self.in_force |= new
                return Counter(("Charge Overdue", kind.value) for kind in new)
            case "accept":
                self.command = {"SENT": "ACCEPTED", "TIMEOUT": "LATE_ACCEPTED"}.get(
                    self.command, self.command
                )
                if self.accepted_at is None and self.command in ("ACCEPTED", "LATE_ACCEPTED"):
                    self.accepted_at = self.now
            case "reject":
                self.command = {"SENT": "REJECTED", "TIMEOUT": "LATE_REJECTED"}.get(
                    self.command, self.command
                )
            case "expire":
                self._decided(SENT="TIMEOUT")
            case "cdr":
                self.cdr_at = self.cdr_at or self.now
            case status:
                if status == "ACTIVE" or status != self.status:
                    self.since = self.now
                self.linked = self.linked or status != "INVALID"
                self.status = status
        return self._settled()

    def _decided(self, **states: str) -> None:
        self.command = states.get(self.command, self.command)

    def _settled(self) -> Told:
        """What is over, or begins at once, after anything but the clock."""
        gone = self.in_force - self.overdue_now()
        self.in_force -= gone
        told: Told = Counter(("Charge Resolved", kind.value) for kind in gone)
        after_timeout = self.linked and self.command not in ("SENT", "ACCEPTED")
        if after_timeout and not self.told_after_timeout:
            self.told_after_timeout = True
            told["Charge Overdue", Overdue.SESSION_AFTER_TIMEOUT.value] += 1
        over = self.linked and (self.cdr_at is not None or self.status in ("COMPLETED", "INVALID"))
        if after_timeout and over and not self.over:
            told["Charge Resolved", Overdue.SESSION_AFTER_TIMEOUT.value] += 1
        self.over = over
        return told

    def may(self, act: str) -> bool:
        if act not in STATUSES:
            return True
        return self.status is None or act in FOLLOWS[self.status]


def do(charge: Charge, act: str) -> None:
    match act:
        case "watch":
            charge.watch()
        case "accept" | "reject":
            charge.command(Resulted(f"{act.upper()}ED"))
        case "expire":
            charge.command(Expired())
        case "cdr":
            charge.cdr()
        case status:
            charge.push(status)


numbers = iter(range(10**9))


@pytest.fixture(scope="module")
def charge(built_house: House) -> Charge:
    built_house.empty()
    return Charge(built_house, Streams())


@pytest.fixture
def one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index in one part, where many watches of few charges would mostly ask seven empty ones."""
    monkeypatch.setattr(awaited, "PARTS", 1)


@pytest.mark.usefixtures("one_part")
@examples(0.3)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["watch", "watch", "watch", "accept", "reject", "expire", "cdr", *STATUSES]),
            st.sampled_from([0, 1, 3, 5, 6, 29, 30, 61, 359, 360, 371, 2879, 2880]),
        ),
        max_size=14,
    )
)
@example([("COMPLETED", 0), ("watch", 2880), ("cdr", 1), ("COMPLETED", 1), ("watch", 2880)])
@example([("ACTIVE", 0), ("watch", 371), ("watch", 0), ("ACTIVE", 1), ("watch", 371), ("COMPLETED", 0)])
@example([("ACTIVE", 0), ("ACTIVE", 61), ("watch", 359), ("watch", 1), ("ACTIVE", 1), ("watch", 360)])
@example([("PENDING", 0), ("watch", 30), ("PENDING", 1), ("watch", 30), ("ACTIVE", 0)])
@example([("expire", 0), ("PENDING", 1), ("accept", 1), ("watch", 6), ("INVALID", 1)])
@example([("expire", 0), ("accept", 6), ("watch", 5), ("watch", 1), ("ACTIVE", 1), ("cdr", 1)])
@example([("cdr", 0), ("watch", 61), ("ACTIVE", 1), ("watch", 371)])
def test_every_overdue_thing_is_told_once_and_nothing_else(
    charge: Charge, history: list[tuple[str, int]]
) -> None:
    charge.house.empty()
    charge.streams.records()
    charge.begin(next(numbers))
    charge.told()
    model = Model()
    for act, minutes in history:
        charge.now = model.now = model.now + minutes * MINUTE + timedelta(seconds=1)
        if not model.may(act):
            continue
        do(charge, act)
        wanted = model.do(act)
        assert overdue(charge.told()) == wanted, (act, model)
    charge.watch()
    model.do("watch")
    charge.told()
    charge.watch()
    assert overdue(charge.told()) == Counter(), "told once"


def test_what_is_told_names_the_charge_and_its_command(charge: Charge) -> None:
    charge.house.empty()
    charge.streams.records()
    charge.begin(next(numbers))
    charge.command(Resulted("ACCEPTED"))
    charge.now += 10 * MINUTE
    charge.watch()
    charge.now += 10 * MINUTE
    charge.push("ACTIVE")
    events = charge.told()
    command_id, session_id = f"id-{charge.number}", f"S-{charge.number}"
    named = {(event["detail-type"], event.get("kind")): event for event in events}
    not_started = named["Charge Overdue", "SESSION_NOT_STARTED"]
    assert (not_started["command_id"], not_started["object"]["state"]) == (command_id, "ACCEPTED")
    assert not_started["since"] == "2026-11-22T10:00:00.000000Z"
    assert named["Charge Resolved", "SESSION_NOT_STARTED"]["command_id"] == command_id
    linked = named["Session Linked", None]
    assert (linked["id"], linked["command_id"]) == (session_id, command_id)
    charge.now += MINUTE
    charge.push("COMPLETED")
    charge.cdr()
    events = charge.told()
    assert {event["detail-type"]: event["command_id"] for event in events} == {
        "Session Updated": command_id,
        "CDR Received": command_id,
    }


@pytest.mark.parametrize("order", [("expire", "ACTIVE"), ("ACTIVE", "expire")])
def test_a_session_that_started_after_we_said_no_is_counted_once(
    charge: Charge, order: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    charge.house.empty()
    charge.streams.records()
    charge.begin(next(numbers))
    for act in (*order, "accept", "COMPLETED"):
        do(charge, act)
        charge.told()
        charge.now += MINUTE
    printed = capsys.readouterr().out
    counted = [line for line in printed.splitlines() if '"ChargesOverdue":[1.0]' in line]
    assert len(counted) == 1
    assert '"kind":"SESSION_AFTER_TIMEOUT"' in counted[0]


def test_a_cdr_whose_session_never_came_is_told_by_the_sessions_id(charge: Charge) -> None:
    charge.house.empty()
    charge.streams.records()
    charge.begin(next(numbers))
    charge.cdr()
    charge.now += 2 * HOUR
    charge.watch()
    (event,) = [event for event in charge.told() if event["detail-type"] == "Charge Overdue"]
    assert (event["kind"], event["id"]) == ("CDR_WITHOUT_SESSION", f"S-{charge.number}")
    assert (event["object"], event["closed_by_cdr"]) == (None, f"IN#CPO#C-{charge.number}")


def test_only_what_is_due_is_read_and_what_was_told_is_not_read_again(charge: Charge) -> None:
    """Of many sessions, most of them closed or not yet due."""
    charge.house.empty()
    charge.streams.records()
    for _ in range(24):
        charge.begin(next(numbers))
        charge.push("COMPLETED")
        charge.cdr()
    for _ in range(5):
        charge.begin(next(numbers))
        charge.push("ACTIVE")
    charge.now = BEGUN + HOUR
    store = charge.house.app("watch_charges").watch_charges.sessions
    at = BEGUN + 6 * HOUR + 10 * MINUTE
    assert list(store.due(Awaits.CDR, at)) == []
    assert list(store.due(Awaits.PUSH, BEGUN - MINUTE)) == []
    assert len(list(store.due(Awaits.PUSH, BEGUN))) == 5
    charge.now = at
    charge.watch()
    assert list(store.due(Awaits.PUSH, at)) == []
    assert [event["kind"] for event in charge.told() if event["detail-type"] == "Charge Overdue"] == [
        "SESSION_SILENT"
    ] * 5


def test_a_push_that_comes_while_it_is_told_as_silent_counts(charge: Charge) -> None:
    """It was read as silent, then heard of: nothing is told, and it is still watched from that push on."""
    charge.house.empty()
    charge.streams.records()
    charge.begin(next(numbers))
    charge.push("ACTIVE")
    store = charge.house.app("watch_charges").watch_charges.sessions
    charge.now = BEGUN + 6 * HOUR
    [found] = store.due(Awaits.PUSH, BEGUN)
    silent = store.refreshed(found)
    charge.push("ACTIVE")
    assert not store.report(silent, Overdue.SESSION_SILENT)
    charge.watch()
    assert list(store.due(Awaits.PUSH, charge.now - MINUTE)) == [], "the index knows of the push by now"
    charge.now += 6 * HOUR
    charge.watch()
    [event] = [event for event in charge.told() if event["detail-type"] == "Charge Overdue"]
    assert event["since"] == (BEGUN + 6 * HOUR).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.usefixtures("one_part")
def test_a_running_session_is_looked_at_once_in_so_long_a_silence(charge: Charge) -> None:
    charge.house.empty()
    charge.streams.records()
    charge.begin(next(numbers))
    charge.push("ACTIVE")
    with dynamodb_calls() as calls:
        for _ in range(24 * 4):  # a day of pushes and of watches
            charge.now += 15 * MINUTE
            charge.push("ACTIVE")
            charge.watch()
    assert calls.count("GetItem sessions") == 4
    told = Counter(event["detail-type"] for event in charge.told())
    assert told == {"Session Linked": 1, "Session Updated": 1 + 24 * 4}, "one for each push, none for a look"


def test_the_function_answers_what_it_told(house: House, sample: dict[str, Any]) -> None:
    store_command("id-1", state="SENT")
    advance_command(CommandStore(house.dynamodb, "commands"), "id-1", Resulted("ACCEPTED"), BEGUN - HOUR)
    app = house.app("watch_charges")
    assert app.handler(sample, None)["reported"]["SESSION_NOT_STARTED"] == 1
    assert app.handler(sample, None)["reported"]["SESSION_NOT_STARTED"] == 0


@pytest.fixture
def sample() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(
        (REPOSITORY / "events" / "watch_charges" / "scheduled.json").read_text(encoding="utf-8")
    )
    return value
