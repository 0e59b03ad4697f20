"""Every metric that the code counts, with its dimensions, read from the calls themselves."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

from emsp.metrics import Metric
from tests.template.template import REPOSITORY

SOURCES = ("layers/emsp/emsp", "functions")


@cache
def counted() -> dict[str, frozenset[tuple[str, ...]]]:
    """The sets of dimensions under which each metric is published."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for path in _files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_count(node):
                own = tuple(str(keyword.arg) for keyword in node.keywords)
                for name in _names(node.args[0], tree):
                    found[name].add(("service", *own))
    return {name: frozenset(dimensions) for name, dimensions in found.items()}


def dimensions_of(metric: str) -> frozenset[tuple[str, ...]]:
    """Those of a metric; empty if nobody counts it."""
    return counted().get(metric, frozenset())


def _files() -> list[Path]:
    return [path for source in SOURCES for path in (REPOSITORY / source).rglob("*.py")]


def _is_count(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "count" and bool(node.args)


def _names(argument: ast.expr, tree: ast.AST) -> set[str]:
    """The metrics that an argument may stand for: itself; or, of a variable, all that its file names without
    counting them.
    """
    if isinstance(argument, ast.Name):
        nodes = list(ast.walk(tree))
        counted_by_name = {
            id(each.args[0]) for each in nodes if isinstance(each, ast.Call) and _is_count(each)
        }
        return {name for each in nodes if id(each) not in counted_by_name for name in _named(each)}
    return _named(argument)


def _named(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Metric":
        return {Metric[node.attr].value}
    return set()
