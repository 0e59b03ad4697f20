"""The routes of stations: stations near a point, all data of a station, and the price of a charge."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from emsp.catalogue.find_locations import FindLocations, UnknownLocation
from emsp.charges.estimate_price import EstimatePrice
from emsp.deadline import Deadline
from emsp.driver_api.driver_of_jwt import Driver
from emsp.driver_api.http_api import caller
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.driver_api.station_views import (
    EstimateRequest,
    ExpectedPrice,
    StationDetails,
    Stations,
    price_of,
    station_of,
)
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json

DEFAULT_LIMIT: Final = 50
STATIONS_AT_MOST: Final = 200
"""The largest number of stations on all pages of a search."""
UID_AT_MOST: Final = 300

EnergyInQuery = Annotated[float | None, Query(gt=0, le=10_000, allow_inf_nan=False)]
MinutesInQuery = Annotated[float | None, Query(ge=1, le=10_080, allow_inf_nan=False)]


@dataclass(frozen=True)
class StationRoutes:
    """The use cases for the routes of stations."""

    find: FindLocations
    estimate: EstimatePrice
    admit: Callable[[Driver], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def near(self, request: JsonObject, begin: int, deadline: Deadline, *, open_now: bool) -> Stations:
        """Return the stations from number `begin` to `limit`, the nearest first."""
        end = min(cast("int", request["limit"]), STATIONS_AT_MOST)
        if begin >= end:
            return Stations(stations=[], next=None)
        answer = self.find({**request, "limit": end}, deadline)
        found = [
            station_of(each, self.now(), priced="estimate" in request)
            for each in cast("list[JsonObject]", answer["locations"])[begin:]
        ]
        more = end < min(cast("int", answer["found"]), STATIONS_AT_MOST)
        stations = [each for each in found if not (open_now and each.open_now is False)]
        return Stations(stations=stations, next=str(end) if more else None)


def add_stations(resolver: APIGatewayHttpResolver, uses: StationRoutes) -> None:
    _add_list(resolver, uses)
    _add_one(resolver, uses)
    _add_estimate(resolver, uses)


def _add_list(resolver: APIGatewayHttpResolver, uses: StationRoutes) -> None:
    @resolver.get(
        "/stations",
        summary="Stations near a point",
        description="One connector matches all filters. With energy_kwh or minutes each one has a price.",
        tags=["stations"],
        operation_id="list_stations",
    )
    def list_stations(  # noqa: PLR0917  # the query
        latitude: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
        longitude: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
        radius_m: Annotated[float, Query(ge=1, le=50_000, allow_inf_nan=False)] = 5_000,
        power_type: Annotated[
            str, Query(pattern="^[A-Za-z0-9_]{0,20}$", description="AC, DC or OCPI's PowerType")
        ] = "",
        min_power_w: Annotated[float, Query(ge=0, le=10_000_000, allow_inf_nan=False)] = 0,
        standard: Annotated[str | None, Query(max_length=40, description="OCPI's ConnectorType")] = None,
        available: Annotated[bool, Query()] = False,
        open_now: Annotated[bool, Query(description="Exclude stations that are closed now")] = False,
        energy_kwh: EnergyInQuery = None,
        minutes: MinutesInQuery = None,
        limit: Annotated[int, Query(ge=1, le=100)] = DEFAULT_LIMIT,
        next_: Annotated[str | None, Query(alias="next", pattern="^[0-9]{1,3}$")] = None,
    ) -> Stations:
        begin = int(next_ or 0)
        request: JsonObject = {
            **_numbers(latitude=latitude, longitude=longitude, radius_m=radius_m, min_power_w=min_power_w),
            "power_type": power_type,
            "standards": [standard] if standard else [],
            "statuses": ["AVAILABLE"] if available else [],
            "limit": begin + limit,
            **_estimate(caller(resolver), energy_kwh=energy_kwh, minutes=minutes),
        }
        return uses.near(request, begin, resolver.context["deadline"], open_now=open_now)


def _add_one(resolver: APIGatewayHttpResolver, uses: StationRoutes) -> None:
    @resolver.get(
        "/stations/<country_code>/<party_id>/<location_id>",
        summary="All data of a station",
        description="With energy_kwh or minutes each connector has a price.",
        tags=["stations"],
        operation_id="get_station",
    )
    def get_station(  # noqa: PLR0917  # path and query
        country_code: Annotated[str, Path(min_length=2, max_length=2)],
        party_id: Annotated[str, Path(min_length=1, max_length=3)],
        location_id: Annotated[str, Path(min_length=1, max_length=UID_AT_MOST)],
        fresh: Annotated[bool, Query(description="Ask the Hub for the current states")] = False,
        energy_kwh: EnergyInQuery = None,
        minutes: MinutesInQuery = None,
    ) -> StationDetails:
        if fresh:
            uses.admit(caller(resolver))
        wanted: JsonObject = {"country_code": country_code, "party_id": party_id, "id": unquote(location_id)}
        request: JsonObject = {"location": wanted, "fresh": fresh}
        request |= _estimate(caller(resolver), energy_kwh=energy_kwh, minutes=minutes)
        found = _one(uses.find, request, resolver.context["deadline"])
        location = cast("JsonObject", found["object"])
        view = station_of(found, uses.now(), priced="estimate" in request)
        return StationDetails(
            **view.model_dump(), fresh=bool(found["fresh"]), location=_plain_object(location)
        )


def _add_estimate(resolver: APIGatewayHttpResolver, uses: StationRoutes) -> None:
    @resolver.post(
        "/estimates",
        summary="The price of a charge at a connector",
        tags=["stations"],
        operation_id="estimate_price",
    )
    def estimate_price(expected: EstimateRequest) -> ExpectedPrice:
        at: JsonObject = {
            **expected.station.model_dump(),
            "evse_uid": expected.evse_uid,
            "connector_id": expected.connector_id,
        }
        charge = _numbers(
            energy_kwh=expected.energy_kwh,
            minutes=expected.minutes,
            parking_minutes=expected.parking_minutes,
        )
        return price_of(uses.estimate({"connector": at, "token_uid": caller(resolver).uid, **charge}))


def _one(find: FindLocations, payload: JsonObject, deadline: Deadline) -> JsonObject:
    try:
        [found] = cast("list[JsonObject]", find(payload, deadline)["locations"])
    except UnknownLocation as error:
        raise ProblemFound(Problems.NOT_FOUND, str(error)) from None
    if cast("JsonObject", found["object"]).get("publish") is False:
        raise ProblemFound(Problems.NOT_FOUND, "the CPO does not publish this location")
    return found


def _estimate(driver: Driver, **numbers: float | None) -> JsonObject:
    """Return the fields that request the price of such a charge at each connector."""
    charge = _numbers(**numbers)
    return {"estimate": charge, "token_uid": driver.uid} if charge else {}


def _numbers(**numbers: float | None) -> JsonObject:
    return {name: _number(value) for name, value in numbers.items() if value is not None}


def _number(value: float) -> JsonValue:
    """Return a number as our payloads have it."""
    number: Any = float(value)
    return cast("JsonValue", number)


def _plain_object(value: JsonObject) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(dump_json(value))
    return plain
