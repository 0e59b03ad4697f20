"""The OpenAPI document of the driver's API, without a store or a Hub behind its routes.

`python -m tests.driver_api.document` prints it.
"""

import json
from typing import Any, Final, cast

from emsp.driver_api.charges import add_charges
from emsp.driver_api.http_api import new_resolver
from emsp.driver_api.me import add_me
from emsp.driver_api.openapi import document
from emsp.driver_api.reservations import add_reservations
from emsp.driver_api.stations import add_stations

URL: Final = "https://drivers.example.com/v1"


def document_now() -> dict[str, Any]:
    """As `functions/driver_api` serves it; a test compares the two."""
    resolver, unused = new_resolver(), cast("Any", None)
    for add in (add_me, add_charges, add_stations, add_reservations):
        add(resolver, unused)
    return document(resolver, URL)


if __name__ == "__main__":
    print(json.dumps(document_now(), ensure_ascii=False, indent=2))
