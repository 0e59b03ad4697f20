"""Stop a running charge of a driver. Several taps within half a minute send one STOP_SESSION."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from emsp.charges.gather_charge import GatheredCharge
from emsp.commands.send_command import SendCommand
from emsp.commands.states import CommandState
from emsp.deadline import Deadline
from emsp.driver_api.charge_state import OVER, State
from emsp.driver_api.driver_of_jwt import Driver
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.pushes.current_session import current_session
from emsp.stores.sessions import SessionStore

TAPS_WITHIN_S: Final = 30
MAX_WAIT_S: Final = 5
ON_ITS_WAY: Final = frozenset({CommandState.PENDING, CommandState.SENT, CommandState.ACCEPTED})


@dataclass(frozen=True)
class StopCharge:
    """Sends STOP_SESSION for a charge."""

    sessions: SessionStore
    send: Callable[[], SendCommand]
    admit: Callable[[Driver], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, driver: Driver, charge: GatheredCharge, state: State, deadline: Deadline) -> None:
        """Stop the charge. Raises ProblemFound, and the errors of send_command."""
        if state in OVER:
            raise ProblemFound(Problems.OVER_ALREADY, f"the charge is {state}")
        if charge.session is None or charge.session_key is None:
            raise ProblemFound(Problems.NOT_STARTED_YET, f"the charge is {state}", retry_after_s=2)
        self.admit(driver)
        now = self.now()
        country_code, party_id, _ = charge.session_key.split("#", 2)
        answered = self.send()(
            {
                "command": "STOP_SESSION",
                "session_id": current_session(charge.session).get("id"),
                "to": {"country_code": country_code, "party_id": party_id},
                "idempotency_key": self._key(charge.session_key, now),
                "max_wait_s": MAX_WAIT_S,
            },
            deadline,
        )
        if answered["state"] not in ON_ITS_WAY:
            raise ProblemFound(Problems.CPO_REFUSED, f"the CPO answered {answered['state']} to STOP_SESSION")
        self.sessions.note_stop(charge.session_key, now)

    def _key(self, session_key: str, now: datetime) -> str:
        wish = int(now.timestamp()) // TAPS_WITHIN_S
        return f"driver-stop-{hashlib.sha256(session_key.encode()).hexdigest()}-{wish}"
