"""What our stores should hold, by rules simple enough to be seen to be right: keep all, then read in order.

A push counts from the moment that it was acknowledged, or that a fault left open whether it was stored.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Model:
    """Sessions as histories of pushes, CDRs by id with the first content, refused pushes by content."""

    pushes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    cdrs: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)

    def put(self, value: dict[str, Any]) -> None:
        self.pushes.setdefault(value["id"], []).append({"full": True, "body": value})

    def patch(self, session_id: str, value: dict[str, Any]) -> bool:
        """False where there is no session to patch."""
        if session_id not in self.pushes:
            return False
        self.pushes[session_id].append({"full": False, "body": value})
        return True

    def post(self, value: dict[str, Any]) -> bool:
        """False where another CDR has that id."""
        first = self.cdrs.setdefault(value["id"], value)
        if first != value:
            return False
        if value.get("session_id"):
            self.closed.add(value["session_id"])
        return True

    def session(self, session_id: str) -> dict[str, Any] | None:
        """The session after all its pushes in the order of last_updated, which no two share."""
        if session_id not in self.pushes:
            return None
        now: dict[str, Any] | None = None
        done = []
        for push in sorted(self.pushes[session_id], key=lambda push: str(push["body"]["last_updated"])):
            if push in done:
                continue
            done.append(push)
            if push["full"]:
                now = dict(push["body"])
            elif now is not None:
                sent = push["body"].get("charging_periods", [])
                again = {period["start_date_time"] for period in sent}
                before = now.get("charging_periods", [])
                periods = [each for each in before if each["start_date_time"] not in again] + sent
                now = {**now, **push["body"], **({"charging_periods": periods} if periods else {})}
        assert now is not None
        if session_id in self.closed and now["status"] not in ("COMPLETED", "INVALID"):
            now = {"end_date_time": self._end_of(session_id), **now, "status": "COMPLETED"}
        return now

    def _end_of(self, session_id: str) -> str:
        return next(
            str(cdr["end_date_time"]) for cdr in self.cdrs.values() if cdr.get("session_id") == session_id
        )
