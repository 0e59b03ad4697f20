"""The routes by area. An area is imported at its first request, so no cold start pays for the others."""

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
"""By method and first part of the path. `/` stands for what follows it."""


@dataclass(frozen=True)
class Areas:
    """Adds the routes of an area to the resolver, once."""

    resolver: APIGatewayHttpResolver
    settings: Settings
    added: set[Callable[[], AddRoutes]] = field(default_factory=set)

    def of(self, method: str, path: str) -> None:
        """Add the routes that a request can mean. A path that is none has none."""
        first, more, _ = path.removeprefix("/").partition("/")
        area = AREAS.get(f"{method} /{first}{more}")
        if area is not None:
            self.add(area)

    def add(self, area: Callable[[], AddRoutes]) -> None:
        if area not in self.added:
            area()(self.resolver, self.settings)
            self.added.add(area)
