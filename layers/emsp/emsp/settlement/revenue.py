"""Exact sums of what drivers pay, and the margin, by CPO and by price plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Self

from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in
from emsp.pricing.read_tariff import word
from emsp.retail.price_changes import PriceChange
from emsp.settlement.csv_lines import Cell
from emsp.settlement.named_sums import NamedSums
from emsp.settlement.settled_charge import SettledCharge

COUNTS: Final = ("priced_cdrs", "unpriced_cdrs")
MONEY: Final = ("revenue_excl_vat", "revenue", "margin_excl_vat")
COLUMNS: Final = (*COUNTS, *MONEY)
CPO_NAMES: Final = ("country_code", "party_id", "currency")
PLAN_NAMES: Final = ("plan_id", "currency")
LISTED_AT_MOST: Final = 200
"""The largest number of CPOs, and of plans, in the manifest. The files have all."""


class Revenue(NamedSums):
    """The sums of one CPO or one plan. `revenue` is with VAT.

    `unpriced_cdrs` counts CDRs that have a plan but no price. No other sum includes them.
    """

    COUNTED = COUNTS
    SUMMED = MONEY

    def add_change(self, change: PriceChange) -> None:
        cost, claimed = change.cost, change.claimed
        if cost is None or claimed is None:
            self.counts["unpriced_cdrs"] += change.is_new
            return
        self.counts["priced_cdrs"] += change.is_new
        self.money["revenue_excl_vat"] += cost.excl_vat
        self.money["revenue"] += cost.incl_vat
        self.money["margin_excl_vat"] += cost.excl_vat - claimed


type Groups = dict[tuple[str, ...], Revenue]
"""Maps the values of CPO_NAMES or PLAN_NAMES to their sums."""


@dataclass
class Revenues:
    """The sums by CPO and by plan, for a settlement or for a part of it. They are empty without price
    plans.
    """

    by_cpo: Groups = field(default_factory=dict)
    by_plan: Groups = field(default_factory=dict)

    def add_charge(self, charge: SettledCharge) -> None:
        body, currency = charge.first.body, charge.currency
        for change in charge.price_changes:
            cpo = (word(body.get("country_code")).upper(), word(body.get("party_id")).upper(), currency)
            plan = (word(change.decision.plan.get("id")), currency)
            for groups, whose in ((self.by_cpo, cpo), (self.by_plan, plan)):
                groups.setdefault(whose, Revenue()).add_change(change)

    def add(self, other: "Revenues") -> None:
        for mine, others in ((self.by_cpo, other.by_cpo), (self.by_plan, other.by_plan)):
            for whose, revenue in others.items():
                mine.setdefault(whose, Revenue()).add(revenue)

    def plan_rows(self) -> Iterator[list[Cell]]:
        """Return the rows of by_plan.csv."""
        for whose, revenue in sorted(self.by_plan.items()):
            yield [*whose, *revenue.cells()]

    def of_currency(self, currency: str) -> Revenue:
        total = Revenue()
        for (*_, each), revenue in self.by_plan.items():
            if each == currency:
                total.add(revenue)
        return total

    def as_json(self, at_most: int | None = None) -> JsonObject:
        return {
            "by_cpo": _listed(CPO_NAMES, self.by_cpo, at_most),
            "by_plan": _listed(PLAN_NAMES, self.by_plan, at_most),
        }

    @classmethod
    def read(cls, value: JsonObject) -> Self:
        """Return the sums that as_json wrote."""
        return cls(*(_read(value, *each) for each in (("by_cpo", CPO_NAMES), ("by_plan", PLAN_NAMES))))


def _listed(names: tuple[str, ...], groups: Groups, at_most: int | None) -> JsonValue:
    return [
        {**dict(zip(names, whose, strict=True)), **revenue.as_json()}
        for whose, revenue in sorted(groups.items())[:at_most]
    ]


def _read(value: JsonObject, group: str, names: tuple[str, ...]) -> Groups:
    return {
        tuple(word(each[name]) for name in names): Revenue.read(each) for each in objects_in(value, group)
    }
