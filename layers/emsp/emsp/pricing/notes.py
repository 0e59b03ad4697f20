"""Remarks about a price. Each has a fixed code, and a message with the facts."""

from dataclasses import dataclass, field
from enum import StrEnum

from emsp.ocpi.json_text import JsonObject


class Code(StrEnum):
    """The codes: why there is no price, what was assumed, what looks wrong. docs/charges.md explains each."""

    # Why there is no price.
    NO_TARIFF = "NO_TARIFF"
    SEVERAL_TARIFFS = "SEVERAL_TARIFFS"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    SEVERAL_TARIFFS_WITH_LIMITS = "SEVERAL_TARIFFS_WITH_LIMITS"
    INVALID_VOLUME = "INVALID_VOLUME"
    INVALID_PERIOD = "INVALID_PERIOD"
    INVALID_CHARGE = "INVALID_CHARGE"
    INVALID_TARIFF = "INVALID_TARIFF"
    NOT_MEASURED = "NOT_MEASURED"
    NO_TIME_ZONE = "NO_TIME_ZONE"
    UNKNOWN_RESTRICTION = "UNKNOWN_RESTRICTION"
    INVALID_RESTRICTION = "INVALID_RESTRICTION"
    UNKNOWN_COMPONENT = "UNKNOWN_COMPONENT"
    NOT_DIVIDED = "NOT_DIVIDED"
    NO_PARKING_TIME = "NO_PARKING_TIME"
    CATALOGUE_NOT_READ = "CATALOGUE_NOT_READ"
    CONTRADICTED = "CONTRADICTED"
    TOO_LARGE = "TOO_LARGE"
    # Remarks beside a price.
    PERIOD_SPANS_CHANGE = "PERIOD_SPANS_CHANGE"
    PERIOD_BEFORE_START = "PERIOD_BEFORE_START"
    PERIOD_AFTER_END = "PERIOD_AFTER_END"
    PERIODS_UNORDERED = "PERIODS_UNORDERED"
    DUPLICATE_DIMENSION = "DUPLICATE_DIMENSION"
    UNKNOWN_DIMENSION = "UNKNOWN_DIMENSION"
    TARIFF_ASSUMED = "TARIFF_ASSUMED"
    TARIFF_NOT_VALID = "TARIFF_NOT_VALID"
    UNKNOWN_TIME_ZONE = "UNKNOWN_TIME_ZONE"
    TOTAL_TIME_IN_SECONDS = "TOTAL_TIME_IN_SECONDS"
    NO_PERIODS = "NO_PERIODS"
    ENERGY_NOT_DIVIDED = "ENERGY_NOT_DIVIDED"
    ENERGY_FED_BACK = "ENERGY_FED_BACK"
    VAT_ASSUMED = "VAT_ASSUMED"
    VAT_IS_SHARE = "VAT_IS_SHARE"
    LIMIT_VAT_ASSUMED = "LIMIT_VAT_ASSUMED"
    DEAD_ELEMENT = "DEAD_ELEMENT"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    NEGATIVE_PRICE = "NEGATIVE_PRICE"
    TIME_BY_CLOCK = "TIME_BY_CLOCK"
    TIME_ZONE_ASSUMED = "TIME_ZONE_ASSUMED"
    TARIFF_SEEN_LATER = "TARIFF_SEEN_LATER"
    # Assumptions of an estimate.
    MINUTES_ASSUMED = "MINUTES_ASSUMED"
    ENERGY_ASSUMED = "ENERGY_ASSUMED"


@dataclass(frozen=True, slots=True)
class Note:
    """One remark. `code` is fixed, `message` is for people."""

    code: Code
    message: str

    def as_json(self) -> JsonObject:
        return {"code": self.code.value, "message": self.message}


@dataclass
class Remarks:
    """The notes and the reasons that result from reading and pricing a charge.

    If there are `reasons`, there is no price.
    """

    notes: list[Note] = field(default_factory=list, kw_only=True)
    reasons: list[Note] = field(default_factory=list, kw_only=True)

    def note(self, code: Code, message: str) -> None:
        self.notes.append(Note(code, message))

    def reason(self, code: Code, message: str) -> None:
        self.reasons.append(Note(code, message))
