"""The routes of stations: near a point, one in full, and what a charge would cost."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from emsp.catalogue.find_locations import FindLocations, UnknownLocation
from emsp.catalogue.plugs import evses_of, power_w
from emsp.charges.estimate_price import EstimatePrice
from emsp.deadline import Deadline
from emsp.driver_api.charge_view import Money
from emsp.driver_api.http_api import caller
from emsp.driver_api.opening import open_at
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.driver_api.signed_in import Driver
from emsp.driver_api.start_charge import AtStation
from emsp.invocation import ObjectId
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json, objects_in

DEFAULT_LIMIT: Final = 50
STATIONS_AT_MOST: Final = 200
"""How many stations the pages of one search contain."""
UID_AT_MOST: Final = 300


class ExpectedRetailPrice(BaseModel):
    """What the driver pays by a price plan; `cost` is null where it is from `least` to `most`."""

    cost: Money | None = None
    least: Money | None = None
    most: Money | None = None


class ExpectedPrice(BaseModel):
    """What the charge costs by the CPO's tariffs; `cost` is null where it is from `least` to `most`."""

    currency: str | None = None
    cost: Money | None = None
    least: Money | None = None
    most: Money | None = None
    retail: ExpectedRetailPrice | None = Field(
        None, description="What the driver pays, where the driver has a price plan"
    )


class StationConnector(BaseModel):
    """A plug."""

    id: str
    standard: str | None = None
    format: str | None = None
    power_type: str | None = None
    max_power_w: int | None = None
    price: ExpectedPrice | None = None


class Evse(BaseModel):
    """A charging point; one car at a time."""

    uid: str
    evse_id: str | None = None
    status: str | None = None
    connectors: list[StationConnector]


class StationView(BaseModel):
    """A location of a CPO."""

    country_code: str
    party_id: str
    location_id: str
    name: str | None = None
    address: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    distance_m: int | None = None
    open_now: bool | None = Field(None, description="null: the CPO states no opening times")
    as_of: datetime | None = Field(None, description="Since when the states are known to be so")
    evses: list[Evse]


class Stations(BaseModel):
    """The nearest first."""

    stations: list[StationView]
    next: str | None = Field(None, description="Goes into the next call, with the same question")


class StationDetails(StationView):
    """Everything that the CPO states about a station."""

    fresh: bool = Field(description="Whether the states are the Hub's word of now")
    location: dict[str, Any] = Field(
        description="OCPI's Location: opening_times, images, directions, parking_restrictions, operator, ..."
    )


