"""Write the clients with openapi-typescript and openapi-python-client, as packages that an app installs."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.local_cloud.places import LOCAL, REPOSITORY, installed

FOLDER: Final = LOCAL / "clients"
NODE_MODULES: Final = LOCAL / "npm" / "node_modules"
GENERATE_PYTHON: Final = LOCAL / "venvs" / "clients" / "bin" / "openapi-python-client"
PYTHON: Final = GENERATE_PYTHON.with_name("python")
CLIENT: Final = REPOSITORY / "tests" / "driver_api" / "clients" / "client.ts"
COMPILER_OPTIONS: Final = {
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "declaration": True,
    "target": "es2022",
    "lib": ["es2022", "dom"],
    "module": "nodenext",
    "types": [],
}
NAME: Final = "driver-api-client"


class NotWritten(Exception):
    """A generator or the compiler failed. The message contains what it printed."""


def write_typescript(document: Mapping[str, Any], parent: Path) -> Path:
    """An npm package: the types of the document, and a client that has them. It is compiled."""
    folder = _emptied(parent / "typescript")
    source = _write(folder / "openapi.json", document)
    run([str(program("openapi-typescript")), str(source), "--output", str(folder / "schema.d.ts")])
    shutil.copy(CLIENT, folder / "client.ts")
    versions = json.loads((REPOSITORY / "locks" / "npm" / "package.json").read_text(encoding="utf-8"))
    _write(
        folder / "package.json",
        {
            "name": NAME,
            "version": document["info"]["version"],
            "type": "module",
            "exports": {"types": "./client.d.ts", "default": "./client.js"},
            "dependencies": {"openapi-fetch": versions["dependencies"]["openapi-fetch"]},
        },
    )
    (folder / "node_modules").symlink_to(NODE_MODULES)
    compile_typescript(folder)
    return folder


def compile_typescript(folder: Path) -> None:
    """All of a folder. Raises NotWritten."""
    _write(folder / "tsconfig.json", {"compilerOptions": COMPILER_OPTIONS, "include": ["*.ts"]})
    run([str(program("tsc")), "--project", str(folder)])


def write_python(document: Mapping[str, Any], parent: Path) -> Path:
    """A Python package, with attrs and httpx."""
    folder = _emptied(parent / "python")
    source = _write(parent / "openapi.json", document)
    command = [str(installed(GENERATE_PYTHON)), "generate", "--overwrite", "--fail-on-warning"]
    # It formats what it has written with the ruff beside it.
    path = f"{GENERATE_PYTHON.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    run([*command, "--path", str(source), "--output-path", str(folder)], PATH=path)
    return folder


def program(name: str) -> Path:
    """Raises NotInstalled."""
    return installed(NODE_MODULES / ".bin" / name)


def run(command: list[str], **environment: str) -> str:
    """What it printed. Raises NotWritten."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=os.environ | environment
    )
    if done.returncode:
        raise NotWritten(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _write(path: Path, value: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
