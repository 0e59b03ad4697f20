"""What a session has cost until now: what its CPO says, and what it would cost by its tariff if it ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.charges.amounts import Amount, exact, text
from emsp.charges.findings import ASSUMPTIONS
from emsp.charges.notes import Code, Note
from emsp.charges.price_session import Priced, price
from emsp.charges.read_tariff import moment_of, word
from emsp.charges.rules import PricingRules
from emsp.charges.surroundings import FindSurroundings
from emsp.log import log
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.stores.table import StoreUnavailable

NOTES_AT_MOST: Final = 10
"""Reasons, and assumptions, that are told: an event has to stay small."""


@dataclass(frozen=True)
class ByCpo:
    """A session's total_cost; None: not told, or unreadable."""

    excl_vat: Fraction | None
    incl_vat: Fraction | None

    @property
    def decisive(self) -> Fraction | None:
        """With VAT, where that is told."""
        return self.excl_vat if self.incl_vat is None else self.incl_vat

    def as_json(self) -> JsonObject | None:
        if self.decisive is None:
            return None
        return {"excl_vat": _text(self.excl_vat), "incl_vat": _text(self.incl_vat)}


@dataclass(frozen=True)
class SoFar:
    """`by_tariff` None: the catalogue could not be read. `assumed`: what is not in the session itself."""

    currency: str
    by_cpo: ByCpo
    by_tariff: Priced | None
    assumed: tuple[Note, ...] = ()

    @property
    def largest(self) -> Fraction | None:
        """The larger of both, with VAT; None where neither is known.

        A total_cost without VAT counts as it is, and a price that has bounds only counts as the lower one: it
        costs that at least.
        """
        priced = self.by_tariff
        amount = None if priced is None else priced.total or priced.least
        told = [self.by_cpo.decisive, None if amount is None else amount.incl_vat]
        return max((each for each in told if each is not None), default=None)

    def as_json(self) -> JsonObject:
        """Amounts are decimal strings. `by_tariff` is null where `reasons` say why; it is from `least` to
        `most` then, if those are told.
        """
        priced = self.by_tariff
        unread = [Note(Code.CATALOGUE_NOT_READ, "its location and tariff could not be read at that moment")]
        notes = [] if priced is None else [note for note in priced.notes if note.code in ASSUMPTIONS]
        return {
            "currency": self.currency or None,
            "by_cpo": self.by_cpo.as_json(),
            "by_tariff": _amount(priced.total if priced else None),
            "least": _amount(priced.least if priced else None),
            "most": _amount(priced.most if priced else None),
            "reasons": _notes(unread if priced is None else priced.reasons),
            "assumptions": _notes(dict.fromkeys([*self.assumed, *notes])),
        }


@dataclass(frozen=True)
class CostSoFar:
    """Prices sessions with the tariffs that check_cdr finds."""

    surroundings: FindSurroundings
    rules: PricingRules

    def __call__(self, session: JsonObject) -> SoFar:
        """Raises StoreUnavailable."""
        around = self.surroundings(session)
        priced = price(_as_if_ended(session), around.tariffs, around.time_zone, self.rules)
        return SoFar(_currency(session), _by_cpo(session), priced, around.notes)

    def told(self, session: JsonObject) -> JsonObject:
        """As events tell it, which don't wait for a catalogue that can't be read: `reasons` say so."""
        try:
            return self(session).as_json()
        except StoreUnavailable as error:
            log.warning("the cost so far is told without that by the tariff", problem=str(error))
            return SoFar(_currency(session), _by_cpo(session), None).as_json()


def _as_if_ended(session: JsonObject) -> JsonObject:
    """A session without periods has cost the time until its last push."""
    pushed, started = moment_of(session.get("last_updated")), moment_of(session.get("start_date_time"))
    running = word(session.get("status")).upper() == "ACTIVE" and session.get("end_date_time") is None
    if not running or session.get("charging_periods") or not pushed or not started or pushed < started:
        return session
    return {**session, "end_date_time": session["last_updated"]}


def _currency(session: JsonObject) -> str:
    return word(session.get("currency")).upper()


def _by_cpo(session: JsonObject) -> ByCpo:
    cost = session.get("total_cost")
    if isinstance(cost, dict):
        return ByCpo(exact(cost.get("excl_vat")), exact(cost.get("incl_vat")))
    return ByCpo(exact(cost), None)  # a bare number, as in OCPI 2.1.1


def _amount(amount: Amount | None) -> JsonValue:
    return None if amount is None else amount.as_json()


def _text(number: Fraction | None) -> str | None:
    return None if number is None else text(number)


def _notes(notes: Iterable[Note]) -> list[JsonValue]:
    told = [*notes][:NOTES_AT_MOST]
    return [{"code": each.code.value, "message": each.message} for each in told]
