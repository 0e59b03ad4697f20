"""A session that comes to its driver's limit is told of once and stopped once: random histories on a fake
clock, held against a model; the handlers, moto's tables and streams, and a Hub that is there, is not, or says
nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import replace
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emsp.charges.enforce_limits import EnforceLimits, LimitResult, LimitsNotEnforced
from emsp.commands.advance import advance_command
from emsp.commands.send_command import SendCommand
from emsp.commands.states import Expired, Resulted
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import Delivery, Unavailable
from emsp.hub.request import HubRequest
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.ocpi.parties import PartyId
from emsp.stores import aws, limited_commands
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.command_records import CommandChange, CommandRecord
from emsp.stores.commands import CommandStore
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.stores.table import StoreUnavailable, time_text
from emsp.tokens.complete_token import Issuer
from tests.integration.charges.test_check_cdr import keep_version, tariff
from tests.integration.charges.test_watch_charges import Charge
from tests.integration.dynamodb_calls import dynamodb_calls
from tests.integration.house import House
from tests.integration.samples import cdr_token, path_of, session
from tests.integration.stored_commands import stored_command
from tests.integration.streams import Streams, images, is_let_through
from tests.profiles import examples
from tests.schemas.validate import validate_domain_event

BEGUN = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMIT = {"cost_incl_vat": 500, "energy_kwh": 20, "minutes": 40}
US = PartyId("IN", "EMS")
ENDED = ("COMPLETED", "INVALID")
numbers = iter(range(10**9))


@dataclass
class Answer:
    data: JsonObject
    request_id: str = "r"

    def without_tokens(self, value: JsonObject) -> JsonObject:
        return value


@dataclass
class ScriptedHub:
    """Says what the CPO does with a STOP_SESSION: `up`, `down` (certainly not passed on), `silent`."""

    our_party: PartyId = US
    mode: str = "up"
    result: str = "ACCEPTED"
    asked: list[str] = field(default_factory=list)
    passed_on: list[JsonObject] = field(default_factory=list)

    def endpoint(self, identifier: str, role: str, *below: str) -> str:
        return "/".join(("https://hub.example.com", identifier, role, *below))

    def call(self, request: HubRequest) -> Answer:
        self.asked.append(self.mode)
        match self.mode:
            case "down":
                raise Unavailable("the Hub is not there", delivery=Delivery.NEVER)
            case "silent":
                raise Unavailable("the Hub did not answer", delivery=Delivery.UNKNOWN)
        assert request.body is not None
        self.passed_on.append(request.body)
        return Answer({"result": self.result, "timeout": 30})


@dataclass(frozen=True)
class Crashing(LimitedCommands):
    """Dies before it keeps what a look brought, after so many that it kept."""

    left: list[int] = field(default_factory=list)

    def checked(
        self, seen: CommandRecord, changes: Mapping[str, CommandChange], again: datetime | None
    ) -> bool:
        if not self.left:
            raise StoreUnavailable("the Lambda is killed here")
        self.left.pop()
        return super().checked(seen, changes, again)


@dataclass
class Limited:
    """A START_SESSION with a limit, and its session, through our real parts."""

    house: House
    streams: Streams
    queue: str
    hub: ScriptedHub = field(default_factory=ScriptedHub)
    now: datetime = BEGUN
    number: int = 0
    told: Counter[str] = field(default_factory=Counter)
    events: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, **record: Any) -> None:
        self.house.empty()
        self.streams.records()
        self.number, self.now, self.hub = next(numbers), BEGUN, ScriptedHub()
        self.told, self.events = Counter(), []
        new = stored_command(
            f"id-{self.number}",
            self.now,
            state="ACCEPTED",
            token_key=f"IN#EMS#TOKEN{self.number}",
            location_id="LOC1",
            authorization_reference=f"AUTH-{self.number}",
            limit=dump_json(cast("JsonObject", LIMIT)),
        )
        self.commands.create(replace(new, **record))
        self.flow()

    @property
    def commands(self) -> CommandStore:
        return CommandStore(self.house.dynamodb, "commands", "control")

    @property
    def record(self) -> CommandRecord:
        return self.commands.get(f"id-{self.number}")

    def push(self, **changes: Any) -> None:
        charge = Charge(self.house, self.streams, self.now)
        value = session(
            f"S-{self.number}",
            at=self.now.isoformat(),
            **{
                "start_date_time": BEGUN.isoformat(),
                "cdr_token": cdr_token(f"TOKEN{self.number}"),
                "authorization_reference": f"AUTH-{self.number}",
                "kwh": 0,
                **changes,
            },
        )
        parameters = {"country_code": "IN", "party_id": "CPO", "session_id": value["id"]}
        self.house.app("receive_session").sessions.put(
            charge._request("PUT", path_of(value), parameters, value)
        )

    def flow(self) -> None:
        """Let the streams' readers do their part."""
        publisher = self.house.app("publish_changes").publisher
        linker = replace(self.house.app("link_session").link_session, now=lambda: self.now)
        while records := self.streams.records():
            for record in records:
                table = record["eventSourceARN"].split("/")[1]
                before, after = images(record)
                for event in publisher.events_of[table](before, after):
                    validate_domain_event(event)
                    if event.detail_type.startswith("Limit "):
                        self.told[event.detail_type] += 1
                        self.events.append({"detail-type": event.detail_type, **event.detail})
                if table == "sessions":
                    if is_let_through("link_session", record):
                        linker(before, after)
                    else:
                        with dynamodb_calls() as calls:
                            assert not linker(before, after)
                        assert calls == [], "nothing that the filter holds back is missed"

    def use_case(self, limited: LimitedCommands | None = None) -> EnforceLimits:
        wired: EnforceLimits = self.house.app("enforce_limits").enforce_limits
        dynamodb = self.house.dynamodb
        send = SendCommand(
            hub=cast("HubClient", self.hub),
            commands=self.commands,
            expiry=ExpiryQueue(aws.sqs_client(), self.queue),
            sessions=OwnerStore(dynamodb, "sessions"),
            locations=OwnerStore(dynamodb, "locations"),
            parties=PartyStore(dynamodb, "control"),
            tokens=AuthorizedTokens(dynamodb, "control"),
            issuer=Issuer(US, "Example eMSP"),
            public_base_url="https://emsp.example.com",
            now=lambda: self.now,
        )
        return replace(wired, send=lambda: send, limited=limited or wired.limited)

    def run(self, *, left_s: float = 180) -> Counter[LimitResult]:
        """What the clock does in a minute: commands expire, limits are enforced."""
        values = {"stop": "STOP_SESSION", "pending": "PENDING", "sent": "SENT", "now": time_text(self.now)}
        expired = self.house.dynamodb.scan(
            TableName="commands",
            FilterExpression="command = :stop AND #state IN (:pending, :sent) AND times_out_at <= :now",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
        )
        for item in expired["Items"]:
            advance_command(self.commands, item["command_id"]["S"], Expired(), self.now)
        done = self.use_case()(self.now, Deadline.after(left_s))
        self.flow()
        return done

    def crash(self, after: int) -> None:
        crashing = Crashing(self.house.dynamodb, "commands", left=[0] * after)
        with suppress(StoreUnavailable):
            self.use_case(crashing)(self.now, Deadline.after(180))
        self.flow()


