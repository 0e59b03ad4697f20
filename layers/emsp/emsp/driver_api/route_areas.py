"""The routes by area. An area is imported at its first request, so that a cold start imports only one."""

# ruff: noqa: PLC0415  # the reason of this file

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, assert_never

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.settings import Settings


class Area(Enum):
    """The areas. The routes of an area are imported together."""

    ME = auto()
    STATIONS = auto()
    START = auto()
    HISTORY = auto()
    ONE_CHARGE = auto()
    STOP = auto()
    RESERVATIONS = auto()


AREAS: Final = {
    "GET /me": Area.ME,
    "GET /stations": Area.STATIONS,
    "GET /stations/": Area.STATIONS,
    "POST /estimates": Area.STATIONS,
    "POST /charges": Area.START,
    "GET /charges": Area.HISTORY,
    "GET /charges/": Area.ONE_CHARGE,
    "POST /charges/": Area.STOP,
    "POST /reservations": Area.RESERVATIONS,
    "GET /reservations": Area.RESERVATIONS,
    "GET /reservations/": Area.RESERVATIONS,
    "DELETE /reservations/": Area.RESERVATIONS,
}
"""The area for each method and first part of the path. A `/` at the end means that more parts follow."""


def _routes_of(area: Area) -> Callable[[APIGatewayHttpResolver, Settings], None]:
    """Import an area. Return the function that adds its routes."""
    match area:
        case Area.ME:
            from emsp.driver_api.build_me import add
        case Area.STATIONS:
            from emsp.driver_api.build_stations import add
        case Area.START:
            from emsp.driver_api.build_start import add
        case Area.HISTORY:
            from emsp.driver_api.build_history import add
        case Area.ONE_CHARGE:
            from emsp.driver_api.build_charge import add
        case Area.STOP:
            from emsp.driver_api.build_stop import add
        case Area.RESERVATIONS:
            from emsp.driver_api.build_reservations import add
        case _:
            assert_never(area)
    return add


@dataclass(frozen=True)
class Areas:
    """Adds the routes of each area to the resolver, once."""

    resolver: APIGatewayHttpResolver
    settings: Settings
    added: set[Area] = field(default_factory=set)

    def of(self, method: str, path: str) -> None:
        """Add the routes of the area for this request. If there is none, add nothing."""
        first, more, _ = path.removeprefix("/").partition("/")
        area = AREAS.get(f"{method} /{first}{more}")
        if area is not None:
            self.add(area)

    def add(self, area: Area) -> None:
        if area not in self.added:
            _routes_of(area)(self.resolver, self.settings)
            self.added.add(area)
