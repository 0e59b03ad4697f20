"""Which methods each path serves, for the answer to a method that it does not serve."""

import re
from typing import Final

ROUTES: Final = (
    ("/ocpi/versions", ("GET",)),
    ("/ocpi/2.2.1", ("GET",)),
    ("/ocpi/2.2.1/credentials", ("DELETE", "GET", "POST", "PUT")),
    ("/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}", ("GET", "PATCH", "PUT")),
    ("/ocpi/2.2.1/cdrs", ("POST",)),
    ("/ocpi/2.2.1/cdrs/{country_code}/{party_id}/{cdr_id}", ("GET",)),
    ("/ocpi/2.2.1/commands/{command}/{command_id}", ("POST",)),
)

_PATTERNS: Final = tuple(
    (
        re.compile(
            "".join(
                "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path)
            )
        ),
        methods,
    )
    for path, methods in ROUTES
)


def methods_of(path: str) -> tuple[str, ...]:
    """The methods that `path` (`/ocpi/...`) serves; none when there is nothing at it."""
    return next((methods for pattern, methods in _PATTERNS if pattern.fullmatch(path.rstrip("/"))), ())
