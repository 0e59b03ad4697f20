"""Which methods each route serves, as template.yaml routes them."""

import re
from typing import Final

ROUTES: Final = {
    "/ocpi/versions": ("GET",),
    "/ocpi/2.2.1": ("GET",),
    "/ocpi/2.2.1/credentials": ("DELETE", "GET", "POST", "PUT"),
    "/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}": ("GET", "PATCH", "PUT"),
    "/ocpi/2.2.1/cdrs": ("POST",),
    "/ocpi/2.2.1/cdrs/{country_code}/{party_id}/{cdr_id}": ("GET",),
    "/ocpi/2.2.1/commands/{command}/{command_id}": ("POST",),
}

_PATTERNS: Final = tuple(
    (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route))), route) for route in ROUTES
)


def methods_of(resource: str, path: str) -> tuple[str, ...]:
    """The methods of API Gateway's `resource`, or of `path` where that is a catch-all; none if no route."""
    if resource in ROUTES:
        return ROUTES[resource]
    return next((ROUTES[route] for pattern, route in _PATTERNS if pattern.fullmatch(path.rstrip("/"))), ())
