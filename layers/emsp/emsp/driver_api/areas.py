"""The routes, grouped by area. An area is imported at its first request, so that a cold start imports only
one.
"""

# ruff: noqa: PLC0415  # the reason of this file

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.settings import Settings

type AddRoutes = Callable[[APIGatewayHttpResolver, Settings], None]


def one_charge() -> AddRoutes:
    from emsp.driver_api.build_charge import add

    return add


def _history() -> AddRoutes:
    from emsp.driver_api.build_history import add

    return add


def _me() -> AddRoutes:
    from emsp.driver_api.build_me import add

    return add


def _reservations() -> AddRoutes:
    from emsp.driver_api.build_reservations import add

    return add


def _start() -> AddRoutes:
    from emsp.driver_api.build_start import add

    return add


def _stations() -> AddRoutes:
    from emsp.driver_api.build_stations import add

    return add


def _stop() -> AddRoutes:
    from emsp.driver_api.build_stop import add

    return add


AREAS: Final[dict[str, Callable[[], AddRoutes]]] = {
    "GET /me": _me,
    "GET /stations": _stations,
    "GET /stations/": _stations,
    "POST /estimates": _stations,
    "POST /charges": _start,
    "GET /charges": _history,
    "GET /charges/": one_charge,
    "POST /charges/": _stop,
    "POST /reservations": _reservations,
    "GET /reservations": _reservations,
    "GET /reservations/": _reservations,
    "DELETE /reservations/": _reservations,
}
"""The areas by method and first part of the path. A `/` at the end means that more parts follow."""


@dataclass(frozen=True)
class Areas:
    """Adds the routes of each area to the resolver, once."""

    resolver: APIGatewayHttpResolver
    settings: Settings
    added: set[Callable[[], AddRoutes]] = field(default_factory=set)

    def of(self, method: str, path: str) -> None:
        """Add the routes of the area that serves this request. Add nothing if no area serves the path."""
        first, more, _ = path.removeprefix("/").partition("/")
        area = AREAS.get(f"{method} /{first}{more}")
        if area is not None:
            self.add(area)

    def add(self, area: Callable[[], AddRoutes]) -> None:
        if area not in self.added:
            area()(self.resolver, self.settings)
            self.added.add(area)
