"""DynamoDB throttles after the Hub was called: nobody is advised to send the command again."""

from collections.abc import Callable
from typing import Any

import pytest

from emsp.deadline import Deadline
from emsp.hub.errors import NotRouted
from emsp.stores.commands import CommandStore
from emsp.stores.table import StoreUnavailable
from emsp.timeouts import ANSWER_KEPT
from tests.integration.commands.commands_as_sent import start
from tests.integration.commands.test_send_command import behave, record, result
from tests.integration.emsp_side import Emsp


@pytest.fixture
def location(emsp: Emsp) -> dict[str, Any]:
    emsp.registered()
    [first, *_] = emsp.hub.admin.objects("locations")
    return first


@pytest.fixture
def throttled(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[float]]:
    """So many changes of commands fail; the pauses between them are listed, and not made."""

    def begin(changes: int) -> list[float]:
        change, left = CommandStore.change, [changes]
        pauses: list[float] = []

        def throttling(*args: Any, **kwargs: Any) -> Any:
            if left[0] > 0:
                left[0] -= 1
                raise StoreUnavailable("changing a command: AWS answered ThrottlingException; try again")
            return change(*args, **kwargs)

        monkeypatch.setattr(CommandStore, "change", throttling)
        monkeypatch.setattr("emsp.commands.call_cpo.time.sleep", pauses.append)
        return pauses

    return begin


@pytest.mark.parametrize("word", ["ACCEPTED", "REJECTED", "odd"])
def test_what_the_cpo_answered_is_written_again(
    emsp: Emsp,
    location: dict[str, Any],
    throttled: Callable[[int], list[float]],
    word: str,
) -> None:
    behave(emsp, response=word)
    pauses = throttled(ANSWER_KEPT.tries - 1)
    told = emsp.send_command(**start(location))
    assert (told["result"], told["state"]) == (word, "SENT" if word == "ACCEPTED" else "REJECTED")
    assert "error" not in told
    assert pauses == [0.2, 0.4, 0.8]


@pytest.mark.parametrize("word", ["ACCEPTED", "REJECTED"])
def test_else_the_command_is_pending_with_an_error(
    emsp: Emsp,
    location: dict[str, Any],
    throttled: Callable[[int], list[float]],
    word: str,
) -> None:
    behave(emsp, response=word)
    throttled(ANSWER_KEPT.tries)
    told = emsp.send_command(**start(location))
    assert told["state"] == "PENDING"
    assert word in str(told["error"])
    assert "do not send it again" in str(told["error"])
    assert "try again" not in str(told["error"])
    assert len(emsp.hub.admin.commands()) == 1
    assert record(emsp, told["command_id"])["state"] == "PENDING"
    assert result(emsp, told["command_id"], "ACCEPTED"), "its result decides it"


def test_no_pause_goes_beyond_the_time_that_is_left(
    emsp: Emsp,
    location: dict[str, Any],
    throttled: Callable[[int], list[float]],
) -> None:
    pauses = throttled(100)
    command = emsp.send_command_use_case()
    told = command(start(location), Deadline.after(0.5))
    assert told["state"] == "PENDING"
    assert sum(pauses) < 1.5
    assert all(pause <= 0.5 for pause in pauses)


@pytest.mark.parametrize("fault", ["drop", "cut_json"])
def test_an_answer_that_was_lost_as_well_is_pending(
    emsp: Emsp,
    location: dict[str, Any],
    throttled: Callable[[int], list[float]],
    fault: str,
) -> None:
    emsp.hub.admin.add_fault(fault, module="commands")
    throttled(100)
    told = emsp.send_command(**start(location))
    assert told["state"] == "PENDING"
    assert "do not send it again" in str(told["error"])


def test_a_refusal_is_told_as_such_though_it_could_not_be_stored(
    emsp: Emsp,
    location: dict[str, Any],
    throttled: Callable[[int], list[float]],
) -> None:
    """It was not passed on, so it is safe to try again, and the reason is the Hub's."""
    throttled(100)
    emsp.hub.admin.add_fault(
        "status", module="commands", http_status=200, status_code=4001, status_message="NOT_ROUTED"
    )
    with pytest.raises(NotRouted):
        emsp.send_command(**start(location))
