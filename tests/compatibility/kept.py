"""The folder of a version: its schemas, each complete in itself, the keys and indexes of its tables, and the
OpenAPI document of the driver's API.
"""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any, Final

from tests.driver_api.document import document_now
from tests.schemas.pages import FOLDER, published, text
from tests.template.template import REPOSITORY, resources

KEPT: Final = REPOSITORY / "tests" / "compatibility"
TABLES: Final = "tables.json"
OPENAPI: Final = "driver_api.json"


def versions() -> list[Path]:
    """The folders, the newest version last."""
    folders = [each for each in KEPT.iterdir() if (each / TABLES).exists()]
    return sorted(folders, key=lambda each: [int(part) for part in each.name.split(".")])


def version() -> str:
    """The one that is being worked on."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def schemas_now() -> dict[str, dict[str, Any]]:
    """By their place below events/schemas."""
    return {str(path.relative_to(FOLDER)): schema for path, schema in published().items()}


def tables_now() -> dict[str, Any]:
    return {
        name: {
            "key": table["Properties"]["KeySchema"],
            "indexes": {
                each["IndexName"]: [each["KeySchema"], each["Projection"]]
                for each in table["Properties"].get("GlobalSecondaryIndexes", [])
            },
        }
        for name, table in resources("AWS::DynamoDB::Table").items()
    }


def keep() -> Path:
    """Writes the folder of the version that is being worked on; returns it."""
    folder = KEPT / version()
    shutil.rmtree(folder, ignore_errors=True)
    for name, schema in schemas_now().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / TABLES).write_text(text(tables_now()), encoding="utf-8")
    (folder / OPENAPI).write_text(text(document_now()), encoding="utf-8")
    return folder
