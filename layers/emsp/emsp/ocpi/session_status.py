"""The statuses of a session (OCPI 2.2.1, Sessions module, SessionStatus)."""

from enum import StrEnum
from typing import Final

from emsp.ocpi.json_text import JsonObject


class SessionStatus(StrEnum):
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"
    PENDING = "PENDING"
    RESERVATION = "RESERVATION"


ENDED: Final = frozenset({"COMPLETED", "INVALID"})
NOT_BEGUN: Final = frozenset({"PENDING", "RESERVATION"})


def status_of(session: JsonObject) -> str:
    """Return the status in upper case, or "" if it is missing or no string."""
    status = session.get("status")
    return status.strip().upper() if isinstance(status, str) else ""