@dataclass
class Model:
    """What ought to happen, in plain words."""

    now: datetime = BEGUN
    status: str | None = None
    kwh: float = 0
    cost: float = 0
    told: Counter[str] = field(default_factory=Counter)

    @property
    def runs(self) -> bool:
        return self.status is not None and self.status not in ENDED

    def used(self) -> float:
        """The largest part of a limit that is used up."""
        minutes = (self.now - BEGUN) / MINUTE
        return max(self.kwh / 20, self.cost / 500, minutes / 40) if self.status == "ACTIVE" else 0

    def run(self) -> None:
        if not self.runs or self.told["Limit Reached"]:
            return
        if self.used() >= 1:
            self.told["Limit Reached"] = 1
        elif self.used() >= 0.8:
            self.told["Limit Near"] = 1


@pytest.fixture(scope="module")
def limited(built_house: House) -> Iterator[Limited]:
    with pytest.MonkeyPatch.context() as patch:
        queue = str(boto3.client("sqs").create_queue(QueueName="expire")["QueueUrl"])
        patch.setenv("EXPIRE_COMMAND_QUEUE_URL", queue)
        built_house.empty()
        yield Limited(built_house, Streams(), queue)


ACTS = st.one_of(
    st.tuples(
        st.just("push"), st.sampled_from(["PENDING", "ACTIVE", "ACTIVE", "ACTIVE", "COMPLETED", "INVALID"])
    ),
    st.tuples(
        st.just("used"), st.sampled_from([(1, 20), (8, 300), (16, 100), (3, 399.99), (3, 400), (20, 1)])
    ),
    st.tuples(st.just("used"), st.sampled_from([(2, 500), (19.99, 499.99), (25, 600)])),
    st.tuples(st.just("wait"), st.integers(1, 12)),
    st.tuples(st.just("hub"), st.sampled_from(["up", "down", "silent"])),
    st.tuples(st.just("crash"), st.integers(0, 3)),
)


