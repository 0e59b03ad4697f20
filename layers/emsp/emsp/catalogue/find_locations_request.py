"""The payload of find_locations: one of four questions, with or without the current state from the Hub."""

from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from emsp.catalogue.references import ConnectorReference, LocationReference
from emsp.invocation import SPACING_S, ObjectId, Payload
from emsp.ocpi.connector_enums import ConnectorType
from emsp.ocpi.locations import Status

DEFAULT_RADIUS_M: Final = 5_000
LARGEST_RADIUS_M: Final = 50_000
DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200
FRESH_AT_MOST: Final = 5
"""The largest number of locations with `fresh`. Each costs a request to the Hub."""

LATER_STANDARDS: Final = ("MCS", "NACS", "SAE_J3400")
"""Connector standards that CPOs use and that are newer than OCPI 2.2.1."""
_BY_WORD: Final = {each.value.upper(): each for each in Status}
_STANDARDS: Final = {each.upper(): str(each) for each in (*ConnectorType, *LATER_STANDARDS)}


def _word(value: Any) -> Any:  # noqa: ANN401  # any value of a payload
    """Return a status in OCPI's spelling."""
    return _BY_WORD.get(value.upper(), value) if isinstance(value, str) else value


def _standard(value: Any) -> Any:  # noqa: ANN401  # any value of a payload
    if not isinstance(value, str) or value.upper() not in _STANDARDS:
        raise ValueError(f"can't be {value!r}: it is one of {', '.join(sorted(_STANDARDS.values()))}")
    return _STANDARDS[value.upper()]


type Standard = Annotated[
    str, BeforeValidator(_standard), Field(json_schema_extra={"enum": sorted(_STANDARDS.values())})
]


def _number(low: float, high: float) -> Any:  # noqa: ANN401  # a part of Annotated
    return Field(strict=True, ge=low, le=high, allow_inf_nan=False)


class Expected(Payload):
    """The charge that a driver expects, for its price at each connector.

    If energy or time is missing, it is computed from the power of the connector.
    """

    energy_kwh: Annotated[float, _number(0.001, 10_000)] | None = None
    minutes: Annotated[float, _number(1, 10_080)] | None = None

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if self.energy_kwh is None and self.minutes is None:
            raise ValueError("give energy_kwh, minutes or both")
        return self


class FindLocationsRequest(Payload):
    """The payload of find_locations.

    It names one of these: a point (degrees) with `radius_m`, and filters that at least one connector must
    meet (an empty list matches all); an EVSE by its `uid` or `evse_id`; a location; or a connector. `fresh`
    requests the current state from the Hub, and waits up to `max_wait_s` seconds for the quota. `estimate`
    prices a charge at each connector: what the CPO asks, and what the driver pays by the price plan of
    `token_uid`, by `plan_id`, or by the default plan.
    """

    latitude: Annotated[float, _number(-90, 90)] | None = None
    longitude: Annotated[float, _number(-180, 180)] | None = None
    radius_m: Annotated[float, _number(1, LARGEST_RADIUS_M)] = DEFAULT_RADIUS_M
    standards: tuple[Standard, ...] = ()
    min_power_w: Annotated[float, _number(0, 10_000_000)] = 0
    power_type: Annotated[str, Field(pattern="^[A-Za-z0-9_]{0,20}$")] = ""
    statuses: tuple[Annotated[Status, BeforeValidator(_word)], ...] = ()
    limit: Annotated[float, _number(1, LARGEST_LIMIT)] | None = None
    include_unpublished: Annotated[bool, Field(strict=True)] = False
    evse: ObjectId | None = None
    location: LocationReference | None = None
    connector: ConnectorReference | None = None
    fresh: Annotated[bool, Field(strict=True)] = False
    estimate: Expected | None = None
    plan_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    token_uid: ObjectId | None = None
    max_wait_s: Annotated[float, _number(0, 900)] = SPACING_S

    @model_validator(mode="after")
    def one_question(self) -> Self:
        """Check that the payload has exactly one question. Raises ValueError."""
        near = self.latitude is not None or self.longitude is not None
        named = [name for name in ("evse", "location", "connector") if getattr(self, name) is not None]
        if len(named) + near != 1:
            raise ValueError("give one of: latitude and longitude, evse, location, connector")
        if self.estimate is None and (self.plan_id or self.token_uid):
            raise ValueError("plan_id and token_uid need estimate")
        if self.plan_id is not None and self.token_uid is not None:
            raise ValueError("give plan_id or token_uid, not both")
        if near and None in (self.latitude, self.longitude):
            raise ValueError(f"{'longitude' if self.longitude is None else 'latitude'} is missing")
        near_only = sorted(self.model_fields_set & NEAR_ONLY)
        if named and near_only:
            raise ValueError(f"{near_only[0]} needs latitude and longitude, not {named[0]}")
        if near and self.fresh and (self.limit or 0) > FRESH_AT_MOST:
            raise ValueError(
                f"limit must be at most {FRESH_AT_MOST} if fresh is true: each costs a request to the Hub"
            )
        return self

    @property
    def at_most(self) -> int:
        """The largest number of locations near a point to return."""
        return int(self.limit or (FRESH_AT_MOST if self.fresh else DEFAULT_LIMIT))


NEAR_ONLY: Final = frozenset(
    {"radius_m", "standards", "min_power_w", "power_type", "statuses", "limit", "include_unpublished"}
)
