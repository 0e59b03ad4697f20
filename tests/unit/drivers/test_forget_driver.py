"""A driver is forgotten in whatever order the stores have his objects, and after runs that died."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from hypothesis import example, given
from hypothesis import strategies as st

from emsp.deadline import Deadline
from emsp.drivers.forget_driver import ForgetDriver
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.forgotten_tokens import ForgottenTokens
from emsp.stores.page_rewrites import Rewrite, RewrittenPage
from emsp.stores.plan_assignments import PlanAssignments
from tests.profiles import examples

CONTRACT = "IN-EMS-C0PRIYA01"
UIDS = ("TAG-PRIYA-1", "TAG-PRIYA-2")
OTHER = {"uid": "TAG-PRIYA-22", "contract_id": "IN-EMS-C0PRIYA0199", "type": "RFID"}
VISUAL = "VIS-7788"


class Killed(BaseException):
    """The Lambda is: nobody gets its cursor."""


@dataclass
class Memory:
    """A store of texts. Dies when it has given so many pages, where told to."""

    texts: list[str]
    page: int
    pages_left: int | None = None

    def rewrite_page(self, position: str, rewrite: Rewrite, mark: str) -> RewrittenPage:
        if self.pages_left is not None:
            self.pages_left -= 1
            if self.pages_left < 0:
                raise Killed
        begin = int(position or 0)
        end = min(begin + self.page, len(self.texts))
        changed = 0
        for place in range(begin, end):
            new = rewrite({"body": self.texts[place]}).get("body")
            if new is not None:
                self.texts[place] = new
                changed += 1
        return RewrittenPage(end - begin, changed, str(end) if end < len(self.texts) else None)


@dataclass
class Nothing:
    removed: list[str] = field(default_factory=list)

    def remove(self, party: PartyId, uid: str) -> bool:
        self.removed.append(uid)
        return False

    def rename(self, token_key: str, new_key: str) -> int:
        del token_key, new_key
        return 0

    def mark(self, token_key: str, pseudonym: str, now: datetime) -> None:
        self.removed.append(token_key)


def forgetting(*stores: Memory) -> ForgetDriver:
    return ForgetDriver(
        {f"store {number}": store for number, store in enumerate(stores)},
        cast("AuthorizedTokens", Nothing()),
        cast("PlanAssignments", Nothing()),
        cast("ForgottenTokens", Nothing()),
        PartyId("IN", "EMS"),
        lambda: datetime(2026, 11, 22, tzinfo=UTC),
        lambda seconds: None,
    )


def cdr(uid: str, number: int, **more: Any) -> str:
    token = {"uid": uid, "type": "RFID", **more}
    return json.dumps({"id": f"C-{number}", "cdr_token": token, "remark": f"card {VISUAL}"})


def objects(names_contract: int) -> list[str]:
    """Nine CDRs of one token, of which one names the contract; two of a second token; another driver's."""
    of_first = [
        cdr(UIDS[0], number, **({"contract_id": CONTRACT} if number == names_contract else {}))
        for number in range(9)
    ]
    of_second = [cdr(UIDS[1], 9, contract_id=CONTRACT, visual_number=VISUAL), cdr(UIDS[1], 10)]
    return [*of_first, *of_second, json.dumps({"id": "C-99", "cdr_token": OTHER})]


def left(*stores: Memory) -> list[str]:
    secrets = (CONTRACT, *UIDS, VISUAL)
    words = [json.dumps(secret) for secret in secrets] + [f"card {VISUAL}"]
    return [text for store in stores for text in store.texts if any(word in text for word in words)]


RUNS_AT_MOST = 1_000


def run(use_case: ForgetDriver, asked: JsonObject, deadline: Deadline | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"cursor": None}
    for _ in range(RUNS_AT_MOST):
        payload = {"cursor": answer["cursor"]} if answer["cursor"] else asked
        answer = use_case(payload, deadline or Deadline.after(900.0))
        if answer["complete"]:
            return answer
    raise AssertionError(f"not complete after {RUNS_AT_MOST} runs: {answer}")


@examples(0.5)
@given(
    st.permutations(range(12)),
    st.integers(0, 8),
    st.tuples(st.integers(1, 12), st.integers(1, 5)),
    st.lists(st.integers(0, 40), max_size=3),
    st.sampled_from([{"contract_id": CONTRACT}, {"contract_id": CONTRACT, "also_later": True}]),
)
@example([0, 9, 2, 3, 4, 5, 6, 7, 8, 1, 10, 11], 1, (4, 1), [10], {"contract_id": CONTRACT})
@example(list(range(12)), 8, (12, 1), [], {"contract_id": CONTRACT})
@example(list(range(12)), 8, (6, 1), [], {"contract_id": CONTRACT})
def test_a_contract_is_forgotten_in_any_order_and_after_any_death(
    order: list[int], names_contract: int, sizes: tuple[int, int], deaths: list[int], asked: JsonObject
) -> None:
    in_first, page = sizes
    texts = [objects(names_contract)[place] for place in order]
    first, second = Memory(texts[:in_first], page), Memory(texts[in_first:], page)
    use_case = forgetting(first, second)
    for pages in deaths:
        first.pages_left = pages
        with suppress(Killed):
            use_case(asked, Deadline.after(900.0))
        first.pages_left = None
    answer = run(use_case, asked)
    assert answer["complete"]
    assert left(first, second) == []
    kept = [text for store in (first, second) for text in store.texts if "C-99" in text]
    assert kept == [json.dumps({"id": "C-99", "cdr_token": OTHER})]
    assert sum(counts["changed"] for counts in run(use_case, asked)["stores"].values()) == 0


def test_a_token_is_forgotten_after_a_death_at_any_page() -> None:
    for pages in range(20):
        store = Memory([cdr(UIDS[1], 1, visual_number=VISUAL), cdr(UIDS[1], 2), cdr(UIDS[1], 3)], 1, pages)
        with suppress(Killed):
            forgetting(store)({"token_uid": UIDS[1]}, Deadline.after(900.0))
        store.pages_left = None
        run(forgetting(store), {"token_uid": UIDS[1]})
        assert left(store) == [], f"died at page {pages}"


def test_a_run_in_small_parts_is_the_same_run() -> None:
    store = Memory(objects(8), 1)
    parts = iter([900.0, 900.0, 0.0] * 200)
    answer = run(forgetting(store), {"contract_id": CONTRACT}, Deadline(0.0, lambda: -next(parts)))
    assert answer["stores"]["store 0"] == {"looked_at": 12, "changed": 11}
    assert left(store) == []
