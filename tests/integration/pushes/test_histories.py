"""Random histories of pushes, repetitions, reorderings and faults, against a simple model after each step."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.integration.faults import Fault, Killed, faults
from tests.integration.house import Answer, House
from tests.integration.house import house as furnished_house
from tests.integration.pushes.model import Model
from tests.integration.samples import cdr, path_of, period, session
from tests.integration.streams import Streams, Tap
from tests.profiles import examples

SESSIONS = ("S-1", "S-2")
STATUSES = st.sampled_from(["PENDING", "ACTIVE", "COMPLETED", "INVALID"])


class Histories(RuleBasedStateMachine):
    """A Hub that pushes, is answered, and tries again what was not acknowledged."""

    house: House
    streams: Streams
    tap: Tap

    @initialize()
    def begin(self) -> None:
        self.house.empty()
        self.model = Model()
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self.waiting: list[tuple[str, str, dict[str, Any]]] = []
        self.second = 0
        self.streams.records()
        self.tap.events()
        self.published: dict[str, dict[str, Any]] = {}
        self.told_as_rejected: set[str] = set()

    def next_time(self, back: int) -> str:
        """A new time, up to `back` pushes before the newest; no two pushes share one."""
        self.second += 10
        moment = datetime(2026, 11, 22, 10, tzinfo=UTC) + timedelta(seconds=self.second)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{9 - back}Z"

    @rule(
        session_id=st.sampled_from(SESSIONS),
        status=STATUSES,
        kwh=st.integers(0, 50),
        periods=st.integers(0, 2),
    )
    def make_put(self, session_id: str, status: str, kwh: int, periods: int) -> None:
        at = self.next_time(0)
        added = [period(number, self.second + number) for number in range(periods)]
        value = session(session_id, at=at, status=status, kwh=kwh, charging_periods=added or None)
        self.waiting.append(("PUT", path_of(value), value))

    @rule(
        session_id=st.sampled_from(SESSIONS),
        fields=st.fixed_dictionaries({}, optional={"kwh": st.integers(0, 50), "status": STATUSES}),
        periods=st.integers(0, 2),
    )
    def make_patch(self, session_id: str, fields: dict[str, Any], periods: int) -> None:
        value = {**fields, "last_updated": self.next_time(1)}
        if periods:
            value["charging_periods"] = [period(number, self.second + number) for number in range(periods)]
        self.waiting.append(("PATCH", path_of(session(session_id)), value))

    @rule(number=st.integers(1, 3), session_id=st.sampled_from(SESSIONS), energy=st.integers(1, 2))
    def make_cdr(self, number: int, session_id: str, energy: int) -> None:
        value = cdr(f"C-{session_id}-{number}", session_id=session_id, total_energy=energy)
        self.waiting.append(("POST", "/ocpi/2.2.1/cdrs", value))

    @rule(what=st.sampled_from(["PUT", "POST"]), number=st.integers(0, 3))
    def make_unidentifiable(self, what: str, number: int) -> None:
        value: dict[str, Any] = {"broken": number}
        path = "/ocpi/2.2.1/cdrs" if what == "POST" else path_of(session())
        self.waiting.append((what, path, value))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        self.waiting.append(data.draw(st.sampled_from(self.sent)))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def push(self, data: st.DataObject) -> None:
        """Any of the waiting pushes comes next, whatever was made first."""
        chosen = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        method, path, value = chosen
        self.acknowledged(chosen, self.house.call(method, path, value))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), at_call=st.integers(0, 4), fault=st.sampled_from(Fault))
    def push_with_a_fault(self, data: st.DataObject, at_call: int, fault: Fault) -> None:
        index = data.draw(st.integers(0, len(self.waiting) - 1))
        method, path, value = self.waiting[index]
        with faults(lambda number, _: fault if number == at_call else None):
            try:
                answer = self.house.call(method, path, value)
            except Killed:
                answer = None
        if answer is not None and answer.http_status < 500:
            self.acknowledged(self.waiting.pop(index), answer)
            return
        assert answer is None or answer.status_code == 3000
        # The Hub tries again at once, so that the model knows what is stored.
        self.acknowledged(self.waiting.pop(index), self.house.call(method, path, value))

    def acknowledged(self, push: tuple[str, str, dict[str, Any]], answer: Answer) -> None:
        method, path, value = push
        self.sent.append(push)
        if "broken" in value:
            assert answer.status_code == 2001
            self.model.rejected.add(json.dumps([method, value]))
        elif method == "PUT":
            assert answer.status_code == 1000
            self.model.put(value)
        elif method == "PATCH":
            known = self.model.patch(path.rsplit("/", 1)[1], value)
            assert (answer.http_status, answer.status_code) == ((200, 1000) if known else (404, 2003))
        elif self.model.post(value):
            assert answer.status_code == 1000
            assert answer.headers["Location"].endswith(value["id"])
        else:
            assert answer.status_code == 2001
            self.model.rejected.add(json.dumps([method, value]))

    @invariant()
    def every_session_is_what_its_pushes_make_of_it(self) -> None:
        for session_id in SESSIONS:
            answer = self.house.call("GET", path_of(session(session_id)))
            assert answer.envelope.get("data") == self.model.session(session_id)

    @invariant()
    def every_cdr_is_there_once_and_unchanged(self) -> None:
        stored = [
            self.house.stored_object("cdrs", item["object_key"]["S"]) for item in self.house.items("cdrs")
        ]
        assert {each["id"]: each for each in stored} == self.model.cdrs
        assert len(stored) == len(self.model.cdrs)

    @invariant()
    def every_refused_push_is_kept_once(self) -> None:
        kept = self.house.rejected()
        assert {
            json.dumps([each["method"], json.loads(each["body"])]) for each in kept
        } == self.model.rejected
        assert len(kept) == len(self.model.rejected)

    @rule()
    def publish(self) -> None:
        """Every change and refusal is told, and the last event of a session is the session as it is."""
        answer = self.house.app("publish_changes").handler({"Records": self.streams.records()}, None)
        assert answer == {"batchItemFailures": []}
        for event in self.tap.events():
            detail = event["detail"]
            if event["detail-type"] == "Push Rejected":
                self.told_as_rejected.add(detail["object"]["key"])
            else:
                self.published[detail["id"]] = detail["object"]
        assert len(self.told_as_rejected) == len(self.model.rejected)
        for session_id in SESSIONS:
            assert self.published.get(session_id) == self.model.session(session_id)
        for cdr_id, value in self.model.cdrs.items():
            assert self.published[cdr_id] == value


def test_histories() -> None:
    with furnished_house() as house:
        Histories.house, Histories.streams, Histories.tap = house, Streams(), Tap()
        house.call("GET", path_of(session()))
        Histories.TestCase.settings = settings(examples(0.12), stateful_step_count=25)
        Histories.TestCase("runTest").runTest()
