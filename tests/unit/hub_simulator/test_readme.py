"""The README's tables of faults and behaviours say what the code says: each name, default and meaning."""

import inspect
import re

import pytest

from tests.hub_simulator.behaviours import Behaviour
from tests.hub_simulator.faults import Fault, FaultKind
from tests.template.template import REPOSITORY

README = (REPOSITORY / "tests" / "hub_simulator" / "README.md").read_text(encoding="utf-8")
FIELD = re.compile(r"^    (\w+)(?:: [^=#\n]+)?(?: = (.+?))?  # (.+)$", flags=re.MULTILINE)


def in_the_code(kind: type) -> list[tuple[str, ...]]:
    """The rows of a class: of an enum its values, of others each field with its default."""
    found = FIELD.findall(inspect.getsource(kind))
    if kind is FaultKind:
        return [(f"`{value.strip('"')}`", meaning) for _, value, meaning in found]
    return [(f"`{name}`", _default(default), meaning) for name, default, meaning in found]


def _default(written: str) -> str:
    known = {"None": "none", "True": "true", "False": "false", '""': "empty", "RetryAfter.NONE": "none"}
    if written.startswith("field("):
        return "empty"
    return known.get(written, written.strip('"'))


def in_the_readme(heading: str) -> list[tuple[str, ...]]:
    part = README.split(f"\n{heading}\n")[1].split("\n## ")[0].split("\n### ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| `")]
    return [tuple(cell.strip() for cell in line.strip("| ").split(" | ")) for line in rows]


@pytest.mark.parametrize(
    ("heading", "kind", "least"),
    [
        ("### Kinds of faults", FaultKind, 15),
        ("### When a fault occurs", Fault, 18),
        ("## Behaviours", Behaviour, 14),
    ],
)
def test_a_table_is_what_the_code_says(heading: str, kind: type, least: int) -> None:
    told = in_the_code(kind)
    assert len(told) >= least
    assert in_the_readme(heading) == told


def test_every_field_has_its_meaning() -> None:
    assert [f"`{each}`" for each in Behaviour.__dataclass_fields__] == [
        row[0] for row in in_the_code(Behaviour)
    ]
    fields = [f"`{each}`" for each in Fault.__dataclass_fields__ if each != "kind"]
    assert fields == [row[0] for row in in_the_code(Fault)]
    assert [f"`{each}`" for each in FaultKind] == [row[0] for row in in_the_code(FaultKind)]
