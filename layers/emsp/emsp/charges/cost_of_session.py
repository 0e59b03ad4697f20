"""Return the cost so far of the session that a command started."""

from dataclasses import dataclass

from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.credible_times import Seen
from emsp.ocpi.json_text import JsonObject
from emsp.pushes.current_session import current_session
from emsp.stores.sessions import SessionStore


@dataclass(frozen=True)
class CostOfSession:
    """Reads a session and prices it."""

    sessions: SessionStore
    cost: CostSoFar

    def __call__(self, session_key: str) -> JsonObject | None:
        """Return `cost_so_far` as in find_charges, or None if the CDR has arrived. Raises
        StoreUnavailable.
        """
        stored = self.sessions.get(session_key)
        if stored is None or stored.closed_by_cdr:
            return None
        return self.cost.for_events(current_session(stored), Seen.of(stored))
