"""Estimate what a charge will cost at a connector, or by a tariff."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator

from emsp.catalogue.connector_groups import evses_of, power_w
from emsp.catalogue.references import ConnectorReference
from emsp.charges.estimate import estimate
from emsp.charges.expected_charge import LONGEST, ExpectedCharge
from emsp.charges.pricing_context import LookUpPricingContext, tariff_ids_of
from emsp.charges.retail_estimate import retail_estimate
from emsp.invocation import InvalidInvocation, Moment, ObjectId, Owned, OwnedObject, Payload, read_payload
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.ids import same_id
from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in, parse_json
from emsp.ocpi.parties import PartyId
from emsp.pricing.amounts import exact
from emsp.pricing.read_tariff import word
from emsp.pricing.tariff_choice import Candidate
from emsp.retail.plan import ChargeConnector, PlanId, power_type_of
from emsp.retail.plan_choice import PlanChoice
from emsp.retail.price import PlanInForce

_YEARS: Final = range(2000, 2101)
_MINUTES_AT_MOST: Final = LONGEST / timedelta(minutes=1)


def _up_to(most: float) -> Any:  # noqa: ANN401  # a part of Annotated
    return Field(strict=True, ge=0, le=most, allow_inf_nan=False)


class TariffReference(OwnedObject):
    """A tariff of a CPO."""


class EstimatePriceRequest(Payload):
    """The payload of estimate_price: a connector or a tariff, the start (default: now), and the expected
    charge.

    The car charges `energy_kwh` in `minutes`, and then stays for `parking_minutes`.
    """

    connector: ConnectorReference | None = None
    tariff: TariffReference | None = None
    start: Moment | None = None
    energy_kwh: Annotated[float, _up_to(10_000)] | None = None
    minutes: Annotated[float, _up_to(_MINUTES_AT_MOST)] | None = None
    parking_minutes: Annotated[float, _up_to(_MINUTES_AT_MOST)] = 0
    plan_id: PlanId | None = None
    token_uid: ObjectId | None = None
    """A driver's token. With a token or a plan, the answer also has what the driver pays."""
    language: Annotated[str, Field(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.connector is None) == (self.tariff is None):
            raise ValueError('give either "connector" or "tariff"')
        if self.plan_id is not None and self.token_uid is not None:
            raise ValueError('give "plan_id" or "token_uid", not both')
        if not (self.energy_kwh or self.minutes or self.parking_minutes):
            raise ValueError("give energy_kwh, minutes or parking_minutes above 0")
        if self.energy_kwh and self.minutes is not None and self.minutes < 1:
            raise ValueError("with energy_kwh, minutes must be at least 1: leave it out if unknown")
        if self.start is not None and self.start.year not in _YEARS:
            raise ValueError(f"start must be in the years {_YEARS[0]} to {_YEARS[-1]}")
        return self


@dataclass(frozen=True)
class _Place:
    """The CPO, its tariffs, and what is known about the connector."""

    owner: Owned
    tariff_ids: list[str]
    plug: ChargeConnector
    location: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class EstimatePrice:
    """Estimates the price of a charge. `gst_percent` is the VAT of tariffs that state none."""

    pricing_context: LookUpPricingContext
    gst_percent: Decimal | None
    plan_choice: PlanChoice
    our_party: PartyId
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return the estimate (see docs/charges.md). Raises InvalidInvocation and StoreUnavailable."""
        request = read_payload(EstimatePriceRequest, payload)
        expected = ExpectedCharge(
            start=(request.start or self.now()).astimezone(UTC),
            energy=exact(request.energy_kwh),
            charging=None if request.minutes is None else _minutes(request.minutes),
            parking=_minutes(request.parking_minutes),
        )
        place = self._place(request)
        context = self.pricing_context.at_location(
            _charge_of(place.owner, place.tariff_ids, expected.start), place.location
        )
        tariffs = self._tariffs(request, context.tariffs, expected.start)
        by_cpo = estimate(
            expected,
            tariffs,
            context.time_zone,
            self.gst_percent,
            power_w=place.plug.power_w,
            assumed=context.notes,
        )
        answered = by_cpo.as_json(request.language)
        plan = self._plan(request, expected.start)
        if plan is not None:
            answered["retail"] = retail_estimate(plan, place.plug, expected, by_cpo).as_json()
        return answered

    def _place(self, request: EstimatePriceRequest) -> _Place:
        if request.connector is None:
            assert request.tariff is not None  # noqa: S101  # the payload's own rule
            return _Place(request.tariff, [request.tariff.id], ChargeConnector(str(request.tariff.party), ""))
        location = self._location(request.connector)
        connectors = _connectors(request.connector, location)
        power_type = next(filter(None, (word(each.get("power_type")) for each in connectors)), "")
        plug = ChargeConnector(
            str(request.connector.party),
            request.connector.location_id,
            power_type_of(power_type),
            max((found for each in connectors if (found := power_w(each))), default=None),
        )
        tariff_ids = [each for connector in connectors for each in tariff_ids_of(connector)]
        return _Place(request.connector, tariff_ids, plug, location)

    def _tariffs(
        self, request: EstimatePriceRequest, found: Sequence[JsonObject], start: datetime
    ) -> Sequence[JsonObject]:
        """Return the requested tariff, or the connector's tariffs that apply to us at the start."""
        if request.tariff is None:
            candidates = [Candidate(each, self.gst_percent) for each in found]
            return [each.value for each in candidates if each.is_for_roaming() and each.is_valid_at(start)]
        if not found:
            raise InvalidInvocation(
                f"there is no tariff {request.tariff.key}: pull it, or check the spelling of its id"
            )
        return found

    def _plan(self, request: EstimatePriceRequest, start: datetime) -> PlanInForce | None:
        token_key = self.our_party.key_of(request.token_uid) if request.token_uid is not None else None
        return self.plan_choice.requested(request.plan_id, token_key, canonical_datetime(start))

    def _location(self, request: ConnectorReference) -> JsonObject:
        key = request.key
        stored = self.pricing_context.locations.read(key)
        value = parse_json(stored.text) if stored is not None and stored.removed_at is None else None
        if not isinstance(value, dict):
            raise InvalidInvocation(
                f"there is no location {key} in the catalogue: pull it, or check the spelling of its id"
            )
        return value


def _minutes(minutes: float) -> timedelta:
    return timedelta(microseconds=int(Decimal(repr(minutes)) * 60_000_000))


def _connectors(request: ConnectorReference, location: JsonObject) -> list[JsonObject]:
    found = [
        connector
        for evse in evses_of(location)
        if request.evse_uid is None or same_id(evse.get("uid"), request.evse_uid)
        for connector in objects_in(evse, "connectors")
        if same_id(connector.get("id"), request.connector_id)
    ]
    if not found:
        raise InvalidInvocation(
            f"location {request.location_id} has no connector {request.connector_id}"
            f" at EVSE {request.evse_uid or '(any)'}"
        )
    return found


def _charge_of(owner: Owned, tariff_ids: list[str], start: datetime) -> JsonObject:
    periods: list[JsonValue] = [{"tariff_id": each} for each in tariff_ids]
    return {
        "country_code": owner.country_code,
        "party_id": owner.party_id,
        "start_date_time": canonical_datetime(start),
        "charging_periods": periods,
    }
