"""Exact sums by CPO and currency. Only `to_pay_rounded` is rounded."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import text
from emsp.pricing.claim_status import ClaimStatus
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.read_tariff import word
from emsp.settlement import revenue
from emsp.settlement.csv_lines import Cell, Number
from emsp.settlement.named_sums import NamedSums
from emsp.settlement.revenue import Revenue, Revenues
from emsp.settlement.settled_cdr import SettledCdr
from emsp.settlement.settled_charge import SettledCharge

COUNTS: Final = (
    "charges",
    "cdrs",
    *(f"{each}_cdrs" for each in ClaimStatus),
    "credit_cdrs",
    "odd_dates",
    "not_told",
)
AMOUNTS: Final = ("claimed", *(each.value for each in ClaimStatus), "credits", "undisputed", "over_by")
"""The names of the amounts. A name alone is the amount with VAT, and with `_excl_vat` that without VAT."""
MONEY: Final[tuple[str, ...]] = (
    *(each for name in AMOUNTS for each in (f"{name}_excl_vat", name)),
    "net_excl_vat",
    "gst",
    "to_pay",
)
COLUMNS: Final = ("country_code", "party_id", "currency", *COUNTS, *MONEY, "to_pay_rounded")
PAISA: Final = 2


def columns(revenues: Revenues) -> tuple[str, ...]:
    """Return the columns of by_cpo.csv. If there are price plans, they include those of revenue."""
    return (*COLUMNS, *(revenue.COLUMNS if revenues.by_plan else ()))


class Sums(NamedSums):
    """The sums of one CPO in one currency.

    `not_told` is the number of charges whose net amount is unknown. `over_by` is by how much disputed CDRs
    exceed their price, as far as it is known.
    """

    COUNTED = COUNTS
    SUMMED = MONEY

    def add_cdr(self, cdr: SettledCdr) -> None:
        claim_status = cdr.claim_status
        self.counts["odd_dates"] += cdr.has_odd_date
        if claim_status is None:
            self.counts["credit_cdrs"] += 1
            self._add("credits", cdr.total)
            return
        self.counts["cdrs"] += 1
        self.counts[f"{claim_status}_cdrs"] += 1
        self._add("claimed", cdr.total)
        self._add(claim_status.value, cdr.remaining)
        self._add(ClaimStatus.CREDITED.value, cdr.credited)
        if claim_status is ClaimStatus.DISPUTED:
            self._add("over_by", cdr.over_by)

    def _add(self, name: str, amount: ClaimedAmount | None) -> None:
        if amount is not None:
            self.money[f"{name}_excl_vat"] += amount.excl_vat
            self.money[name] += amount.decisive

    def add_net(self, charge: SettledCharge) -> None:
        self.counts["charges"] += 1
        if charge.net is None:
            self.counts["not_told"] += 1
            return
        self.money["net_excl_vat"] += charge.net.excl_vat
        self.money["gst"] += charge.net.decisive - charge.net.excl_vat
        self.money["to_pay"] += charge.net.decisive
        self._add("undisputed", charge.undisputed)


type Whose = tuple[str, str, str]
"""country_code and party_id in upper case, and the currency."""


@dataclass
class ByCpo:
    """The sums of each CPO, for a settlement or for a part of it."""

    sums: dict[Whose, Sums] = field(default_factory=dict)

    def add_charge(self, charge: SettledCharge) -> None:
        for cdr in charge.cdrs:
            self._of(cdr, cdr.claimed.currency).add_cdr(cdr)
        self._of(charge.first, charge.currency).add_net(charge)

    def _of(self, cdr: SettledCdr, currency: str) -> Sums:
        country_code, party_id = (word(cdr.body.get(name)).upper() for name in ("country_code", "party_id"))
        return self.sums.setdefault((country_code, party_id, currency), Sums())

    def add(self, other: "ByCpo") -> None:
        for whose, sums in other.sums.items():
            self.sums.setdefault(whose, Sums()).add(sums)

    def rows(self, revenues: Revenues) -> Iterator[list[Cell]]:
        """Return the rows of by_cpo.csv, sorted by CPO."""
        for whose, sums in sorted(self.sums.items()):
            yield [
                *whose,
                *sums.cells(),
                Number(text(sums.money["to_pay"], PAISA)),
                *(revenues.by_cpo.get(whose, Revenue()).cells() if revenues.by_plan else ()),
            ]

    def totals(self, revenues: Revenues) -> JsonObject:
        """Return the sums over all CPOs, by currency."""
        totals: dict[str, Sums] = {}
        for (_, _, currency), sums in sorted(self.sums.items()):
            totals.setdefault(currency, Sums()).add(sums)
        return {
            currency: {
                **sums.as_json(),
                **(revenues.of_currency(currency).as_json() if revenues.by_plan else {}),
            }
            for currency, sums in totals.items()
        }

    def as_json(self) -> list[JsonObject]:
        names = ("country_code", "party_id", "currency")
        return [
            {**dict(zip(names, whose, strict=True)), **sums.as_json()}
            for whose, sums in sorted(self.sums.items())
        ]

    @classmethod
    def read(cls, values: Iterable[Mapping[str, object]]) -> Self:
        """Return the sums that as_json wrote."""
        found = cls()
        for value in values:
            whose = (str(value["country_code"]), str(value["party_id"]), str(value["currency"]))
            found.sums[whose] = Sums.read(dict(value))  # type: ignore[arg-type]
        return found
