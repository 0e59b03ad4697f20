"""The house's rule: imports point one way, functions -> use cases -> {hub, stores, receiver} -> ocpi."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "layers" / "emsp" / "emsp"
FUNCTIONS = REPOSITORY / "functions"

ROOMS = ("ocpi", "hub", "stores", "receiver")
WINGS = (
    "pushes",
    "commands",
    "tokens",
    "catalogue",
    "connection",
    "pricing",
    "charges",
    "retail",
    "settlement",
    "drivers",
    "driver_api",
    "misuse",
    "events",
)
# Modules of no room: any room but the protocol may use them.
PLAIN = {"settings", "log", "metrics", "timeouts", "gunzip", "deadline", "distance", "in_background"}
# Invocations' payloads, which every wing that our own services invoke reads.
INVOCATIONS = {"invocation"}

# What a wing may use of other wings. A new arrow is a decision: write its reason beside it.
WINGS_MAY_IMPORT: dict[str, set[str]] = {
    "pushes": {"drivers"},  # a push without the driver who was forgotten for later pushes too
    "drivers": set(),
    "connection": set(),
    "tokens": {"connection"},  # which CPO a token is for, the Hub's client
    # the Hub's client; a session as pushes keep it, to link it; the token that a driver was authorized with;
    # an EVSE's state as the Hub has it now
    "commands": {"connection", "pushes", "tokens", "catalogue"},
    "catalogue": {"connection"},
    "pricing": set(),  # the engine, which prices any charge: no store, no AWS, usable as a library
    "retail": {"pricing"},  # the same engine a second time
    "charges": {
        "pricing",
        "retail",  # the driver's price beside the CPO's
        "pushes",
        "catalogue",
        "commands",  # what a start was told as
        "connection",  # the Hub's client, for the state of a location now
    },
    # the use cases that invocations call too: stations, prices, starts and stops, charges
    "driver_api": {"pricing", "retail", "pushes", "commands", "tokens", "catalogue", "charges", "connection"},
    # prices and claims; what drivers pay, and what is left of it; a note without the driver
    "settlement": {"pricing", "retail", "charges", "pushes", "catalogue", "drivers"},
    # sessions as pushes keep them; credible times, places and power; energy as it is read for its price
    "misuse": {"pricing", "charges", "pushes"},
    # what of each wing is told
    "events": {
        "pricing",
        "pushes",
        "commands",
        "tokens",
        "catalogue",
        "connection",
        "charges",
        "settlement",
        "retail",
    },
}

LINES_AT_MOST = 45
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc", "core"}
AWS = {"boto3", "botocore"}
OUTSIDE_WORLD = AWS | {"urllib3", "os", "socket", "http", "requests", "subprocess"}
# What only wires a use case to the outside, so that the use cases know nothing of it.
WIRING = {"connect_to_hub"}


@dataclass(frozen=True)
class Import:
    """One import of one module: `file` imports `target`, at run time or for the type checker only."""

    file: Path
    target: str
    for_types_only: bool

    @property
    def place(self) -> str:
        return str(self.file.relative_to(REPOSITORY))

    @property
    def top(self) -> str:
        return self.target.split(".")[0]


def imports_of(file: Path) -> Iterator[Import]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typed = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                targets = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), names=names, level=0):
                targets = [_module(module, alias.name) for alias in names]
            case ast.ImportFrom():
                raise AssertionError(f"{file} imports relatively, so no one sees from where")
            case _:
                continue
        for target in targets:
            yield Import(file, target, node in typed)


def _module(module: str, name: str) -> str:
    """What `from module import name` imports: a module of that name in it, or the module itself."""
    inner = REPOSITORY / "layers" / "emsp" / Path(*module.split(".")) / name
    return f"{module}.{name}" if inner.with_suffix(".py").exists() or inner.is_dir() else module


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def room_of(module: str) -> str:
    """The room that a module of ours is in: one of ROOMS, "plain" or "use case", that is one of WINGS."""
    parts = module.split(".")
    if len(parts) == 1 or parts[1] in PLAIN:
        return "plain"
    return parts[1] if parts[1] in ROOMS else "use case"


def wing_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in WINGS else None


ALL_IMPORTS = [found for file in python_files(PACKAGE) for found in imports_of(file)]
ALL_IMPORTS += [found for file in python_files(FUNCTIONS) for found in imports_of(file)]
MAY_IMPORT = {
    "ocpi": {"ocpi"},
    "hub": {"hub", "ocpi", "plain"},
    "stores": {"stores", "ocpi", "plain"},
    "receiver": {"receiver", "ocpi", "plain"},
    "plain": {"plain", "ocpi"},
    "use case": {"use case", "hub", "stores", "receiver", "ocpi", "plain"},
}


def importing_room(found: Import) -> str | None:
    if not found.file.is_relative_to(PACKAGE):
        return None
    module = ".".join(("emsp", *found.file.relative_to(PACKAGE).with_suffix("").parts))
    return room_of(module.removesuffix(".__init__"))


def test_the_tree_is_there_to_be_checked() -> None:
    assert len({found.file for found in ALL_IMPORTS}) > 30


def test_rooms_import_only_what_lies_below_them() -> None:
    wrong = [
        f"{found.place} ({room}) imports {found.target} ({room_of(found.target)})"
        for found in ALL_IMPORTS
        if (room := importing_room(found)) and found.top == "emsp"
        if room_of(found.target) not in MAY_IMPORT[room]
    ]
    assert not wrong, "\n".join(wrong)


def test_wings_use_only_the_wings_that_the_table_allows() -> None:
    wrong = [
        f"{found.place} imports {found.target}"
        for found in ALL_IMPORTS
        if found.file.is_relative_to(PACKAGE)
        if (wing := found.file.relative_to(PACKAGE).parts[0]) in WINGS and (other := wing_of(found.target))
        if other != wing and other not in WINGS_MAY_IMPORT[wing]
    ]
    assert not wrong, "\n".join(wrong)


def test_everything_of_ours_is_in_a_room_or_a_wing() -> None:
    known = {*ROOMS, *WINGS, *PLAIN, *INVOCATIONS, "__init__"}
    lost = [path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()]
    lost = [name for name in lost if name.removesuffix(".py") not in known and name != "__pycache__"]
    assert not lost, f"these belong into a wing: {lost}"


def test_no_file_of_a_wing_repeats_its_name() -> None:
    """`catalogue/compare_page.py`, not `catalogue/catalogue_page.py`."""
    repeated = [
        str(path.relative_to(PACKAGE))
        for wing in WINGS
        for path in python_files(PACKAGE / wing)
        if path.stem.startswith((f"{wing}_", f"{wing.removesuffix('s')}_", f"{wing.removesuffix('es')}_"))
    ]
    assert not repeated, "\n".join(repeated)


def test_the_protocol_does_no_input_or_output() -> None:
    wrong = [
        f"{found.place} imports {found.target}"
        for found in ALL_IMPORTS
        if importing_room(found) == "ocpi" and found.top in OUTSIDE_WORLD
    ]
    assert not wrong, "\n".join(wrong)


def test_models_are_pydantics_own() -> None:
    """`Annotated` types and pydantic's validators say what a field takes; schemas are pydantic's to make."""
    words = ("core_schema", "SchemaValidator", "CoreSchema", "lax_or_strict")
    wrong = [
        f"{file.relative_to(REPOSITORY)} says {word}"
        for file in python_files(PACKAGE)
        for word in words
        if word in file.read_text(encoding="utf-8")
    ]
    assert not wrong, "\n".join(wrong)


def test_use_cases_know_neither_aws_nor_http() -> None:
    wrong = [
        f"{found.place} imports {found.target}"
        for found in ALL_IMPORTS
        if importing_room(found) == "use case" and found.file.stem not in WIRING
        if found.top in AWS | {"urllib3"} and not found.for_types_only
    ]
    assert not wrong, "\n".join(wrong)


def test_only_stores_know_aws_and_only_the_hub_client_knows_http() -> None:
    wrong = [
        f"{found.place} imports {found.target}"
        for found in ALL_IMPORTS
        if (room := importing_room(found)) and not found.for_types_only
        if (found.top in AWS and room != "stores") or (found.top == "urllib3" and room != "hub")
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_of_ours_imports_a_function_or_a_test() -> None:
    wrong = [
        f"{found.place}: {found.target}"
        for found in ALL_IMPORTS
        if found.top in {"functions", "tests", "app"}
    ]
    assert not wrong, "\n".join(wrong)


def test_everything_imported_is_ours_the_standard_librarys_or_pinned_in_the_layer() -> None:
    pinned = (REPOSITORY / "layers" / "dependencies" / "requirements.txt").read_text(encoding="utf-8")
    packages = {line.split("==")[0].replace("-", "_") for line in pinned.splitlines() if "==" in line}
    known = packages | set(sys.stdlib_module_names) | {"emsp"}
    wrong = [
        f"{found.place} imports {found.target}"
        for found in ALL_IMPORTS
        if found.top not in known and not found.for_types_only
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "folder", [PACKAGE, FUNCTIONS, REPOSITORY / "tests"], ids=lambda path: str(path.name)
)
def test_names_say_what_is_inside(folder: Path) -> None:
    vague = [
        str(path.relative_to(REPOSITORY))
        for file in python_files(folder)
        for path in (file, *file.parents)
        if path.is_relative_to(folder) and path.stem.lower() in VAGUE_NAMES
    ]
    assert not vague, f"these names tell nothing: {vague}"


def test_packages_export_nothing_by_their_init() -> None:
    """Two make imports fast, before all else: of all modules (the garbage collector), and of boto3."""
    may_import = {PACKAGE: {"gc"}, PACKAGE / "stores": {"boto3", "types", "typing"}}
    full = [
        str(path)
        for path in python_files(PACKAGE)
        if path.name == "__init__.py"
        and path.stat().st_size
        and (
            path.parent not in may_import
            or {each.target for each in imports_of(path)} - may_import[path.parent]
        )
    ]
    assert not full, (
        f"import from the module itself, not through {full}: each import is paid for at a cold start"
    )


def test_nothing_deployed_knows_of_the_local_cloud() -> None:
    words = ("ministack", "localstack", "127.0.0.1", "localhost", "hub_simulator")
    wrong = [
        f"{file.relative_to(REPOSITORY)} says {word}"
        for file in (*python_files(PACKAGE), *python_files(FUNCTIONS))
        for word in words
        if word in file.read_text(encoding="utf-8").lower()
    ]
    assert not wrong, "\n".join(wrong)


def test_no_function_is_longer_than_a_screen() -> None:
    """A longer one has parts that deserve names. Its docstring and the functions inside of it count."""
    long = {
        f"{file.relative_to(REPOSITORY)}: {node.name} has {lines} lines"
        for file in (*python_files(PACKAGE), *python_files(FUNCTIONS))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LINES_AT_MOST
    }
    assert not long, long


def test_no_two_classes_have_one_name() -> None:
    """A reader who looks for a class finds one: `PriceLimit` and `QuotaLimit`, not `Limit` twice."""
    places = defaultdict(list)
    for file in (*python_files(PACKAGE), *python_files(FUNCTIONS)):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(file.relative_to(REPOSITORY)))
    twice = {name: files for name, files in places.items() if len(files) > 1}
    assert not twice, twice
