"""The table of a command's life, row by row, against one written down here independently."""

import itertools

import pytest

from emsp.commands.states import (
    OPEN,
    SUCCEEDED,
    Answered,
    CommandEvent,
    CommandState,
    Expired,
    NotPassedOn,
    Resulted,
    is_decided,
    next_state,
)
from emsp.ocpi.commands import CommandType
from tests.contract.hub_answers import CommandResponseType, CommandResultType

RESULTS = [each.value for each in CommandResultType]
RESPONSES = [each.value for each in CommandResponseType]
EVENTS: list[CommandEvent] = [
    *(Answered(each) for each in [*RESPONSES, "SOMETHING_NEW"]),
    *(Resulted(each) for each in [*RESULTS, "SOMETHING_NEW"]),
    Expired(),
    NotPassedOn(),
]


@pytest.mark.parametrize("result", RESULTS)
def test_every_result_type_decides_an_open_command_under_its_own_name(result: str) -> None:
    for state in OPEN:
        assert next_state("START_SESSION", state, Resulted(result)) == result


@pytest.mark.parametrize("result", RESULTS)
def test_a_result_after_the_time_limit_or_a_failed_call_is_late(result: str) -> None:
    for state in (CommandState.TIMEOUT, CommandState.NOT_SENT):
        late = next_state("START_SESSION", state, Resulted(result))
        assert late == (None if result == "TIMEOUT" else f"LATE_{result}")


@pytest.mark.parametrize(
    ("response", "state"),
    [
        ("ACCEPTED", "SENT"),
        ("REJECTED", "REJECTED"),
        ("NOT_SUPPORTED", "NOT_SUPPORTED"),
        ("UNKNOWN_SESSION", "UNKNOWN_SESSION"),
        ("SOMETHING_NEW", "REJECTED"),
    ],
)
def test_the_answer_counts_while_nothing_else_came(response: str, state: str) -> None:
    assert next_state("STOP_SESSION", CommandState.PENDING, Answered(response)) == state
    for other in set(CommandState) - {CommandState.PENDING}:
        assert next_state("STOP_SESSION", other, Answered(response)) is None


def test_unknown_words_of_a_result_are_a_failure() -> None:
    assert next_state("START_SESSION", CommandState.SENT, Resulted("EVSE_ON_FIRE")) == CommandState.FAILED


def test_only_open_commands_expire() -> None:
    for state in CommandState:
        assert next_state("START_SESSION", state, Expired()) == (
            CommandState.TIMEOUT if state in OPEN else None
        )


def test_the_cpo_can_cancel_a_reservation_that_it_had_accepted_and_nothing_else() -> None:
    cancelled = Resulted("CANCELED_RESERVATION")
    for command, state in itertools.product(CommandType, SUCCEEDED):
        after = next_state(command, state, cancelled)
        assert after == (CommandState.CANCELED_RESERVATION if command == "RESERVE_NOW" else None)
    assert next_state("RESERVE_NOW", CommandState.REJECTED, cancelled) is None


def test_what_is_decided_moves_only_where_the_table_says() -> None:
    leaving = {
        state
        for command, state, event in itertools.product(CommandType, CommandState, EVENTS)
        if is_decided(state) and next_state(command, state, event)
    }
    assert leaving == {CommandState.TIMEOUT, CommandState.NOT_SENT, *SUCCEEDED}


def test_no_command_moves_for_ever() -> None:
    """Whatever comes, three steps are the longest life after PENDING: SENT, TIMEOUT, LATE_ACCEPTED,
    CANCELED_...
    """

    def longest(command: str, state: CommandState) -> int:
        steps = {after for event in EVENTS if (after := next_state(command, state, event))}
        return max((1 + longest(command, after) for after in steps), default=0)

    assert {command.value: longest(command, CommandState.PENDING) for command in CommandType} == {
        "RESERVE_NOW": 4,
        "START_SESSION": 3,
        "STOP_SESSION": 3,
        "CANCEL_RESERVATION": 3,
        "UNLOCK_CONNECTOR": 3,
    }


def test_words_in_any_case_mean_the_same() -> None:
    assert next_state("START_SESSION", CommandState.PENDING, Answered("accepted")) is CommandState.SENT
    assert next_state("START_SESSION", CommandState.SENT, Resulted("Accepted")) is CommandState.ACCEPTED
    assert next_state("START_SESSION", CommandState.TIMEOUT, Resulted("timeout")) is None
