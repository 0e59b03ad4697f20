"""Cache the surroundings of sessions for some minutes. A session is pushed repeatedly, and its surroundings
rarely change.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from emsp.charges.surroundings import FindSurroundings, Surroundings
from emsp.ocpi.json_text import JsonObject, dump_json, objects_in

KEPT_S: Final = 900.0
"""For how many seconds surroundings are cached. A pull needs as long to find a change of the catalogue."""
SESSIONS_AT_MOST: Final = 500
CHARACTERS_AT_MOST: Final = 1_500_000
"""The limit for the characters of all cached tariffs."""

_DECIDE: Final = (
    *("country_code", "party_id", "location_id", "evse_uid", "connector_id", "start_date_time"),
    *("cdr_location", "tariffs"),
)
"""The fields that surroundings depend on, besides the tariffs that periods name."""


@dataclass
class KnownSurroundings:
    """Returns cached surroundings, or else calls `look_up`, and raises its errors. Surroundings without a
    tariff are not cached.
    """

    look_up: FindSurroundings
    clock: Callable[[], float]
    """Returns seconds since any fixed moment."""
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
    # Each tariff counts once, because it does not matter how many periods name it.
    decides = dump_json([*(charge.get(name) for name in _DECIDE), *dict.fromkeys(map(dump_json, periods))])
    return hashlib.sha256(decides.encode()).digest()
