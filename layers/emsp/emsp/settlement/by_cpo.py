"""Sums by CPO and currency, exact to the end: the only rounding is that of `to_pay_rounded`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Self

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import DIGITS_AT_MOST, ZERO, exact, text
from emsp.pricing.read_tariff import word
from emsp.settlement.charge import SettledCharge
from emsp.settlement.files import paid
from emsp.settlement.settled_cdr import SettledCdr, Standing
from emsp.settlement.spreadsheet import Cell, Number, count_of, exact_number

COUNTS: Final = ("charges", "cdrs", *(f"{each}_cdrs" for each in Standing), "credit_cdrs", "not_told")
MONEY: Final[tuple[str, ...]] = (
    "claimed",
    *(each.value for each in Standing),
    "credits",
    "net_excl_vat",
    "gst",
    "to_pay",
    "over_by",
)
COLUMNS: Final = ("country_code", "party_id", "currency", *COUNTS, *MONEY, "to_pay_rounded")
PAISA: Final = 2


@dataclass
class Sums:
    """Of one CPO in one currency. `not_told`: charges whose net can't be told; `over_by`: what disputed CDRs
    claim beyond their tariff, where that is told.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    money: dict[str, Fraction] = field(default_factory=lambda: dict.fromkeys(MONEY, ZERO))

    def add(self, other: "Sums") -> None:
        for name, count in other.counts.items():
            self.counts[name] += count
        for name, amount in other.money.items():
            self.money[name] += amount

    def add_cdr(self, cdr: SettledCdr) -> None:
        amount = paid([cdr.total])
        if cdr.standing is None:
            self.counts["credit_cdrs"] += 1
            self.money["credits"] += amount
            return
        self.counts["cdrs"] += 1
        self.counts[f"{cdr.standing}_cdrs"] += 1
        self.money["claimed"] += amount
        self.money[cdr.standing] += amount
        if cdr.standing is Standing.DISPUTED:
            self.money["over_by"] += cdr.over_by

    def add_net(self, charge: SettledCharge) -> None:
        self.counts["charges"] += 1
        if charge.net is None or charge.to_pay is None:
            self.counts["not_told"] += 1
            return
        self.money["net_excl_vat"] += charge.net.excl_vat
        self.money["gst"] += charge.gst or ZERO
        self.money["to_pay"] += charge.to_pay

    def as_json(self) -> JsonObject:
        return {**self.counts, **{name: text(amount, DIGITS_AT_MOST) for name, amount in self.money.items()}}

    @classmethod
    def read(cls, value: JsonObject) -> Self:
        counts = {name: int(str(value[name])) for name in COUNTS}
        return cls(counts, {name: exact(value[name]) or ZERO for name in MONEY})


type Whose = tuple[str, str, str]
"""country_code and party_id in upper case, currency."""


@dataclass
class ByCpo:
    """The sums of a settlement, or of a part of it."""

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

    def rows(self) -> Iterator[list[Cell]]:
        """Below COLUMNS, the CPOs in their order."""
        for whose, sums in sorted(self.sums.items()):
            yield [
                *whose,
                *(count_of(each) for each in sums.counts.values()),
                *(exact_number(each) for each in sums.money.values()),
                Number(text(sums.money["to_pay"], PAISA)),
            ]

    def totals(self) -> JsonObject:
        """The sums of all CPOs, by currency."""
        totals: dict[str, Sums] = {}
        for (_, _, currency), sums in sorted(self.sums.items()):
            totals.setdefault(currency, Sums()).add(sums)
        return {currency: sums.as_json() for currency, sums in totals.items()}

    def as_json(self) -> list[JsonObject]:
        names = ("country_code", "party_id", "currency")
        return [
            {**dict(zip(names, whose, strict=True)), **sums.as_json()}
            for whose, sums in sorted(self.sums.items())
        ]

    @classmethod
    def read(cls, values: Iterable[Mapping[str, object]]) -> Self:
        """What as_json wrote."""
        found = cls()
        for value in values:
            whose = (str(value["country_code"]), str(value["party_id"]), str(value["currency"]))
            found.sums[whose] = Sums.read(dict(value))  # type: ignore[arg-type]
        return found
