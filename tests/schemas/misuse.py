"""A finding of a misused token, as the event `Token Misuse Suspected` and list_misuse tell it."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from emsp.misuse.finding import Misuse, Severity


class ChargeNamed(BaseModel):
    """A charge that a finding is about. If it has `ended`, `last_seen` is its end. Only a START_SESSION that
    failed has a `command_id`.
    """

    model_config = ConfigDict(extra="forbid")

    country_code: str
    party_id: str
    session_id: str | None
    cdr_id: str | None
    command_id: str | None = None
    start_date_time: datetime
    last_seen: datetime
    ended: bool
    location_id: str
    evse_uid: str
    auth_method: str


class Suspicion(BaseModel):
    """`charges` are in the order of their starts, at most 20. The content of `evidence` depends on the
    `kind`.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    kind: Misuse
    severity: Severity
    message: str
    cdr_token: dict[str, Any]
    charges: list[ChargeNamed]
    evidence: dict[str, Any]
    found_at: datetime
