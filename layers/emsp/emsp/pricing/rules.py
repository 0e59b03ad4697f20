"""How a charge is priced where OCPI leaves it open: one setting for each open rule, with its default.

The rules of OCPI 2.2.1 themselves (Tariffs and CDRs modules) are no settings.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

RULES_VERSION: Final = "1"
"""Goes up whenever the same charge could be priced differently than before; kept with every check."""


class Compared(StrEnum):
    """Which measured value a restriction on power or current is held against."""

    OWN = "own"
    """min_power against MIN_POWER, max_power against MAX_POWER: the element holds for the whole period."""
    CROSSWISE = "crosswise"
    """min_power against MAX_POWER, max_power against MIN_POWER: it held at some moment of the period."""


class Unjudged(StrEnum):
    """What a restriction counts as that the charge's data can't decide."""

    CANNOT_TELL = "cannot_tell"
    MET = "met"
    NOT_MET = "not_met"


class UnknownRestriction(StrEnum):
    """What a restriction counts as whose name OCPI does not know (a misspelled one, most often)."""

    CANNOT_TELL = "cannot_tell"
    IGNORED = "ignored"


class AfterParking(StrEnum):
    """What step_size rounds where both times are priced and charging comes last."""

    PARKING = "parking"
    LAST = "last"


class AcrossTariffs(StrEnum):
    """What step_size rounds where a session changes its tariff."""

    ONCE = "once"
    EACH_TARIFF = "each_tariff"


class Flat(StrEnum):
    """Which FLAT prices of a session are due."""

    FIRST = "first"
    EACH = "each"


class DurationFrom(StrEnum):
    """What min_duration and max_duration count from."""

    SESSION = "session"
    """The first period that is not merely reserved."""
    START_DATE_TIME = "start_date_time"


@dataclass(frozen=True)
class PricingRules:
    """The settings. `vat_when_absent` in percent; None: a component without `vat` bears none (OCPI).

    `time_tolerance_s`: by how many seconds a volume of hours with four decimals can be too long. A total that
    exceeds a multiple of step_size by no more than this for each of its volumes counts as that multiple.
    """

    vat_when_absent: Decimal | None = None
    power_compared: Compared = Compared.OWN
    power_not_measured: Unjudged = Unjudged.CANNOT_TELL
    unknown_restriction: UnknownRestriction = UnknownRestriction.CANNOT_TELL
    charging_after_parking: AfterParking = AfterParking.PARKING
    step_across_tariffs: AcrossTariffs = AcrossTariffs.ONCE
    flat: Flat = Flat.FIRST
    duration_from: DurationFrom = DurationFrom.SESSION
    time_tolerance_s: Decimal = Decimal("0.18")
    limits_on_expired_reservation: bool = False
