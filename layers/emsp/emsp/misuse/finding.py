"""A finding: the evidence that a token is probably misused. Without I/O."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from emsp.misuse.token_charge import TokenCharge
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject

CHARGES_NAMED: Final = 20
"""The largest number of charges in a finding. Its `evidence` has the number of all charges."""


class Misuse(StrEnum):
    """The kinds of findings."""

    FAR_APART = "FAR_APART"
    """Two charges are too far apart for one driver."""
    TOO_MANY_AT_ONCE = "TOO_MANY_AT_ONCE"
    REFUSED_TOKEN = "REFUSED_TOKEN"  # noqa: S105  no password
    """The last authorization had called the token BLOCKED or EXPIRED when the charge began."""
    TOO_MUCH_ENERGY = "TOO_MUCH_ENERGY"
    """The charge has more energy than the connector can deliver, or than the session or the meter shows."""
    FAILED_STARTS = "FAILED_STARTS"
    """There are many short charges without energy, at many EVSEs."""


class Severity(StrEnum):
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"


@dataclass(frozen=True)
class MisuseFinding:
    """A finding. `about` identifies it, so that it is stored once.

    `charges` are ordered by their starts, and include the examined one.
    """

    kind: Misuse
    severity: Severity
    about: tuple[str, ...]
    charges: Sequence[TokenCharge]
    message: str
    evidence: JsonObject

    @property
    def id(self) -> str:
        """The id: a hash of the ids in `about`, which does not reveal a driver."""
        return hashlib.sha256("\n".join((self.kind, *self.about)).encode()).hexdigest()[:32]

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "kind": self.kind.value,
            "severity": self.severity.value,
            "message": self.message,
            "cdr_token": self.charges[-1].token,
            "charges": [_as_json(each) for each in self.charges[:CHARGES_NAMED]],
            "evidence": self.evidence,
        }


def _as_json(charge: TokenCharge) -> JsonObject:
    return {
        "country_code": charge.country_code,
        "party_id": charge.party_id,
        "session_id": charge.session_id,
        "cdr_id": charge.cdr_id,
        "command_id": charge.command_id,
        "start_date_time": write_datetime(charge.start),
        "last_seen": write_datetime(charge.last_seen),
        "ended": charge.ended,
        "location_id": charge.location_id,
        "evse_uid": charge.evse_uid,
        "auth_method": charge.auth_method,
    }
