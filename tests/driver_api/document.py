"""The OpenAPI document of the driver's API, without a store or a Hub behind its routes.

`python -m tests.driver_api.document` prints it.
"""

import json
from typing import Any, Final

from emsp.driver_api.openapi import document

URL: Final = "https://drivers.example.com/v1"


def document_now() -> dict[str, Any]:
    """As `functions/driver_api` serves it; a test compares the two."""
    return document(URL)


if __name__ == "__main__":
    print(json.dumps(document_now(), ensure_ascii=False, indent=2))
