"""The estimated price of a charge: one price, or the lowest and the highest if something is unknown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Final

from emsp.charges.expected_charge import ExpectedCharge, completed, hypothetical_charge
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in
from emsp.pricing.amounts import Amount, higher, lower, text, text_or_none
from emsp.pricing.findings import ASSUMPTIONS
from emsp.pricing.local_time import zone_named
from emsp.pricing.notes import Code, Note
from emsp.pricing.price_session import PERIODS_AT_MOST, price
from emsp.pricing.priced import Priced, without_price
from emsp.pricing.read_tariff import PricingTariff, read_tariff, word

WORK_AT_MOST: Final = 200_000
"""The limit of the work (periods times elements) for all tariffs, because a driver waits for the answer."""
READING: Final = 4
"""Reading an element of a tariff takes as long as comparing it with this many periods."""
TARIFFS_AT_MOST: Final = 10
"""The largest number of tariffs. If there are more, no price is computed."""
_OTHERWISE: Final = "en"


@dataclass(frozen=True)
class Estimate:
    """The charge that a driver expects, and its price by each tariff that may apply."""

    expected: ExpectedCharge
    time_zone: str | None
    tariffs: tuple[PricingTariff, ...]
    priced: tuple[Priced, ...]
    findings: tuple[Note, ...]
    assumptions: tuple[Note, ...]
    work: int = 0
    """The work that it took: periods times elements, and READING for each element."""

    @property
    def only(self) -> Priced | None:
        """The price if only one tariff may apply, or None."""
        return self.priced[0] if len(self.priced) == 1 else None

    @property
    def currency(self) -> str | None:
        """The currency of the tariffs, or None if there are no tariffs or several currencies."""
        currencies = {each.currency for each in self.tariffs}
        return currencies.pop() if len(currencies) == 1 else None

    @property
    def least(self) -> Amount | None:
        return None if self.currency is None else _over([each.least for each in self.priced], lower)

    @property
    def most(self) -> Amount | None:
        return None if self.currency is None else _over([each.most for each in self.priced], higher)

    def as_json(self, language: str) -> JsonObject:
        """Return the estimate as JSON. Amounts are decimal strings. `cost` is null if `least` and `most`
        differ.
        """
        only = self.only
        return {
            "charge": self._charge(),
            "currency": self.currency,
            "cost": only.total.as_json() if only and only.total else None,
            "least": self.least.as_json() if self.least else None,
            "most": self.most.as_json() if self.most else None,
            "parts": [
                {"part": part.value, **amount.as_json()}
                for part, amount in (only.parts if only else {}).items()
            ],
            "lines": [line.as_json() for line in (only.lines if only else ())],
            "limits": [limit.as_json() for limit in (only.limits if only else ())],
            "findings": [each.as_json() for each in self.findings],
            "assumptions": [each.as_json() for each in self.assumptions],
            "tariffs": [_with_words(each, language) for each in self.tariffs],
        }

    def _charge(self) -> JsonObject:
        expected, end = self.expected, self.expected.end
        return {
            "start_date_time": write_datetime(expected.start),
            "end_date_time": None if end is None else write_datetime(end),
            "time_zone": self.time_zone,
            "energy_kwh": text_or_none(expected.energy),
            "minutes": None if expected.charging is None else _minutes(expected.charging.total_seconds()),
            "parking_minutes": _minutes(expected.parking.total_seconds()),
        }


def estimate(
    expected: ExpectedCharge,
    tariffs: Sequence[JsonObject],
    time_zone: str | None,
    vat_when_absent: Decimal | None,
    *,
    power_w: int | None = None,
    assumed: Iterable[Note] = (),
    work_at_most: int = WORK_AT_MOST,
) -> Estimate:
    """Return the price of the expected charge by each of `tariffs`. Any of them may apply.

    `power_w` is the connector's power. Energy or minutes that the driver did not state are computed from it.
    Raises InvalidInvocation if they are needed and `power_w` is None. The content of a tariff raises no
    error.
    """
    read = tuple(read_tariff(each, vat_when_absent) for each in tariffs[:TARIFFS_AT_MOST])
    full, filled_in = completed(expected, read, power_w)
    zone = zone_named(time_zone)
    work = work_at_most // max(len(read), 1)
    charges = [
        hypothetical_charge(full, each, zone, min(work // each.size, PERIODS_AT_MOST)) for each in read
    ]
    priced = tuple(
        price(charge, [each.text], time_zone, vat_when_absent, work_at_most=work)
        for charge, each in zip(charges, read, strict=True)
    )
    if len(tariffs) > len(read):
        message = f"{len(tariffs)} tariffs may apply: {len(read)} are priced"
        priced = (*priced, without_price(Note(Code.TOO_LARGE, message)))
    findings = _not_one_tariff(read)
    notes = [*assumed, *filled_in]
    for each in priced:
        findings += [*each.reasons, *(note for note in each.notes if note.code not in ASSUMPTIONS)]
        notes += [note for note in each.notes if note.code in ASSUMPTIONS]
    return Estimate(
        full,
        time_zone,
        read,
        priced,
        tuple(dict.fromkeys(findings)),
        tuple(dict.fromkeys(notes)),
        sum(_work(charge, each) for charge, each in zip(charges, read, strict=True)),
    )


def _work(charge: JsonObject, tariff: PricingTariff) -> int:
    return tariff.size * (READING + len([*objects_in(charge, "charging_periods")]))


def _not_one_tariff(tariffs: Sequence[PricingTariff]) -> list[Note]:
    """Return a note if no tariff, or more than one, may apply."""
    if not tariffs:
        return [Note(Code.NO_TARIFF, "there is no tariff that is valid at the start")]
    ids = ", ".join(each.id for each in tariffs)
    several = Note(Code.SEVERAL_TARIFFS, f"{len(tariffs)} tariffs may apply: {ids}")
    return [several] if len(tariffs) > 1 else []


def _over(amounts: Sequence[Amount | None], chosen: Callable[[Amount, Amount], Amount]) -> Amount | None:
    """Return the lowest or the highest amount, as `chosen` says, or None if an amount is unknown."""
    known = [each for each in amounts if each is not None]
    return reduce(chosen, known) if known and len(known) == len(amounts) else None


def _minutes(seconds: float) -> str:
    return text(Fraction(repr(seconds)) / 60, 3)


def _with_words(tariff: PricingTariff, language: str) -> JsonObject:
    url = tariff.text.get("tariff_alt_url")
    return {
        **tariff.as_json(),
        "tariff_alt_text": _words(tariff, language),
        "tariff_alt_url": url if isinstance(url, str) else None,
    }


def _words(tariff: PricingTariff, language: str) -> JsonValue:
    """Return the tariff's text for the driver.

    It is in this language, or in its main language ("en" for "en-IN"), or in English, or in any.
    """
    found = [
        {"language": word(each.get("language")), "text": word(each.get("text"))}
        for each in objects_in(tariff.text, "tariff_alt_text")
        if word(each.get("text"))
    ]
    for wanted in (language, language.partition("-")[0], _OTHERWISE):
        for each in found:
            if each["language"].casefold() == wanted.casefold():
                return {**each}
    return {**found[0]} if found else None