class EstimateRequest(BaseModel):
    """The body of POST /estimates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    station: AtStation
    evse_uid: ObjectId | None = None
    connector_id: ObjectId
    energy_kwh: Annotated[float, Field(ge=0, le=10_000)] | None = None
    minutes: Annotated[float, Field(ge=0, le=10_080)] | None = None
    parking_minutes: Annotated[float, Field(ge=0, le=10_080)] | None = None


@dataclass(frozen=True)
class StationRoutes:
    """What the routes of stations use."""

    find: FindLocations
    estimate: EstimatePrice
    admit: Callable[[Driver], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def price_of(answered: JsonObject) -> ExpectedPrice:
    """Return the price in a connector from find_locations, or in an answer of estimate_price."""
    currency, retail = _text(answered.get("currency")), answered.get("retail")
    of_plan = ExpectedRetailPrice(**_amounts(currency, retail)) if isinstance(retail, dict) else None
    return ExpectedPrice(currency=currency, retail=of_plan, **_amounts(currency, answered))


def _amounts(currency: str | None, answered: JsonObject) -> dict[str, Money | None]:
    return {name: _money(currency, answered.get(name)) for name in ("cost", "least", "most")}


def add_stations(resolver: APIGatewayHttpResolver, routes: Callable[[], StationRoutes]) -> None:
    @resolver.get(
        "/stations",
        summary="Stations near a point",
        description="One connector fits all filters. With energy_kwh or minutes each has a price.",
        tags=["stations"],
        operation_id="list_stations",
    )
    def list_stations(  # noqa: PLR0917  # the query
        latitude: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
        longitude: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
        radius_m: Annotated[float, Query(ge=1, le=50_000, allow_inf_nan=False)] = 5_000,
        power_type: Annotated[
            str, Query(pattern="^[A-Za-z0-9_]{0,20}$", description="AC, DC or a PowerType")
        ] = "",
        min_power_w: Annotated[float, Query(ge=0, le=10_000_000, allow_inf_nan=False)] = 0,
        standard: Annotated[str | None, Query(max_length=40, description="OCPI's ConnectorType")] = None,
        available: Annotated[bool, Query()] = False,
        open_now: Annotated[bool, Query(description="Leaves out what is closed")] = False,
        energy_kwh: Annotated[float | None, Query(gt=0, le=10_000, allow_inf_nan=False)] = None,
        minutes: Annotated[float | None, Query(ge=1, le=10_080, allow_inf_nan=False)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = DEFAULT_LIMIT,
        next_: Annotated[str | None, Query(alias="next", pattern="^[0-9]{1,3}$")] = None,
    ) -> Stations:
        driver, uses, begin = caller(resolver), routes(), int(next_ or 0)
        end = min(begin + limit, STATIONS_AT_MOST)
        if begin >= end:
            return Stations(stations=[], next=None)
        asked: JsonObject = {
            "latitude": _number(latitude),
            "longitude": _number(longitude),
            "radius_m": _number(radius_m),
            "min_power_w": _number(min_power_w),
            "power_type": power_type,
            "standards": [standard] if standard else [],
            "statuses": ["AVAILABLE"] if available else [],
            "limit": end,
        }
        charge = _charge(energy_kwh=energy_kwh, minutes=minutes)
        if charge:
            asked |= {"estimate": charge, "token_uid": driver.uid}
        answer = uses.find(asked, resolver.context["deadline"])
        stations = []
        for each in cast("list[JsonObject]", answer["locations"])[begin:]:
            view = _station(each, uses.now(), priced=bool(charge))
            if not (open_now and view.open_now is False):
                stations.append(view)
        more = end < min(cast("int", answer["found"]), STATIONS_AT_MOST)
        return Stations(stations=stations, next=str(end) if more else None)

    @resolver.get(
        "/stations/<country_code>/<party_id>/<location_id>",
        summary="A station in full",
        tags=["stations"],
        operation_id="get_station",
    )
    def get_station(
        country_code: Annotated[str, Path(min_length=2, max_length=2)],
        party_id: Annotated[str, Path(min_length=1, max_length=3)],
        location_id: Annotated[str, Path(min_length=1, max_length=UID_AT_MOST)],
        fresh: Annotated[bool, Query(description="Ask the Hub for the states of now")] = False,
    ) -> StationDetails:
        uses = routes()
        if fresh:
            uses.admit(caller(resolver))
        wanted: JsonObject = {"country_code": country_code, "party_id": party_id, "id": unquote(location_id)}
        found = _one(uses.find, {"location": wanted, "fresh": fresh}, resolver.context["deadline"])
        location = cast("JsonObject", found["object"])
        view = _station(found, uses.now(), priced=False)
        return StationDetails(
            **view.model_dump(), fresh=bool(found["fresh"]), location=_plain_object(location)
        )

    @resolver.post(
        "/estimates",
        summary="What a charge at a connector would cost",
        tags=["stations"],
        operation_id="estimate_price",
    )
    def estimate_price(expected: EstimateRequest) -> ExpectedPrice:
        uid = caller(resolver).uid
        station = expected.station
        at: JsonObject = {
            "country_code": station.country_code,
            "party_id": station.party_id,
            "location_id": station.location_id,
            "evse_uid": expected.evse_uid,
            "connector_id": expected.connector_id,
        }
        numbers = _charge(
            energy_kwh=expected.energy_kwh,
            minutes=expected.minutes,
            parking_minutes=expected.parking_minutes,
        )
        return price_of(routes().estimate({"connector": at, "token_uid": uid, **numbers}))


def _one(find: FindLocations, payload: JsonObject, deadline: Deadline) -> JsonObject:
    try:
        [found] = cast("list[JsonObject]", find(payload, deadline)["locations"])
    except UnknownLocation as error:
        raise ProblemFound(Problems.NOT_FOUND, str(error)) from None
    if cast("JsonObject", found["object"]).get("publish") is False:
        raise ProblemFound(Problems.NOT_FOUND, "the CPO does not publish this location")
    return found


def _station(found: JsonObject, now: datetime, *, priced: bool) -> StationView:
    location = cast("JsonObject", found["object"])
    place = location.get("coordinates")
    coordinates = place if isinstance(place, dict) else {}
    return StationView(
        country_code=str(location.get("country_code")),
        party_id=str(location.get("party_id")),
        location_id=str(location.get("id")),
        **{name: _text(location.get(name)) for name in ("name", "address", "city")},
        latitude=_degrees(coordinates.get("latitude")),
        longitude=_degrees(coordinates.get("longitude")),
        distance_m=cast("int | None", found.get("distance_m")),
        open_now=open_at(location, now, _text(location.get("time_zone"))),
        as_of=datetime.fromisoformat(str(found["as_of"])),
        evses=[
            Evse(
                uid=str(evse.get("uid")),
                evse_id=_text(evse.get("evse_id")),
                status=_text(evse.get("status")),
                connectors=[
                    StationConnector(
                        id=str(each.get("id")),
                        **{name: _text(each.get(name)) for name in ("standard", "format", "power_type")},
                        max_power_w=power_w(each),
                        price=price_of(each) if priced else None,
                    )
                    for each in objects_in(evse, "connectors")
                ],
            )
            for evse in evses_of(location)
        ],
    )


def _charge(**numbers: float | None) -> JsonObject:
    return {name: _number(value) for name, value in numbers.items() if value is not None}


def _number(value: float) -> JsonValue:
    """Return a number in the form that our payloads use."""
    number: Any = float(value)
    return cast("JsonValue", number)


def _plain_object(value: JsonObject) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(dump_json(value))
    return plain


def _money(currency: str | None, amount: JsonValue) -> Money | None:
    if not isinstance(amount, dict):
        return None
    return Money(
        currency=currency,
        excl_vat=_text(amount.get("excl_vat")),
        incl_vat=_text(amount.get("incl_vat")),
    )


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)


def _degrees(value: JsonValue) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
