"""Whatever happens to a charge, in whatever order: its state never goes back."""

from copy import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from emsp.commands.states import Answered, CommandState, Expired, NotPassedOn, Resulted, next_state
from emsp.driver_api.charge_state import State, state_of
from emsp.ocpi.session_status import ENDED, NOT_BEGUN
from emsp.stores.command_records import CommandRecord
from emsp.stores.sessions import StoredSession

BEGAN = datetime(2026, 11, 30, 10, tzinfo=UTC)
COMMAND = CommandRecord("id", "START_SESSION", "PENDING", BEGAN, BEGAN + timedelta(minutes=1), "{}", "tap")
ORDER = list(State)

STATUSES = ("PENDING", "ACTIVE", "COMPLETED", "INVALID", "RESERVATION")
EVENTS = st.one_of(
    st.builds(Answered, st.sampled_from(["ACCEPTED", "REJECTED", "NOT_SUPPORTED"])),
    st.builds(Resulted, st.sampled_from(["ACCEPTED", "EVSE_OCCUPIED", "FAILED", "TIMEOUT", "REJECTED"])),
    st.just(Expired()),
    st.just(NotPassedOn()),
    st.sampled_from(STATUSES),
    st.sampled_from(["stop asked", "stop wanted", "limit reached", "cdr", "closed by cdr", "ten minutes"]),
)


def pushed(session: StoredSession | None, status: str, now: datetime) -> StoredSession:
    """As SessionStore keeps a push: what is set once stays."""
    before = session or StoredSession("K", "{}", status, "", "", "", now)
    active = before.first_active_at or (now if status not in NOT_BEGUN else None)
    ended = before.first_ended_at or (now if status in ENDED else None)
    return replace(before, status=status, first_active_at=active, first_ended_at=ended)


@given(st.lists(EVENTS, max_size=20), st.booleans())
def test_it_never_goes_back(events: list[object], by_card: bool) -> None:
    command = None if by_card else COMMAND
    session = pushed(None, "PENDING", BEGAN) if by_card else None
    has_cdr, now = False, BEGAN
    seen = [state_of(command, session, has_cdr=has_cdr, now=now)]
    for event in events:
        match event:
            case str() if event in STATUSES:
                session = pushed(session, event, now)
            case "ten minutes":
                now += timedelta(minutes=10)
            case "cdr":
                has_cdr = True
            case "closed by cdr":
                session = replace(session, closed_by_cdr="C") if session else None
            case "stop asked":
                session = replace(session, stop_asked_at=now) if session else None
            case "stop wanted" | "limit reached" if command:
                reached = "{}" if event == "limit reached" else command.limit_reached
                command = replace(command, stop_wanted_at=now, limit_reached=reached)
            case Answered() | Resulted() | Expired() | NotPassedOn() if command:
                after = next_state(command.command, CommandState(command.state), event)
                command = replace(command, state=after.value) if after else command
        seen.append(state_of(command, session, has_cdr=has_cdr, now=now))
    numbers = [ORDER.index(each) for each in seen]
    assert all(one <= other for one, other in pairwise(numbers)), seen


def test_every_state_can_be_reached() -> None:
    running = pushed(None, "ACTIVE", BEGAN)
    limited = replace(COMMAND, limit_reached="{}", stop_wanted_at=BEGAN)
    told = {
        state_of(COMMAND, None, has_cdr=False, now=BEGAN),
        state_of(replace(COMMAND, state="REJECTED"), None, has_cdr=False, now=BEGAN),
        state_of(replace(COMMAND, state="LATE_ACCEPTED"), None, has_cdr=False, now=BEGAN),
        state_of(COMMAND, running, has_cdr=False, now=BEGAN),
        state_of(COMMAND, replace(running, stop_asked_at=BEGAN), has_cdr=False, now=BEGAN),
        state_of(COMMAND, pushed(running, "COMPLETED", BEGAN), has_cdr=False, now=BEGAN),
        state_of(limited, running, has_cdr=True, now=BEGAN),
    }
    assert told == set(State)