@pytest.fixture
def one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index in one part, where many runs over one command would mostly ask three empty ones."""
    monkeypatch.setattr(limited_commands, "PARTS", 1)


@pytest.mark.usefixtures("one_part")
@examples(0.3)
@given(st.lists(ACTS, max_size=10))
@example([("push", "ACTIVE"), ("used", (25, 600)), ("push", "ACTIVE"), ("wait", 2)])
@example([("push", "ACTIVE"), ("wait", 12), ("wait", 12), ("wait", 12), ("wait", 12)])
@example([("push", "ACTIVE"), ("hub", "silent"), ("used", (20, 1)), ("push", "ACTIVE"), ("wait", 9)])
@example([("push", "ACTIVE"), ("used", (20, 1)), ("push", "ACTIVE"), ("crash", 1), ("wait", 3)])
@example([("used", (2, 500)), ("push", "ACTIVE"), ("crash", 0)])
@example(
    [
        ("hub", "down"),
        ("used", (20, 1)),
        ("push", "ACTIVE"),
        ("wait", 9),
        ("push", "COMPLETED"),
        ("hub", "up"),
    ]
)
def test_a_limit_is_told_once_and_its_session_stopped_once(
    limited: Limited, history: list[tuple[str, Any]]
) -> None:
    limited.begin()
    model = Model()
    used = (0.0, 0.0)
    for act, what in [*history, ("hub", "up"), ("wait", 17), ("wait", 1)]:
        match act:
            case "push":
                if model.status in ENDED or (model.status == "ACTIVE" and what == "PENDING"):
                    continue
                limited.now += timedelta(seconds=1)
                model.now = limited.now
                cost = {"excl_vat": used[1], "incl_vat": used[1]}
                limited.push(status=what, kwh=used[0], total_cost=cost)
                limited.flow()
                model.status, (model.kwh, model.cost) = what, used
            case "used":
                used = (max(used[0], what[0]), max(used[1], what[1]))
            case "hub":
                limited.hub.mode = what
            case "crash":
                limited.crash(what)
                seen, model.told = model.told, Counter(limited.told)
                model_before = replace(model, told=Counter(seen))
                model_before.run()
                assert limited.told in (seen, model_before.told), "what was told before it died was right"
                limited.now += MINUTE  # as the clock does
                model.now = limited.now
            case "wait":
                for _ in range(what):
                    calls, runs = len(limited.hub.asked), model.runs
                    reached_before = model.told["Limit Reached"]
                    limited.run()
                    model.run()
                    assert limited.told == model.told, model
                    first = model.told["Limit Reached"] and not reached_before
                    if first and limited.hub.mode == "up":
                        assert len(limited.hub.passed_on) == 1, "at the very run that finds it over"
                    assert len(limited.hub.asked) - calls <= int(runs and bool(model.told["Limit Reached"]))
                    limited.now += MINUTE
                    model.now = limited.now
        assert len(limited.hub.passed_on) <= int(bool(limited.told["Limit Reached"])), "never twice"
    if model.runs:
        assert len(limited.hub.passed_on) == model.told["Limit Reached"], "stopped once it can be"


def test_what_is_told_names_the_session_and_what_was_over(limited: Limited) -> None:
    limited.begin()
    limited.push(kwh=17.25, total_cost={"excl_vat": 100, "incl_vat": 118})
    limited.flow()
    limited.run()
    limited.push(kwh=20.5, total_cost={"excl_vat": 423.73, "incl_vat": 500.0014})
    limited.now += MINUTE
    limited.push(kwh=20.5, total_cost={"excl_vat": 423.73, "incl_vat": 500.0014})
    limited.flow()
    assert limited.run() == {LimitResult.REACHED: 1, LimitResult.STOPPED: 1}
    near, reached = limited.events
    assert near["near"] == {"energy_kwh": {"limit": 20, "so_far": pytest.approx(17.25)}}
    assert dump_json(reached["reached"]["cost_incl_vat"]) == '{"limit":500,"so_far":500.0014}'
    assert (reached["command_id"], reached["object"]["session_id"]) == (
        f"id-{limited.number}",
        f"S-{limited.number}",
    )
    [stop] = limited.hub.passed_on
    assert stop["session_id"] == f"S-{limited.number}"
    record = limited.record
    assert str(stop["response_url"]).endswith(record.stop_command_id)


def energy(kwh: object, kind: str = "ENERGY") -> list[dict[str, Any]]:
    return [
        {
            "start_date_time": BEGUN.isoformat(),
            "tariff_id": "T1",
            "dimensions": [{"type": kind, "volume": kwh}],
        }
    ]


@pytest.mark.parametrize("told", [None, 0, {"excl_vat": 0, "incl_vat": 0}, {"excl_vat": "n/a"}])
def test_the_tariff_tells_the_cost_where_the_cpo_tells_none(limited: Limited, told: object) -> None:
    limited.begin()
    keep_version(limited.house, tariff(50), "2026-11-01T00:00:00.000000000Z")
    limited.push(kwh=9, total_cost=told, charging_periods=energy(9))
    limited.flow()
    limited.run()
    [reached] = limited.events
    assert dump_json(reached["reached"]) == '{"cost_incl_vat":{"limit":500,"so_far":531}}'


CONTRADICTED = [
    ({"kwh": 5, "charging_periods": energy(5000)}, {"energy_kwh": (5, 5000), "cost_incl_vat": (295, 295000)}),
    ({"kwh": 5000, "charging_periods": energy(5)}, {"energy_kwh": (5, 5000), "cost_incl_vat": (295, 295000)}),
    ({"kwh": 5, "charging_periods": energy(5), "total_cost": {"excl_vat": 42400}},
     {"cost_incl_vat": (295, 42400)}),
    ({"kwh": 9, "charging_periods": energy(9), "total_cost": {"excl_vat": 10, "incl_vat": 11.8}},
     {"cost_incl_vat": (11.8, 531)}),
    ({"kwh": 5, "charging_periods": energy(5), "total_cost": {"excl_vat": 250, "incl_vat": 2950}},
     {"cost_incl_vat": (250, 2950)}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "near"), CONTRADICTED)
def test_where_a_session_contradicts_itself_the_least_counts_and_that_is_told_once(
    limited: Limited, changes: dict[str, Any], near: dict[str, tuple[float, float]]
) -> None:
    limited.begin()
    keep_version(limited.house, tariff(50), "2026-11-01T00:00:00.000000000Z")
    limited.push(**changes)
    limited.flow()
    for _ in range(5):
        limited.run()
        limited.now += MINUTE
        limited.push(**changes)
        limited.flow()
    assert limited.hub.asked == []
    assert limited.told == {"Limit Near": 1}
    [event] = limited.events
    assert event["reason"] == "CONTRADICTED"
    told = {name: (float(each["so_far"]), float(each["at_most"])) for name, each in event["near"].items()}
    assert told == {name: pytest.approx(each) for name, each in near.items()}


def test_a_session_that_no_longer_contradicts_itself_is_stopped_as_any_other(limited: Limited) -> None:
    limited.begin()
    limited.push(kwh=5, charging_periods=energy(5000))
    limited.flow()
    limited.run()
    limited.now += MINUTE
    limited.push(kwh=20, charging_periods=energy("20.00"))
    limited.flow()
    limited.run()
    assert limited.told == {"Limit Near": 1, "Limit Reached": 1}
    assert len(limited.hub.passed_on) == 1


@pytest.mark.parametrize(
    "start",
    ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2000-01-01T00:00:00Z", "2026-11-22T04:30:00Z",
     "2026-11-22T15:30:00Z", "2036-01-01T00:00:00Z", "soon", None],
)  # fmt: skip
def test_a_session_starts_between_its_command_and_its_first_push(limited: Limited, start: str | None) -> None:
    limited.begin()
    limited.now += MINUTE
    limited.push(start_date_time=start)
    limited.flow()
    while limited.now < BEGUN + 40 * MINUTE:
        limited.run()
        assert limited.hub.asked == [], limited.now
        limited.now += MINUTE
    assert limited.told == {"Limit Near": 1}
    limited.run()
    limited.now += MINUTE
    limited.run()
    assert limited.told["Limit Reached"] == 1
    assert len(limited.hub.passed_on) == 1


@pytest.mark.parametrize("result", ["REJECTED", "NOT_SUPPORTED", "FAILED"])
def test_a_stop_that_the_cpo_refuses_is_counted_once_and_not_sent_again(
    limited: Limited, result: str, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.begin()
    limited.hub.result = "ACCEPTED" if result == "FAILED" else result
    limited.push(kwh=20)
    limited.flow()
    limited.run()
    if result == "FAILED":
        advance_command(limited.commands, limited.record.stop_command_id, Resulted(result), limited.now)
    for _ in range(30):
        limited.now += MINUTE
        limited.push(kwh=21)
        limited.flow()
        limited.run()
    assert len(limited.hub.asked) == 1
    assert limited.record.stop_outcome == result
    assert capsys.readouterr().out.count('"StopsRefused":[1.0]') == 1


@pytest.mark.parametrize("order", ["expire first", "session first"])
@pytest.mark.parametrize(("stop_if_late", "stops"), [("true", 1), ("", 0)])
def test_a_session_that_starts_after_we_said_no_is_stopped_where_that_was_asked_for(
    limited: Limited, order: str, stop_if_late: str, stops: int
) -> None:
    limited.begin(state="SENT", limit="", stop_if_late=stop_if_late)
    acts = ["expire", "session"] if order == "expire first" else ["session", "expire"]
    for act in acts:
        if act == "expire":
            advance_command(limited.commands, f"id-{limited.number}", Expired(), limited.now)
        else:
            limited.push(status="PENDING")
        limited.flow()
        assert limited.hub.asked == []
        if act == "session" and order == "session first":
            limited.run()
            assert limited.hub.asked == [], "it may still be accepted in time"
        limited.now += MINUTE
    for _ in range(3):
        limited.run()
        limited.now += MINUTE
    assert len(limited.hub.passed_on) == stops
    assert limited.told == Counter()


def test_a_session_that_started_as_told_is_not_stopped_for_being_late(limited: Limited) -> None:
    limited.begin(state="SENT", limit="", stop_if_late="true")
    limited.push(status="ACTIVE")
    limited.flow()
    limited.run()
    advance_command(limited.commands, f"id-{limited.number}", Resulted("ACCEPTED"), limited.now)
    for _ in range(5):
        limited.now += MINUTE
        limited.run()
    assert limited.hub.asked == []
    assert limited.record.enforce == ""


def test_a_session_that_is_linked_late_is_held_against_its_limit_then(limited: Limited) -> None:
    limited.begin()
    limited.push(kwh=25)
    assert limited.use_case()(limited.now, Deadline.after(180)) == Counter()
    limited.now += 90 * MINUTE
    limited.flow()
    limited.run()
    assert limited.told == {"Limit Reached": 1}
    assert len(limited.hub.passed_on) == 1


def test_only_what_is_due_is_looked_at(limited: Limited) -> None:
    limited.begin()
    limited.push(kwh=1)
    limited.flow()
    limited.run()
    store = limited.use_case().limited
    assert list(store.due(limited.now + 31 * MINUTE)) == []
    assert list(store.due(limited.now + 32 * MINUTE)) == [f"id-{limited.number}"]
    limited.push(kwh=2, status="COMPLETED")
    limited.now += MINUTE
    limited.push(kwh=2, status="COMPLETED")
    limited.flow()
    limited.run()
    assert list(store.due(limited.now + timedelta(days=9))) == []


def test_what_goes_wrong_with_one_session_keeps_no_other_from_being_stopped(limited: Limited) -> None:
    limited.begin()
    limited.push(kwh=20)
    limited.flow()
    broken = replace(limited.record, command_id="id-broken", limit='{"furlongs":1}')
    limited.commands.create(broken)
    with pytest.raises(LimitsNotEnforced, match="id-broken"):
        limited.run()
    assert len(limited.hub.passed_on) == 1
    limited.now += MINUTE
    assert LimitResult.STOPPED not in limited.run(), "and the broken one waits longer than a minute"


def test_a_run_ends_before_its_time_is_up_and_leaves_the_rest_due(limited: Limited) -> None:
    limited.begin()
    limited.push(kwh=20)
    limited.flow()
    assert limited.run(left_s=30) == Counter()
    assert limited.run() == {LimitResult.REACHED: 1, LimitResult.STOPPED: 1}


def another(limited: Limited, command_id: str) -> None:
    """A command whose session is over its limit too, and that has waited longer."""
    waited = (limited.now - MINUTE).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    limited.commands.create(replace(limited.record, command_id=command_id, enforce_at=waited))


@pytest.mark.parametrize("dies", [SystemExit, StoreUnavailable])
def test_a_session_that_ends_a_look_keeps_no_other_from_its_own(
    limited: Limited, dies: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    limited.begin()
    limited.push(kwh=20)
    limited.flow()
    another(limited, "id-poisoned")
    step = EnforceLimits._step

    def poisoned(self: EnforceLimits, record: CommandRecord, now: datetime) -> Any:
        if record.command_id == "id-poisoned":
            raise dies("the Lambda ends here")
        return step(self, record, now)

    monkeypatch.setattr(EnforceLimits, "_step", poisoned)
    for _ in range(2):
        with suppress(dies):
            limited.run()
        limited.flow()
        limited.now += MINUTE
    assert limited.told == {"Limit Reached": 1}
    assert len(limited.hub.passed_on) == 1
