"""CloudWatch's metric math, as far as our alarms use it: of one period's values by id, one value or none.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

type Values = Mapping[str, float | None]

OPERATORS: Final[Mapping[type[ast.AST], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def value_of(expression: str, values: Values) -> float | None:
    """None where the expression has no value: what it reads is missing, or it divides by zero."""
    return _value(_parsed(expression), values)


@cache
def _parsed(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body


def _value(node: ast.expr, values: Values) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=operation, right=right):
            return _combined(operation, _value(left, values), _value(right, values))
        case ast.Compare(left=left, ops=[operation], comparators=[right]):
            return _combined(operation, _value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id="SUM"), args=[ast.Call(func=ast.Name(id="METRICS"), args=[])]):
            present = [value for value in values.values() if value is not None]
            return sum(present) if present else None
        case ast.Call(func=ast.Name(id="FILL"), args=[series, instead]):
            found = _value(series, values)
            return _value(instead, values) if found is None else found
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            holds = _value(condition, values)
            return None if holds is None else _value(then if holds else otherwise, values)
    raise AssertionError(f"no alarm of ours says {ast.unparse(node)}")


def _combined(operation: ast.AST, left: float | None, right: float | None) -> float | None:
    if left is None or right is None or (isinstance(operation, ast.Div) and right == 0):
        return None
    return float(OPERATORS[type(operation)](left, right))
