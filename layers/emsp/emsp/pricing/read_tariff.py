"""Read a tariff for pricing: its components by dimension, in the order of the elements.

No content raises an error. What can't be read becomes a restriction that can't be judged, a component without
a price, or a reason why the tariff gives no price.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final

from emsp.ocpi.datetimes import parse_datetime
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json
from emsp.pricing.amounts import exact, text
from emsp.pricing.elements import Component, Element, Prices, Reserved
from emsp.pricing.notes import Code, Note, Remarks
from emsp.pricing.periods import Dimension
from emsp.pricing.read_restrictions import read_restrictions
from emsp.pricing.restrictions import Restriction
from emsp.pricing.timetable import Timetable

_PRICED: Final = {
    "ENERGY": Dimension.ENERGY,
    "FLAT": Dimension.FLAT,
    "PARKING_TIME": Dimension.PARKING_TIME,
    "TIME": Dimension.TIME,
}
ELEMENTS_AT_MOST: Final = 2000
"""The largest number of elements of a tariff. A larger tariff gives no price."""
PARTS_OF_AN_ELEMENT: Final = 20
"""The usual number of restrictions and price components in an element. Each further one counts as an
element.
"""
_ELEMENT_FIELDS: Final = {"price_components", "restrictions"}


@dataclass(frozen=True)
class PriceLimit:
    """min_price or max_price. Without `incl_vat` its tax is proportional to that of the session."""

    excl_vat: Fraction | None
    incl_vat: Fraction | None


@dataclass(frozen=True)
class PricingTariff:
    """One version of a tariff.

    `prices` are the components of each dimension, in the order of the elements.
    """

    country_code: str
    party_id: str
    id: str
    version: str
    currency: str
    prices: Prices
    min_price: PriceLimit | None
    max_price: PriceLimit | None
    text: JsonObject = field(repr=False)
    notes: tuple[Note, ...] = ()
    reasons: tuple[Note, ...] = ()
    size: int = 1
    """The work of a search for a price: the number of elements, plus the parts beyond PARTS_OF_AN_ELEMENT."""

    def __str__(self) -> str:
        return self._name

    @cached_property
    def _name(self) -> str:
        return (
            f"tariff {self.id} of {self.country_code}*{self.party_id} ({self.version or 'no last_updated'})"
        )

    @cached_property
    def used(self) -> dict[tuple[int, int], object]:
        """A cache for component_choice.py: one object for each component of each element."""
        return {}

    @cached_property
    def timetable(self) -> Timetable:
        """An index of `prices` by the time of day."""
        return Timetable(self.prices)

    @cached_property
    def reference(self) -> Mapping[str, str]:
        """The tariff's id, owner and version."""
        return {
            "country_code": self.country_code,
            "party_id": self.party_id,
            "id": self.id,
            "last_updated": self.version,
        }

    def all_components(self) -> Iterator[Component]:
        for found in self.prices.values():
            for _, component in found:
                yield component

    def as_json(self) -> JsonObject:
        """Return `reference`, and the SHA-256 of the tariff's JSON."""
        return {**self.reference, "sha256": hashlib.sha256(dump_json(self.text).encode()).hexdigest()}


def read_tariff(value: JsonObject, vat_when_absent: Decimal | None) -> PricingTariff:
    """Return the tariff for pricing. No content raises an error.

    `vat_when_absent` (parameter GstPercent) is the VAT rate, in percent, of a price component without `vat`.
    None means that it has no VAT, as OCPI says.
    """
    reader = _TariffReader(vat_when_absent, f"tariff {word(value.get('id'))}")
    for name in ("start_date_time", "end_date_time"):
        reader.check_time(value, name)
    size = _size(value.get("elements"))
    return PricingTariff(
        country_code=word(value.get("country_code")),
        party_id=word(value.get("party_id")),
        id=word(value.get("id")),
        version=word(value.get("last_updated")),
        currency=word(value.get("currency")).upper(),
        min_price=reader.limit(value, "min_price"),
        max_price=reader.limit(value, "max_price"),
        prices=reader.elements(value.get("elements")) if size <= ELEMENTS_AT_MOST else reader.too_large(),
        size=size,
        text=value,
        notes=tuple(dict.fromkeys(reader.notes)),
        reasons=tuple(dict.fromkeys(reader.reasons)),
    )


def _size(elements: JsonValue) -> int:
    found = 0
    for element in elements if isinstance(elements, list) else []:
        found += 1
        if isinstance(element, dict):
            parts = element.get("restrictions"), element.get("price_components")
            counts = [len(each) for each in parts if isinstance(each, dict | list)]
            found += max(0, sum(counts) - PARTS_OF_AN_ELEMENT)
    return max(found, 1)


def moment_of(value: JsonValue) -> datetime | None:
    """Return the time in a text, or None if the value is not a time."""
    try:
        return parse_datetime(word(value))
    except ValueError:
        return None


def word(value: JsonValue) -> str:
    """Return a string, or a number as text, without surrounding spaces. Any other value gives ""."""
    return (id_text(value) or "").strip()


