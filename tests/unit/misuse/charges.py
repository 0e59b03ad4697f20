"""Charges of a token, as the rules look at them."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from emsp.misuse.token_charge import TokenCharge

BENGALURU = (12.9756, 77.6068)
MYSURU = (12.2958, 76.6394)
"""129 km from Bengaluru."""
DELHI = (28.6139, 77.2090)
"""1,740 km from Bengaluru."""
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def a_charge(key: str, start: float = 0, end: float = 40, **changes: Any) -> TokenCharge:
    """From so many minutes after noon to so many."""
    values: dict[str, Any] = {
        "key": key,
        "country_code": "IN",
        "party_id": "CPO",
        "session_id": key,
        "cdr_id": None,
        "token": {"uid": "TOKEN1"},
        "start": at(start),
        "last_seen": at(end),
        "ended": True,
        "failed": False,
        "location_id": "LOC1",
        "evse_uid": "EVSE1",
        "auth_method": "WHITELIST",
        "position": BENGALURU,
        "session_kwh": Fraction(10),
        "session_ended": True,
        "session_seen": at(end),
    }
    return TokenCharge(**{**values, **changes})
