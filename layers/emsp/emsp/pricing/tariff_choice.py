"""Choose the tariff of a charging period.

The period's `tariff_id` is looked up in the tariffs of the CDR, then in the pulled tariffs of its CPO. By
OCPI no tariff applies to a period without `tariff_id`. In practice, if there is only one tariff, it applies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.notes import Code, Remarks
from emsp.pricing.periods import PricingPeriod
from emsp.pricing.read_charge import Charge
from emsp.pricing.read_tariff import PricingTariff, moment_of, read_tariff, word

FOR_ROAMING = (None, "REGULAR")


@dataclass(frozen=True)
class Candidate:
    """A tariff that can be chosen. It is read when it is chosen, because it can have thousands of
    elements.
    """

    value: JsonObject
    vat_when_absent: Decimal | None

    @cached_property
    def id(self) -> str:
        return word(self.value.get("id")).casefold()

    @cached_property
    def read(self) -> PricingTariff:
        return read_tariff(self.value, self.vat_when_absent)

    def is_of(self, party: tuple[str, str]) -> bool:
        return (
            word(self.value.get("country_code")).upper(),
            word(self.value.get("party_id")).upper(),
        ) == party

    def is_for_roaming(self) -> bool:
        return (word(self.value.get("type")).upper() or None) in FOR_ROAMING

    def is_valid_at(self, moment: datetime | None) -> bool:
        starts, ends = (moment_of(self.value.get(name)) for name in ("start_date_time", "end_date_time"))
        return moment is None or ((starts is None or starts <= moment) and (ends is None or moment < ends))


@dataclass
class TariffChoice(Remarks):
    """Chooses the tariffs of one charge. `notes` are its assumptions. `reasons` say why no tariff was
    chosen.
    """

    charge: Charge
    own: Sequence[Candidate]
    pulled: Sequence[Candidate]
    _chosen: dict[str | None, PricingTariff | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls, charge: Charge, value: JsonObject, pulled: Iterable[JsonObject], vat_when_absent: Decimal | None
    ) -> "TariffChoice":
        embedded = value.get("tariffs")
        own = [each for each in embedded if isinstance(each, dict)] if isinstance(embedded, list) else []
        party = (word(value.get("country_code")).upper(), word(value.get("party_id")).upper())
        others = [Candidate(each, vat_when_absent) for each in pulled]
        return cls(
            charge,
            [Candidate(each, vat_when_absent) for each in own],
            [each for each in others if each.is_of(party)],
        )

    def tariff_for(self, period: PricingPeriod) -> PricingTariff | None:
        """Return the tariff of a period. If there is none, return None and add why to `reasons`."""
        tariff_id = period.tariff_id
        if tariff_id not in self._chosen:
            self._chosen[tariff_id] = self._choose(tariff_id)
        return self._chosen[tariff_id]

    def _choose(self, tariff_id: str | None) -> PricingTariff | None:
        tariff = self._named(tariff_id) if tariff_id else self._only()
        if tariff is None:
            return None
        if self.charge.currency and tariff.currency != self.charge.currency:
            self.reason(
                Code.OTHER_CURRENCY,
                f"{tariff} is in {tariff.currency or 'no currency'}, the charge in {self.charge.currency}",
            )
            return None
        self.reasons += tariff.reasons
        self.notes += tariff.notes
        return tariff

    def _named(self, tariff_id: str) -> PricingTariff | None:
        wanted = tariff_id.casefold()
        for tariffs in (self.own, self.pulled):
            found = [each for each in tariffs if each.id == wanted]
            if found:
                valid = [each for each in found if each.is_valid_at(self.charge.starts)]
                tariff = (valid or found)[0].read
                if not valid:
                    self.note(Code.TARIFF_NOT_VALID, f"{tariff} was not valid at the start")
                return tariff
        self.reason(Code.NO_TARIFF, f"tariff {tariff_id[:40]} is neither in the CDR nor known")
        return None

    def _only(self) -> PricingTariff | None:
        if len(self.own) == 1:
            return self.own[0].read
        for tariffs in (self.own, self.pulled):
            fitting = [
                each for each in tariffs if each.is_for_roaming() and each.is_valid_at(self.charge.starts)
            ]
            if len(fitting) == 1:
                self.note(
                    Code.TARIFF_ASSUMED,
                    f"{fitting[0].read} is the only one that can apply: no tariff_id is given",
                )
                return fitting[0].read
            if fitting:
                self.reason(Code.SEVERAL_TARIFFS, f"{len(fitting)} tariffs may apply: no tariff_id")
                return None
        self.reason(Code.NO_TARIFF, "there is no tariff that was valid at the start")
        return None


class OnlyTariff(TariffChoice):
    """Returns the same tariff for every period. The `tariff_id` of the period is ignored."""

    def _choose(self, tariff_id: str | None) -> PricingTariff | None:  # noqa: ARG002
        return super()._choose(None)
