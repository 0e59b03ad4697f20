"""Cache surroundings for some minutes, because a session is pushed repeatedly and its surroundings stay."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from emsp.charges.surroundings import FindSurroundings, Surroundings
from emsp.ocpi.json_text import JsonObject, dump_json, objects_in

KEPT_S: Final = 900.0
"""A change of the catalogue takes this long to be pulled, so a cached value is at most one pull late."""
SESSIONS_AT_MOST: Final = 500
CHARACTERS_AT_MOST: Final = 1_500_000
"""Characters of the tariffs of all sessions that are kept."""

_DECIDE: Final = (
    *("country_code", "party_id", "location_id", "evse_uid", "connector_id", "start_date_time"),
    *("cdr_location", "tariffs"),
)
"""The fields that surroundings depend on, besides the tariffs that periods name."""


@dataclass
class KnownSurroundings:
    """Calls `look_up` for unknown surroundings, and for those without a tariff. Raises its errors."""

    look_up: FindSurroundings
    clock: Callable[[], float]
    """Seconds, from any start."""
    _known: dict[bytes, tuple[float, Surroundings]] = field(default_factory=dict)
    _characters: int = 0

    def __call__(self, charge: JsonObject) -> Surroundings:
        key, now = _key(charge), self.clock()
        kept_until, around = self._known.get(key, (now, None))
        if around is not None and now < kept_until:
            return around
        around = self.look_up(charge)
        if around.tariffs:
            self._characters += around.characters
            if len(self._known) >= SESSIONS_AT_MOST or self._characters > CHARACTERS_AT_MOST:
                self._known.clear()
                self._characters = around.characters
            self._known[key] = now + KEPT_S, around
        return around


def _key(charge: JsonObject) -> bytes:
    periods = [period.get("tariff_id") for period in objects_in(charge, "charging_periods")]
    # Each once, because the number of periods that name a tariff does not matter.
    decides = dump_json([*(charge.get(name) for name in _DECIDE), *dict.fromkeys(map(dump_json, periods))])
    return hashlib.sha256(decides.encode()).digest()
