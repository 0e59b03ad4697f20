"""Every metric that the code counts, with its dimensions, read from the calls themselves."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.template.template import REPOSITORY

SOURCES = ("layers/emsp/emsp", "functions")


@cache
def counted() -> dict[str, frozenset[tuple[str, ...]]]:
    """The sets of dimensions under which each metric is published: `service` alone, and with its own."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_count(node) and node.args:
                own = tuple(str(keyword.arg) for keyword in node.keywords)
                found[_name(node.args[0])] |= {("service",), ("service", *own)}
    return {name: frozenset(dimensions) for name, dimensions in found.items()}


def dimensions_of(metric: str) -> frozenset[tuple[str, ...]]:
    """Those of a metric, whose name may be put together when it is counted; empty if nobody counts it."""
    for name, dimensions in counted().items():
        if re.fullmatch(name, metric):
            return dimensions
    return frozenset()


def _files() -> list[Path]:
    return [path for source in SOURCES for path in (REPOSITORY / source).rglob("*.py")]


def _is_count(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr == "count"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    )


def _name(node: ast.expr) -> str:
    """A metric's name as a pattern: what is put in at run time matches any word."""
    match node:
        case ast.Constant(value=str(name)):
            return name
        case ast.JoinedStr(values=parts):
            return "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in parts
            )
    raise AssertionError(f"line {node.lineno}: the name of a metric must be readable where it is counted")
