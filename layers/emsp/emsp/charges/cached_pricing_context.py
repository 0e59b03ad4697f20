"""Cache the pricing context of sessions for some minutes, because sessions are pushed again and again."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from emsp.charges.pricing_context import FindPricingContext, PricingContext
from emsp.ocpi.json_text import JsonObject, dump_json, objects_in

KEPT_S: Final = 900.0
"""How long a pricing context is cached, in seconds. A pull notices a change as late."""
SESSIONS_AT_MOST: Final = 500
CHARACTERS_AT_MOST: Final = 1_500_000
"""The largest number of characters of all cached tariffs."""

_DECIDE: Final = (
    *("country_code", "party_id", "location_id", "evse_uid", "connector_id", "start_date_time"),
    *("cdr_location", "tariffs"),
)
"""The fields that decide the pricing context. The tariffs that the periods name decide them too."""


@dataclass
class CachedPricingContext:
    """Returns the cached pricing context, or calls `look_up` and raises its errors.

    A pricing context without a tariff is not cached.
    """

    look_up: FindPricingContext
    clock: Callable[[], float] = time.monotonic
    """Returns seconds since any fixed time."""
    _known: dict[bytes, tuple[float, PricingContext]] = field(default_factory=dict)
    _characters: int = 0

    def __call__(self, charge: JsonObject) -> PricingContext:
        key, now = _key(charge), self.clock()
        kept_until, context = self._known.get(key, (now, None))
        if context is not None and now < kept_until:
            return context
        context = self.look_up(charge)
        if context.tariffs:
            self._characters += context.characters
            if len(self._known) >= SESSIONS_AT_MOST or self._characters > CHARACTERS_AT_MOST:
                self._known.clear()
                self._characters = context.characters
            self._known[key] = now + KEPT_S, context
        return context


def _key(charge: JsonObject) -> bytes:
    periods = [period.get("tariff_id") for period in objects_in(charge, "charging_periods")]
    # Each tariff counts once, because it does not matter how many periods name it.
    decides = dump_json([*(charge.get(name) for name in _DECIDE), *dict.fromkeys(map(dump_json, periods))])
    return hashlib.sha256(decides.encode()).digest()
