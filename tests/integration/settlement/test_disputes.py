"""Dispute cases from end to end: a CDR claims too much, its case opens, changes and closes, and is told."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from emsp.settlement.dispute_case import NEXT, DisputeState
from emsp.stores.charge_indexes import ANY_TIME
from emsp.stores.disputes import DisputeStore
from emsp.stores.table import StoreUnavailable
from tests.integration.charges.test_check_cdr import a_cdr, one, post, run, tariff
from tests.integration.house import REPOSITORY, House
from tests.integration.lambda_context import Context
from tests.integration.samples import cdr_token
from tests.integration.settlement.months import settle
from tests.integration.streams import Streams, Tap
from tests.template.template import as_list, functions, statements

ENTRIES = 6
READS = {
    *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:DescribeTable"),
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
}
NEVER: frozenset[str] = frozenset()
ANY = frozenset({"OVERCHARGED", "CANNOT_TELL"})
NOTE = {"note": "as agreed by phone", "who": "asha@emsp.example"}


class Desk:
    """A finance team: the functions, and the events that reach it."""

    def __init__(self, house: House) -> None:
        self.house, self.streams, self.tap = house, Streams(), Tap()

    def push(self, *cdrs: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """The CDRs arrive, and all that follows; returns what was told of cases."""
        post(self.house, *cdrs)
        return self.told()

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        while records := self.streams.records():
            of_cdrs = [each for each in records if "/cdrs/" in each["eventSourceARN"] + "/"]
            assert run(self.house, {"Records": of_cdrs}) == {"batchItemFailures": []}
            self.house.app("publish_changes").handler({"Records": records}, None)
        return [
            (each["detail-type"], each["detail"])
            for each in self.tap.events()
            if each["detail-type"].startswith("Dispute")
        ]

    def ask(self, function: str, **payload: Any) -> Any:
        return json.loads(json.dumps(self.house.app(function).handler(payload, Context())))

    def cases(self, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("list_disputes", **asked)["disputes"]
        return found

    def case(self) -> dict[str, Any]:
        [found] = self.cases()
        return found

    def answer(self, state: str, **changes: Any) -> Any:
        return self.ask("answer_dispute", id=self.case()["id"], state=state, **{**NOTE, **changes})

    def with_rules(self, patch: pytest.MonkeyPatch, tolerance: str = "0.01", **changes: Any) -> None:
        """From now on the checks go by these parameters."""
        app = self.house.app("check_cdr")
        kept = replace(app.update_case, rules=replace(app.update_case.rules, **changes))
        rules = replace(app.check_cdr.rules, tolerance=Decimal(tolerance))
        patch.setattr(app, "check_cdr", replace(app.check_cdr, rules=rules, after_check=kept.after_check))


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


def overcharged(cdr_id: str = "C-1", cost: float = 300, **fields: Any) -> dict[str, Any]:
    return a_cdr(cdr_id, cost=cost, **{"tariffs": [tariff(20)], **fields})


def credit(cdr_id: str, amount: float, of: str | None = "C-1", **fields: Any) -> dict[str, Any]:
    reference = {"credit_reference_id": of} if of else {}
    total = {"excl_vat": -amount, "incl_vat": -round(amount * 1.18, 2)}
    return overcharged(cdr_id, **{"credit": True, "total_cost": total, **reference, **fields})


def test_a_cdr_that_is_overcharged_opens_a_case_once(desk: Desk) -> None:
    [(name, detail)] = desk.push(overcharged())
    assert name == "Dispute Opened"
    assert (detail["previous_state"], detail["object"]) == (None, desk.case())
    case = desk.case()
    assert case["cdr"] == one()["cdr"]
    assert (case["state"], case["amount"], case["left"]) == ("OPEN", "59", "59")
    assert case["over_by"] == {"excl_vat": "50", "incl_vat": "59"}
    assert desk.ask("list_disputes")["next"] is None

    run(desk.house, one())
    run(desk.house, {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"})
    assert desk.told() == []
    assert desk.case() == case, "asked again it says the same"


TOKEN = {**cdr_token("04A1B2C3D4"), "contract_id": "IN-EMS-C00001-7", "visual_number": "EMS-000-117"}


@pytest.mark.parametrize(
    ("note", "kept"),
    [
        ("card 04a1b2c3d4, contract INEMSC000017", "card [driver], contract [driver]"),
        ("IN-EMS-C00001-7: mail sent", "[driver]: mail sent"),
        ("visual number EMS-000-117", "visual number [driver]"),
        ("mail of 04A1B2C3D45", "mail of 04A1B2C3D45"),
        ('{"uid": "04A1B2C3D4"}', '{"uid":"[driver]"}'),
    ],
)
def test_a_note_is_kept_without_the_drivers_ids(desk: Desk, note: str, kept: str) -> None:
    desk.push(overcharged(cdr_token=TOKEN))
    first = desk.answer("SENT", note=note)
    assert [each["note"] for each in first["history"]][-1] == kept
    assert desk.answer("SENT", note=note) == first, "the same again"


@pytest.mark.parametrize("cost", [250, 200])
def test_a_cdr_that_claims_nothing_too_much_opens_none(desk: Desk, cost: float) -> None:
    assert desk.push(overcharged(cost=cost)) == []
    assert desk.cases() == []


def test_a_stream_that_brings_a_record_twice_opens_one_case(desk: Desk) -> None:
    post(desk.house, overcharged())
    arrived = desk.streams.records()
    for _ in range(3):
        run(desk.house, {"Records": arrived})
    assert [name for name, _ in desk.told()] == ["Dispute Opened"]
    assert len(desk.ask("get_dispute", id=desk.case()["id"])["history"]) == 1


def test_a_cdr_without_vat_is_disputed_with_the_vat_that_was_computed(desk: Desk) -> None:
    desk.push(overcharged(total_cost={"excl_vat": 300}))
    case = desk.case()
    assert case["over_by"] == {"excl_vat": "50", "incl_vat": "59", "computed": True}
    assert case["amount"] == "59"


@pytest.mark.parametrize(
    ("rules", "opens"),
    [
        ({"from_amount": Decimal(59)}, True),
        ({"from_amount": Decimal("59.01")}, False),
        ({"when": NEVER}, False),
        ({"when": ANY}, True),
    ],
)
def test_parameters_say_which_cdrs_open_a_case(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, rules: dict[str, Any], opens: bool
) -> None:
    desk.with_rules(monkeypatch, **rules)
    desk.push(overcharged())
    assert bool(desk.cases()) is opens


def test_what_cannot_be_told_is_disputed_where_that_is_wanted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.with_rules(monkeypatch, when=ANY)
    desk.push(overcharged(tariffs=[]))
    assert (desk.case()["verdict"], desk.case()["amount"]) == ("CANNOT_TELL", "354")


def test_a_later_check_that_agrees_withdraws_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.push(overcharged())
    desk.answer("SENT")
    desk.told()
    desk.with_rules(monkeypatch, tolerance="60")
    run(desk.house, one())
    [(name, detail)] = desk.told()
    assert (name, detail["previous_state"], detail["object"]["state"]) == (
        "Dispute Closed",
        "SENT",
        "WITHDRAWN",
    )
    assert detail["change"]["note"] == "a later check says AGREES"

    desk.with_rules(monkeypatch)
    run(desk.house, one())
    assert [name for name, _ in desk.told()] == ["Dispute Opened"], "a new claim"


def test_what_a_person_withdrew_only_a_larger_claim_opens_again(desk: Desk) -> None:
    desk.push(overcharged())
    desk.answer("WITHDRAWN")
    desk.told()
    run(desk.house, one())
    assert desk.told() == []
    assert desk.case()["state"] == "WITHDRAWN"


@pytest.mark.parametrize("reference", ["C-1", None])
def test_a_whole_credit_closes_it_in_any_order(desk: Desk, reference: str | None) -> None:
    desk.push(overcharged())
    [(name, detail)] = desk.push(credit("C-1-X", 300, reference))
    assert (name, detail["object"]["state"], detail["object"]["left"]) == ("Dispute Closed", "CREDITED", "0")
    assert detail["object"]["credits"] == ["IN#CPO#C-1-X"]
    assert desk.push(overcharged("C-2", 250)) == [], "the CDR that is right"
    with pytest.raises(InvalidInvocation, match="only a new claim opens it again"):
        desk.answer("SENT")


def test_one_call_tells_whether_a_credit_closed_the_case(desk: Desk) -> None:
    def asked(cdr_id: str) -> tuple[str, str, str]:
        case = desk.ask("get_dispute", cdr={"country_code": "IN", "party_id": "CPO", "id": cdr_id})
        return case["cdr"]["id"], case["state"], case["left"]

    desk.push(overcharged(), credit("C-1-X", 20))
    assert asked("C-1-X") == ("C-1", "OPEN", "35.4")
    desk.push(credit("C-1-Y", 30))
    assert {asked(each) for each in ("C-1", "C-1-X", "c-1-y")} == {("C-1", "CREDITED", "0")}
    desk.push(overcharged("C-2", session_id="S-2"))
    desk.push(credit("C-2-X", 300, None, session_id="S-2"))
    assert asked("C-2-X") == ("C-2", "CREDITED", "0"), "a credit that names no CDR"
    desk.push(overcharged("C-3", 250))
    for cdr_id in ("C-3", "GHOST"):
        with pytest.raises(InvalidInvocation, match="has no dispute, and credits no CDR that has one"):
            asked(cdr_id)
    for payload in (
        {},
        {"id": "D-7F3A90C2B1D4E5F60718", "cdr": {"country_code": "IN", "party_id": "CPO", "id": "C-1"}},
    ):
        with pytest.raises(InvalidInvocation, match='either "id" or "cdr"'):
            desk.ask("get_dispute", **payload)


def test_a_credit_that_came_first_leaves_no_case(desk: Desk) -> None:
    desk.push(credit("C-1-X", 300))
    assert desk.push(overcharged()) == []
    assert desk.cases() == []


def test_a_partial_credit_leaves_the_rest_open(desk: Desk) -> None:
    desk.push(overcharged())
    [(name, detail)] = desk.push(credit("X-1", 20))
    assert (name, detail["object"]["state"]) == ("Dispute Changed", "OPEN")
    assert (detail["object"]["amount"], detail["object"]["left"]) == ("59", "35.4")
    run(desk.house, one())
    assert desk.told() == [], "a check anew counts the credit, too"
    [(name, detail)] = desk.push(credit("X-2", 30))
    assert (name, detail["object"]["state"], detail["object"]["left"]) == ("Dispute Closed", "CREDITED", "0")


def test_a_credit_without_its_vat_takes_back_the_claims_own(desk: Desk) -> None:
    desk.push(overcharged())
    desk.push(credit("X-1", 50, total_cost={"excl_vat": -50}))
    assert (desk.case()["state"], desk.case()["left"]) == ("CREDITED", "0")


def test_a_credit_of_another_cdr_changes_nothing(desk: Desk) -> None:
    desk.push(overcharged(), overcharged("C-2", 250, session_id="S-2"))
    assert desk.push(credit("X-2", 250, "C-2", session_id="S-2")) == []
    assert desk.case()["left"] == "59"


def test_a_cdr_from_before_there_were_cases_opens_one_only_where_that_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.with_rules(monkeypatch, when=NEVER)
    desk.push(overcharged())
    monkeypatch.undo()
    desk.house.dynamodb.update_item(
        TableName="cdrs",
        Key={"object_key": {"S": "IN#CPO#C-1"}},
        UpdateExpression="SET received_at = :long_ago",
        ExpressionAttributeValues={":long_ago": {"S": "2020-01-01T00:00:00+00:00"}},
    )
    run(desk.house, one())
    assert desk.cases() == []
    run(desk.house, {**one(), "open_disputes": True})
    assert desk.case()["state"] == "OPEN"


@pytest.mark.parametrize("state", [state for state in DisputeState if state in NEXT[DisputeState.OPEN]])
@pytest.mark.parametrize("then", ["SENT", "ACCEPTED", "REFUSED", "WITHDRAWN"])
def test_answers_follow_the_table(desk: Desk, state: DisputeState, then: str) -> None:
    desk.push(overcharged())
    if state is DisputeState.CREDITED:
        desk.push(credit("X-1", 300))
    else:
        desk.answer(state)
    if then in NEXT[state]:
        assert desk.answer(then, note="and then")["state"] == then
    else:
        with pytest.raises(InvalidInvocation, match=f"is {state}, and can't be {then}"):
            desk.answer(then, note="and then")
        assert desk.case()["state"] == state


def test_an_answer_is_kept_with_who_gave_it_and_counts_once(desk: Desk) -> None:
    desk.push(overcharged())
    first = desk.answer("SENT")
    assert desk.answer("SENT") == first, "the same again"
    assert [(each["state"], each["who"], each["cause"]) for each in first["history"]] == [
        ("OPEN", None, "CHECK"),
        ("SENT", "asha@emsp.example", "ANSWER"),
    ]
    [(name, detail)] = desk.told()
    assert (name, detail["change"]) == ("Dispute Changed", first["history"][-1])


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"id": "D-0"}, "id must match"),
        ({"state": "OPEN"}, "state must be one of"),
        ({"state": "CREDITED"}, "state must be one of"),
        ({"note": " "}, "note must match"),
        ({"note": "x" * 501}, "note has more than 500 characters"),
        ({"who": None}, "who must be a string"),
        ({"id": "D-00000000000000000000"}, "there is no dispute"),
    ],
)
def test_what_is_no_answer_is_refused(desk: Desk, payload: dict[str, Any], said: str) -> None:
    given = {"id": "D-00000000000000000000", "state": "SENT", **NOTE, **payload}
    with pytest.raises(InvalidInvocation, match=said):
        desk.ask("answer_dispute", **given)


def test_the_history_has_an_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("settlement.answer_dispute", "stores.disputes"):
        monkeypatch.setattr(f"emsp.{module}.ENTRIES_AT_MOST", ENTRIES)
    desk.push(overcharged())
    for number in range(1, ENTRIES):
        desk.answer("SENT" if number % 2 else "REFUSED", note=f"answer {number}")
    with pytest.raises(InvalidInvocation, match="only the answer WITHDRAWN is accepted"):
        desk.answer("REFUSED", note="one more")
    desk.push(credit("X-1", 10))
    assert desk.case()["left"] == "47.2", "a credit counts, whatever the history has"
    assert len(desk.answer("WITHDRAWN")["history"]) == ENTRIES + 1


def test_cases_are_listed_by_cpo_state_and_month_page_by_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emsp.settlement.list_disputes.PAGE", 2)
    ended = ["2026-10-31T18:29:59Z", "2026-10-31T18:30:00Z", "2026-11-30T18:29:59Z", "2026-11-30T18:30:00Z"]
    for number, end in enumerate(ended):
        start = "2026-10-31T09:00:00Z"
        desk.push(
            overcharged(f"C-{number}", session_id=f"S-{number}", start_date_time=start, end_date_time=end)
        )
    first = desk.ask("list_disputes")
    second = desk.ask("list_disputes", next=first["next"])
    ids = [each["cdr"]["id"] for page in (first, second) for each in page["disputes"]]
    assert ids == ["C-0", "C-1", "C-2", "C-3"]
    third = desk.ask("list_disputes", next=second["next"])
    assert third == {"disputes": [], "next": None}

    def found(**asked: Any) -> list[str]:
        return [each["cdr"]["id"] for each in desk.cases(**asked)]

    assert found(month="2026-11") == ["C-1", "C-2"], "midnight is where the accounts are"
    assert found(month="2026-10", state="OPEN") == ["C-0"]
    assert found(state="SENT") == []
    assert found(cpo={"country_code": "in", "party_id": "cpo"}) == ["C-0", "C-1"]
    assert found(cpo={"country_code": "IN", "party_id": "XYZ"}) == []
    with pytest.raises(InvalidInvocation, match="not from an answer of list_disputes"):
        desk.ask("list_disputes", state="OPEN", next=first["next"])


def test_evidence_is_there_to_read_and_to_print(desk: Desk) -> None:
    desk.push(overcharged(cdr_location={"id": "L-1", "name": "<script>alert(1)</script>"}))
    told = desk.ask("get_dispute", id=desk.case()["id"])
    evidence = told["evidence"]
    assert evidence["cdr"]["id"] == "C-1"
    assert "cdr_token" not in evidence["cdr"], "whose token it was is nobody's business here"
    assert evidence["tariffs"][0]["id"] == "T1"
    assert len(evidence["tariffs"][0]["sha256"]) == 64
    assert [line["periods"] for line in evidence["lines"]] == [1]
    page = told["html"]
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for said in (told["id"], evidence["tariffs"][0]["sha256"], "59", "OVERCHARGED"):
        assert said in page


def test_evidence_of_a_cdr_that_is_gone_is_null(desk: Desk) -> None:
    desk.push(overcharged())
    desk.house.dynamodb.delete_item(TableName="cdrs", Key={"object_key": {"S": "IN#CPO#C-1"}})
    told = desk.ask("get_dispute", id=desk.case()["id"])
    assert (told["evidence"]["cdr"], told["amount"]) == (None, "59")


def test_a_huge_cdr_is_told_without_its_lists(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emsp.settlement.get_dispute.OBJECT_BYTES_AT_MOST", 100)
    desk.push(overcharged())
    told = desk.ask("get_dispute", id=desk.case()["id"])
    assert told["evidence"]["cdr"]["left_out"] == ["charging_periods", "tariffs"]
    assert told["evidence"]["cdr"]["id"] == "C-1"


def test_a_case_that_is_not_closed_is_told_again_and_again(desk: Desk) -> None:
    desk.push(overcharged())
    desk.answer("SENT")
    desk.told()
    app = desk.house.app("watch_charges")
    opened = datetime.fromisoformat(desk.case()["opened_at"])
    days = [29, 30, 31, 59, 60, 61]
    assert [app.remind_disputes(opened + timedelta(days=day)) for day in days] == [0, 1, 0, 0, 1, 0]
    told = desk.told()
    assert [name for name, _ in told] == ["Dispute Overdue", "Dispute Overdue"]
    assert [detail["object"]["reminders"] for _, detail in told] == [1, 2]
    assert told[0][1]["change"]["cause"] == "REMINDER"
    desk.answer("WITHDRAWN")
    assert app.remind_disputes(opened + timedelta(days=365)) == 0


def test_a_reminder_that_meets_an_answer_waits_for_the_next_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.push(overcharged())
    app = desk.house.app("watch_charges")
    late = datetime.fromisoformat(desk.case()["opened_at"]) + timedelta(days=40)
    read = [*app.remind_disputes.disputes.in_state("OPEN", *ANY_TIME)]
    desk.answer("SENT")
    monkeypatch.setattr(DisputeStore, "in_state", lambda _, state, *__: read if state == "OPEN" else [])
    assert app.remind_disputes(late) == 0
    monkeypatch.undo()
    assert app.remind_disputes(late) == 1
    assert desk.case()["state"] == "SENT"


def test_no_function_may_put_or_delete_a_case() -> None:
    written = {
        name: actions
        for name, function in functions().items()
        if (
            actions := {
                action
                for statement in statements(function)
                if "DisputesTable" in str(statement["Resource"])
                for action in as_list(statement["Action"])
            }
            - READS
        )
    }
    assert written == {
        name: {"dynamodb:UpdateItem"} for name in ("answer_dispute", "check_cdr", "watch_charges")
    }


def test_a_month_counts_what_was_withdrawn_as_undisputed(desk: Desk) -> None:
    desk.push(overcharged())

    def settled() -> tuple[str, str]:
        [sums] = settle(desk.house, "2026-11")["manifest"]["totals"].values()
        return sums["disputed"], sums["undisputed"]

    assert settled() == ("354", "0")
    desk.answer("REFUSED")
    assert settled() == ("354", "0"), "the CPO's no is not ours"
    desk.answer("WITHDRAWN")
    assert settled() == ("0", "354")


def test_a_month_counts_what_cannot_be_told_as_disputed_where_it_has_a_case(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.with_rules(monkeypatch, when=ANY)
    app = desk.house.app("settle")
    monkeypatch.setattr(app, "settle", replace(app.settle, disputed_when=ANY))
    desk.push(overcharged(tariffs=[]))
    [sums] = settle(desk.house, "2026-11")["manifest"]["totals"].values()
    assert (sums["disputed"], sums["cannot_tell"]) == ("354", "0")


def test_the_page_has_the_table_of_the_code() -> None:
    page = (REPOSITORY / "docs" / "disputes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z]+)` \|(.*)\|$", page, re.MULTILINE)
    assert {state: re.findall("`([A-Z]+)`", following) for state, following in rows} == {
        state.value: [each.value for each in following] for state, following in NEXT.items()
    }


def test_a_case_that_could_not_be_written_is_opened_when_the_record_comes_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(desk.house, overcharged())
    arrived = desk.streams.records()

    def fail(*_: object) -> None:
        raise StoreUnavailable("writing dispute: AWS answered ThrottlingException; try again")

    monkeypatch.setattr(DisputeStore, "keep", fail)
    assert run(desk.house, {"Records": arrived})["batchItemFailures"]
    monkeypatch.undo()
    assert run(desk.house, {"Records": arrived}) == {"batchItemFailures": []}
    assert [name for name, _ in desk.told()] == ["Dispute Opened"]


def test_a_credit_that_comes_while_the_case_is_opened_closes_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(desk.house, overcharged())
    arrived = desk.streams.records()
    keep, credits_ = DisputeStore.keep, [credit("X-1", 300)]

    def keeping(store: DisputeStore, *args: Any) -> Any:
        while credits_:  # it finds no case yet
            post(desk.house, credits_.pop())
            run(desk.house, {"Records": [each for each in desk.streams.records() if _is_new(each)]})
        return keep(store, *args)

    monkeypatch.setattr(DisputeStore, "keep", keeping)
    run(desk.house, {"Records": arrived})
    assert desk.case()["state"] == "CREDITED"


def _is_new(record: dict[str, Any]) -> bool:
    return bool(record["eventName"] == "INSERT" and "/cdrs/" in record["eventSourceARN"])
