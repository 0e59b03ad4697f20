"""The methods of each route, as template.yaml routes them."""

import re
from typing import Final

from emsp.receiver.access import TABLE

ROUTES: Final = {route: tuple(methods) for route, methods in TABLE.items()}

_PATTERNS: Final = tuple(
    (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route))), route) for route in ROUTES
)


def route_of(resource: str, path: str) -> str | None:
    """Return the route of API Gateway's `resource`, or that of `path` if the resource is a catch-all. Returns
    None if there is none.

    A trailing slash is ignored: `/ocpi/versions/` is `/ocpi/versions`.
    """
    if resource in ROUTES:
        return resource
    return next((route for pattern, route in _PATTERNS if pattern.fullmatch(path.rstrip("/"))), None)
