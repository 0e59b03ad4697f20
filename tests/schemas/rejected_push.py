"""A rejected push, as the event `Push Rejected`, list_rejected and dismiss_rejected tell it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Dismissed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str
    at: datetime


class Rejected(BaseModel):
    """A rejected push. Its body is in the bucket of rejected pushes, under `key`."""

    model_config = ConfigDict(extra="forbid")

    key: str
    module: Literal["sessions", "cdrs", "commands", "locations", "tariffs"]
    object_id: str | None
    party: str | None
    method: str
    path: str
    error: str
    reason: str
    tries: int
    first_received_at: datetime
    last_received_at: datetime
    request_id: str
    correlation_id: str
    dismissed: Dismissed | None = None
