"""`python -m tests.driver_api.clients [URL]`: the clients of the API as it is here, or of a deployed one."""

import json
import sys
import urllib.error
import urllib.request
from typing import Any

from tests.driver_api.clients.write import FOLDER, NotWritten, write_python, write_typescript
from tests.driver_api.document import document_now
from tests.local_cloud.places import REPOSITORY, NotInstalled


def main(arguments: list[str]) -> None:
    document = _served(arguments[0]) if arguments else document_now()
    for folder in (write_typescript(document, FOLDER), write_python(document, FOLDER)):
        print(f"wrote {folder.relative_to(REPOSITORY)}")


def _served(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url.rstrip('/')}/openapi.json", timeout=30) as answer:
        document: dict[str, Any] = json.load(answer)
        return document


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (NotInstalled, NotWritten, urllib.error.URLError) as error:
        sys.exit(str(error))
