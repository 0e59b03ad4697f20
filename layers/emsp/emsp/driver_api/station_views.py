"""Stations and prices as an app sees them."""

from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field

from emsp.catalogue.connector_groups import evses_of, power_w
from emsp.driver_api.money import Money, money_of, text_of
from emsp.driver_api.opening_times import open_at
from emsp.driver_api.start_charge import AtStation
from emsp.invocation import ObjectId
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, objects_in


class ExpectedRetailPrice(BaseModel):
    """What the driver pays by a price plan. If only a range is known, `cost` is null, and `least` and `most`
    are set.
    """

    cost: Money | None = None
    least: Money | None = None
    most: Money | None = None


class ExpectedPrice(BaseModel):
    """The price by the CPO's tariffs. If only a range is known, `cost` is null, and `least` and `most` are
    set.
    """

    currency: str | None = None
    cost: Money | None = None
    least: Money | None = None
    most: Money | None = None
    retail: ExpectedRetailPrice | None = Field(
        None, description="What the driver pays, if the driver has a price plan"
    )


class StationConnector(BaseModel):
    """A connector."""

    id: str
    standard: str | None = None
    format: str | None = None
    power_type: str | None = None
    max_power_w: int | None = None
    price: ExpectedPrice | None = None


class Evse(BaseModel):
    """A charging point, which charges one car at a time."""

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
    open_now: bool | None = Field(None, description="Null if the CPO states no opening times")
    as_of: datetime | None = Field(None, description="Last time at which the states were known to be right")
    evses: list[Evse]


class Stations(BaseModel):
    """A page of stations, nearest first."""

    stations: list[StationView]
    next: str | None = Field(None, description="Send it with the next request, with the same parameters")


class StationDetails(StationView):
    """All data of a station."""

    fresh: bool = Field(description="Whether the states were read from the Hub now")
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


def price_of(answered: JsonObject) -> ExpectedPrice:
    """Return the price of a connector in find_locations, or of an answer of estimate_price."""
    currency, retail = text_of(answered.get("currency")), answered.get("retail")
    of_plan = ExpectedRetailPrice(**_amounts(currency, retail)) if isinstance(retail, dict) else None
    return ExpectedPrice(currency=currency, retail=of_plan, **_amounts(currency, answered))


def _amounts(currency: str | None, answered: JsonObject) -> dict[str, Money | None]:
    return {name: money_of(currency, answered.get(name)) for name in ("cost", "least", "most")}


def station_of(found: JsonObject, now: datetime, *, priced: bool) -> StationView:
    location = cast("JsonObject", found["object"])
    coordinates = as_object(location.get("coordinates"))
    return StationView(
        country_code=str(location.get("country_code")),
        party_id=str(location.get("party_id")),
        location_id=str(location.get("id")),
        **{name: text_of(location.get(name)) for name in ("name", "address", "city")},
        latitude=_degrees(coordinates.get("latitude")),
        longitude=_degrees(coordinates.get("longitude")),
        distance_m=cast("int | None", found.get("distance_m")),
        open_now=open_at(location, now, text_of(location.get("time_zone"))),
        as_of=datetime.fromisoformat(str(found["as_of"])),
        evses=[
            Evse(
                uid=str(evse.get("uid")),
                evse_id=text_of(evse.get("evse_id")),
                status=text_of(evse.get("status")),
                connectors=[
                    StationConnector(
                        id=str(each.get("id")),
                        **{name: text_of(each.get(name)) for name in ("standard", "format", "power_type")},
                        max_power_w=power_w(each),
                        price=price_of(each) if priced else None,
                    )
                    for each in objects_in(evse, "connectors")
                ],
            )
            for evse in evses_of(location)
        ],
    )


def _degrees(value: JsonValue) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
