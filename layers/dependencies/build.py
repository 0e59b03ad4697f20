"""Build the layer of dependencies: install the pinned packages for a processor, trim and byte-compile them.

python build.py <arm64|x86_64> <folder of the layer>

The same requirements.txt gives the same bytes on every machine.
"""

import ast
import compileall
import gzip
import json
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON = "3.13"
PLATFORMS = {
    "arm64": ("manylinux_2_28_aarch64", "manylinux2014_aarch64", "manylinux_2_17_aarch64"),
    "x86_64": ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64"),
}

# The AWS services that we call through boto3: botocore's names -> their names in endpoints.json.
SERVICES = {
    "dynamodb": "dynamodb",
    "events": "events",
    "lambda": "lambda",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sqs": "sqs",
    "stepfunctions": "states",
}

# Files that no function imports. A test runs every function with only the built layer.
UNUSED = (
    "bin",
    "*.dist-info",
    "**/tests",
    "**/*.pyi",
    "**/py.typed",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parameters",
    "aws_lambda_powertools/utilities/parser",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
    "boto3/data",
    "boto3/examples",
    "botocore/data/**/examples-1.json",
    "botocore/data/**/waiters-2.json",
    "dateutil/zoneinfo",
    "ecdsa/test_*.py",
    "pydantic/mypy.py",
    "pydantic/v1",
)


class BuildFailed(Exception):
    """The layer could not be built. The message says why."""


def install(architecture: str, packages: Path) -> None:
    """Install requirements.txt for the processor, only from wheels, and check their hashes."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    command += ["--target", str(packages), "--requirement", str(Path(__file__).with_name("requirements.txt"))]
    command += ["--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += ["--implementation", "cp", "--python-version", PYTHON]
    for platform in PLATFORMS[architecture]:
        command += ["--platform", platform]
    if subprocess.run(command, check=False).returncode != 0:
        raise BuildFailed(f"pip could not install the packages for {architecture}; its message is above")


def trim(packages: Path) -> None:
    """Remove files that no function imports, and the models of AWS services that we do not call."""
    for pattern in UNUSED:
        for path in sorted(packages.glob(pattern)):
            remove(path)
    data = packages / "botocore" / "data"
    for models in data.iterdir():
        if models.is_dir() and models.name not in SERVICES:
            remove(models)
    for service in SERVICES:
        *outdated, latest = sorted((data / service).iterdir())  # botocore uses the latest
        for version in outdated:
            remove(version)
        for description in sorted(latest.glob("*.json*")):
            rewrite_model(description)
    rewrite_endpoints(data / "endpoints.json")
    empty_typed_dicts(packages / "pydantic_core" / "core_schema.py")


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def rewrite_model(path: Path) -> None:
    """Write the model of an API uncompressed and without its documentation, because every cold start reads
    it.
    """

    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    path.unlink()
    write_json(path.with_name(path.name.removesuffix(".gz")), without_documentation(json.loads(raw)))


def without_documentation(value: object) -> object:
    match value:
        case dict():
            return {
                key: inner
                if key == "clientContextParams"
                else without_documentation(inner)  # botocore reads those
                for key, inner in value.items()
                if not (key == "documentation" and isinstance(inner, str))
            }
        case list():
            return [without_documentation(inner) for inner in value]
        case _:
            return value


def rewrite_endpoints(path: Path) -> None:
    """Reduce endpoints.json to the services in use. The file has a megabyte, and every client reads it."""
    endpoints = json.loads(path.read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {
            name: service for name, service in partition["services"].items() if name in SERVICES.values()
        }
    write_json(path, endpoints)


def empty_typed_dicts(path: Path) -> None:
    """Remove the fields of the module's TypedDicts, which only type checkers read. Lines keep their numbers.

    Python would compile each of these 600 annotations when it imports the module: 8% of a cold start.
    """
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for declared in ast.walk(ast.parse(source)):
        if isinstance(declared, ast.ClassDef) and "TypedDict" in map(ast.unparse, declared.bases):
            for field in declared.body:
                if isinstance(field, ast.AnnAssign):
                    first, last = field.lineno - 1, field.end_lineno or field.lineno
                    lines[first:last] = ["    pass"] * (last - first)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


def compile_packages(layer: Path) -> None:
    """Compile the modules and delete their sources. A cold start compiles nothing, and the layer has half the
    size.

    A traceback through these packages has file names and line numbers. The compiled files use unchecked
    hashes instead of dates, because dates would make every build differ.
    """
    compiled = compileall.compile_dir(
        layer,
        quiet=1,
        legacy=True,
        stripdir=str(layer),
        prependdir="/opt",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise BuildFailed("a package could not be byte-compiled; its message is above")
    for source in layer.rglob("*.py"):
        source.unlink()


def main(architecture: str, layer: Path) -> None:
    if sys.version_info[:2] != (3, 13):
        raise BuildFailed(
            f"Python {PYTHON} builds this layer, not {sys.version.split()[0]}: put python3.13 on the PATH"
        )
    packages = layer / "python"
    install(architecture, packages)
    trim(packages)
    compile_packages(layer)


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]).resolve())
    except BuildFailed as failure:
        sys.exit(f"dependencies layer: {failure}")