class _TariffReader(Remarks):
    """Reads one tariff, and collects notes and reasons."""

    def __init__(self, vat_when_absent: Decimal | None, name: str) -> None:
        super().__init__()
        self._vat_when_absent = vat_when_absent
        self._name = name
        self._components_known: dict[Component, Component] = {}

    def check_time(self, value: JsonObject, name: str) -> None:
        if value.get(name) is not None and moment_of(value[name]) is None:
            self.reason(Code.INVALID_TARIFF, f"{self._name}: {name} is not a date and time")

    def limit(self, value: JsonObject, name: str) -> PriceLimit | None:
        limit = value.get(name)
        if limit is None:
            return None
        # OCPI 2.1.1 has a number here, and some CPOs still send it.
        price = limit if isinstance(limit, dict) else {"excl_vat": limit}
        excl, incl = exact(price.get("excl_vat")), exact(price.get("incl_vat"))
        if excl is None and incl is None:
            self.reason(Code.INVALID_TARIFF, f"{self._name}: {name} has no readable amount")
            return None
        return PriceLimit(excl, incl)

    def too_large(self) -> dict[tuple[Dimension, Reserved], list[tuple[Element, Component]]]:
        self.reason(
            Code.TOO_LARGE, f"{self._name} has more than {ELEMENTS_AT_MOST} elements and restrictions"
        )
        return {}

    def elements(self, value: JsonValue) -> dict[tuple[Dimension, Reserved], list[tuple[Element, Component]]]:
        prices: dict[tuple[Dimension, Reserved], list[tuple[Element, Component]]] = {}
        if not isinstance(value, list) or not value:
            self.reason(Code.INVALID_TARIFF, f"{self._name} has no elements")
            return prices
        for position, element in enumerate(value):
            place = f"{self._name}, element {position + 1}"
            if not isinstance(element, dict):
                self.reason(Code.INVALID_TARIFF, f"{place} is not an object")
                continue
            restrictions, reserved = self._restrictions(element, place)
            known = Element(position, restrictions)
            if not all(each.can_match() for each in restrictions):
                self.note(Code.DEAD_ELEMENT, f"{place}: no period can meet '{known.described}'")
            for dimension, component in self._components(element.get("price_components"), place):
                if dimension is Dimension.TIME and reserved is not Reserved.NO:
                    prices.setdefault((Dimension.RESERVATION_TIME, reserved), []).append((known, component))
                elif reserved is Reserved.NO or dimension is Dimension.FLAT:
                    prices.setdefault((dimension, reserved), []).append((known, component))
                else:
                    self.note(
                        Code.DEAD_ELEMENT, f"{place}: a reservation has no {dimension}, only TIME and FLAT"
                    )
        return prices

    def _restrictions(self, element: JsonObject, place: str) -> tuple[tuple[Restriction, ...], Reserved]:
        found, notes = read_restrictions(element.get("restrictions"), place)
        self.notes += notes
        reserved = Reserved.NO
        restrictions = element.get("restrictions")
        if isinstance(restrictions, dict) and restrictions.get("reservation") is not None:
            named = word(restrictions["reservation"]).upper()
            if named in (Reserved.RESERVATION, Reserved.RESERVATION_EXPIRES):
                reserved = Reserved(named)
        for name in sorted(element.keys() - _ELEMENT_FIELDS):
            if "restrict" in name.lower():
                misspelled, more = read_restrictions({name: element[name]}, place)
                found = (*found, *misspelled)
                self.notes += more
            else:
                self.note(Code.UNKNOWN_FIELD, f"{place} has an unknown field {name}")
        return found, reserved

    def _components(self, value: JsonValue, place: str) -> Iterator[tuple[Dimension, Component]]:
        seen: set[Dimension] = set()
        for each in value if isinstance(value, list) else [None]:
            kind = word(each.get("type")).upper() if isinstance(each, dict) else ""
            if not isinstance(each, dict) or kind not in _PRICED:
                self.reason(
                    Code.UNKNOWN_COMPONENT, f"{place} has a price component of the unknown type '{kind}'"
                )
                continue
            dimension = _PRICED[kind]
            if dimension in seen:
                self.note(Code.DEAD_ELEMENT, f"{place} has two prices for {kind}: the first counts")
                continue
            seen.add(dimension)
            yield dimension, self._component(each, place)

    def _component(self, value: JsonObject, place: str) -> Component:
        price, vat, step = exact(value.get("price")), exact(value.get("vat")), exact(value.get("step_size"))
        if price is not None and price.numerator < 0:
            self.note(Code.NEGATIVE_PRICE, f"{place} has a price below 0")
        if value.get("vat") is not None and vat is None:
            price = None
        if vat is not None and 0 < vat < 1:
            self.note(Code.VAT_IS_SHARE, f"{place} has a vat of {text(vat)}: {text(vat * 100)} %")
            vat *= 100
        if vat is None and self._vat_when_absent is not None:
            vat = Fraction(self._vat_when_absent)
            self.note(Code.VAT_ASSUMED, f"{self._name} has no vat: {self._vat_when_absent} % is configured")
        if step is None or step.numerator < 0:
            self.note(Code.UNKNOWN_FIELD, f"{place} has no readable step_size: 1 is assumed")
            step = Fraction(1)
        component = Component(price, vat, step)
        return self._components_known.setdefault(component, component)
