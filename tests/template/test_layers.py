"""The layers as `sam build` makes them: complete for every function, trimmed, byte-compiled, reproducible."""

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import botocore.session
import pytest

from tests.local_cloud.deployment import build
from tests.local_cloud.places import BUILD, REPOSITORY
from tests.template.template import environment, functions, logical_id

BUILT = BUILD / "build"
DEPENDENCIES_MB_AT_MOST = 13.9  # 13.2, and a twentieth for what new versions bring
ZIPPED_MB_AT_MOST = 7.0

# With the standard library and the built layers alone: app.py, which makes its clients at import, and all of
# emsp, since some modules import a rare thing late.
# One process for all functions; what is ours is imported anew for each, with the environment that it has.
IMPORT_APPS = """
import importlib, json, os, sys, traceback
everything, *layers = sys.argv[1:]
sys.path[:0] = layers
wrong = {}
for folder, variables in json.loads(everything).items():
    for name in [each for each in sys.modules if each == "app" or each.partition(".")[0] == "emsp"]:
        del sys.modules[name]
    os.environ.clear()
    os.environ.update(variables)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        assert callable(importlib.import_module("app").handler)
    except BaseException:
        wrong[folder] = traceback.format_exc()
    sys.path.remove(folder)
print(json.dumps(wrong))
"""
IMPORT_EMSP = (
    "import sys; sys.path[:0] = sys.argv[1:]; import emsp, importlib, pkgutil\n"
    "for module in pkgutil.walk_packages(emsp.__path__, 'emsp.'): importlib.import_module(module.name)\n"
    "import ecdsa.util"  # of a signature that is verified
)


@pytest.fixture(scope="session")
def built() -> Path:
    build(say=lambda _: None)
    return BUILT


def test_every_function_finds_all_that_it_imports_in_the_layers(built: Path) -> None:
    of_every_function = {
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "OUR_COUNTRY_CODE": "IN",
        "OUR_PARTY_ID": "EMS",
        "ALLOW_HTTP_HUB": "false",
        "LOG_LEVEL": "INFO",
        "SETTLEMENT_TIME_ZONE": "Asia/Kolkata",
    }
    variables = {
        str(built / logical_id(name)): dict.fromkeys(environment(function), "30") | of_every_function
        for name, function in functions().items()
    }
    assert json.loads(_run_alone(IMPORT_APPS, built, json.dumps(variables))) == {}


def test_our_package_finds_all_that_it_imports_in_the_layers(built: Path) -> None:
    _run_alone(IMPORT_EMSP, built)


def test_the_layer_has_the_models_of_the_services_that_are_called_and_no_others() -> None:
    spec = importlib.util.spec_from_file_location(
        "build_layer", REPOSITORY / "layers" / "dependencies" / "build.py"
    )
    assert spec is not None
    assert spec.loader is not None
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    ours = [*(REPOSITORY / "layers" / "emsp").rglob("*.py"), *(REPOSITORY / "functions").rglob("*.py")]
    called = {
        service
        for file in ours
        for service in re.findall(r'\.client\(\s*"([a-z0-9]+)"', file.read_text(encoding="utf-8"))
    }
    assert called == set(builder.SERVICES)
    session = botocore.session.Session()
    for service, endpoint_prefix in builder.SERVICES.items():
        assert session.get_service_model(service).endpoint_prefix == endpoint_prefix


