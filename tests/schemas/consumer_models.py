"""Writes the models of events/consumer/, from the schemas, by datamodel-code-generator: `make consumer`."""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.schemas.pages import event_file, published, text
from tests.template.template import REPOSITORY

FOLDER: Final = REPOSITORY / "events" / "consumer"
GENERATOR: Final = REPOSITORY / ".local" / "venvs" / "consumer" / "bin" / "datamodel-codegen"
DETAIL_TYPES: Final = ("CDR Received", "Session Updated")
OPTIONS: Final = (
    *("--input-file-type", "jsonschema", "--output-model-type", "pydantic_v2.BaseModel"),
    *("--target-python-version", "3.13", "--disable-future-imports"),
    *("--use-annotated", "--use-standard-collections", "--use-union-operator", "--use-type-alias"),
    # A DateTime of OCPI's may lack its Z. What a later version of ours tells besides is no error.
    *("--output-datetime-class", "datetime", "--extra-fields", "ignore"),
    *(
        "--use-schema-description",
        "--use-double-quotes",
        "--formatters",
        "builtin",
    ),
)


def models_file(detail_type: str) -> Path:
    """`CDR Received` is in `cdr_received.py`."""
    return FOLDER / f"{detail_type.replace(' ', '_').lower()}.py"


def header(detail_type: str) -> str:
    """The first lines, by which a test knows whether the models are of the schema as it is."""
    digest = hashlib.sha256(complete(detail_type).encode()).hexdigest()
    made_from = f"{event_file(detail_type).name} and what it refers to"
    return f"# Made by `make consumer` from {made_from}: SHA-256\n# {digest}"


def complete(detail_type: str) -> str:
    """The event's schema with all definitions in it: the generator makes a package of more than one file."""
    return text(published()[event_file(detail_type)])


def write(generator: Path = GENERATOR) -> None:
    for each in DETAIL_TYPES:
        with tempfile.TemporaryDirectory() as folder:
            schema = Path(folder) / event_file(each).name
            schema.write_text(complete(each), encoding="utf-8")
            files = ("--input", schema, "--output", models_file(each))
            subprocess.run([generator, *files, *OPTIONS, "--custom-file-header", header(each)], check=True)
    for step in (["check", "--fix-only"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, "--quiet", FOLDER], check=True)


if __name__ == "__main__":
    write()
    print(f"wrote the models of {FOLDER.relative_to(REPOSITORY)}")