MODEL_OF_ALL_KINDS = """
import sys; sys.path[:0] = sys.argv[1:]
from decimal import Decimal
from typing import Annotated, Literal
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import core_schema
class Model(BaseModel):
    number: Annotated[Decimal, Field(ge=0, max_digits=5)]
    texts: list[Annotated[str, Field(pattern="^a")]] = []
    kind: Literal["A", "B"] | None = None
model = Model.model_validate({"number": "1.50", "texts": ["ab"], "kind": "B"})
try:
    Model.model_validate({"number": -1, "texts": ["b"], "kind": "C"})
except ValidationError as error:
    types = [each["type"] for each in error.errors()]
assert types == ["greater_than_equal", "string_pattern_mismatch", "literal_error"], types
assert TypeAdapter(list[Model]).json_schema()["items"]["$ref"].endswith("Model")
assert model.model_dump_json() == '{"number":"1.50","texts":["ab"],"kind":"B"}'
assert issubclass(core_schema.ModelSchema, dict) and not core_schema.ModelSchema.__annotations__
"""


def test_pydantic_works_without_the_fields_that_only_type_checkers_read(built: Path) -> None:
    _run_alone(MODEL_OF_ALL_KINDS, built)


def _run_alone(code: str, built: Path, *arguments: str) -> str:
    """Runs code with neither site-packages (-S) nor anything from the environment or this folder (-I)."""
    layers = [built / "DependenciesX8664Layer" / "python", built / "EmspLayer" / "python"]
    command = [sys.executable, "-I", "-S", "-B", "-c", code, *arguments, *map(str, layers)]
    finished = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("layer", ["DependenciesArm64Layer", "DependenciesX8664Layer", "EmspLayer"])
def test_every_module_is_byte_compiled_and_never_checked_against_its_date(layer: str, built: Path) -> None:
    modules = [path for path in _files(built / layer) if path.suffix == ".pyc"]
    assert modules
    for module in modules:
        compiled = module.read_bytes()
        assert compiled[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(compiled[4:8], "little") == 0b01, (
            f"{module}: hash-based and unchecked, it should be"
        )
        assert str(built).encode() not in compiled, f"{module} tells where it was built"


def test_our_package_brings_its_sources_and_each_has_its_bytecode(built: Path) -> None:
    sources = [path for path in _files(built / "EmspLayer") if path.suffix == ".py"]
    ours = REPOSITORY / "layers" / "emsp"
    assert {path.name for path in sources} == {path.name for path in (ours / "emsp").rglob("*.py")}
    assert all(Path(importlib.util.cache_from_source(str(source))).exists() for source in sources)


@pytest.mark.parametrize(
    ("layer", "machine"), [("DependenciesArm64Layer", 0xB7), ("DependenciesX8664Layer", 0x3E)]
)
def test_compiled_extensions_are_for_the_layers_processor(layer: str, machine: int, built: Path) -> None:
    extensions = [path for path in _files(built / layer) if path.suffix == ".so"]
    assert extensions
    for extension in extensions:
        header = extension.read_bytes()[:20]
        assert int.from_bytes(header[18:20], "little") == machine, extension.name


@pytest.mark.parametrize("layer", ["DependenciesArm64Layer", "DependenciesX8664Layer"])
def test_the_dependencies_stay_within_their_budget(layer: str, built: Path, tmp_path: Path) -> None:
    files = _files(built / layer)
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    with zipfile.ZipFile(tmp_path / "layer.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in files:
            zipped.write(path, path.relative_to(built))
    zipped_megabytes = (tmp_path / "layer.zip").stat().st_size / 1e6
    assert megabytes <= DEPENDENCIES_MB_AT_MOST
    assert zipped_megabytes <= ZIPPED_MB_AT_MOST


@pytest.mark.parametrize(
    ("architecture", "layer"), [("arm64", "DependenciesArm64Layer"), ("x86_64", "DependenciesX8664Layer")]
)
def test_the_same_input_gives_the_same_layer(
    architecture: str, layer: str, built: Path, tmp_path: Path
) -> None:
    """Built again elsewhere by the builder itself: the same bytes in the same files."""
    source = REPOSITORY / "layers" / "dependencies" / "build.py"
    subprocess.run(
        [sys.executable, str(source), architecture, str(tmp_path)], check=True, capture_output=True
    )
    assert _digest(tmp_path) == _digest(built / layer)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
