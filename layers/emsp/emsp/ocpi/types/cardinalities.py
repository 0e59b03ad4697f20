"""The specification's cardinalities: `?`, `*` and `+` (terminology chapter, cardinality).

An optional field may be missing or null. An optional list may also be empty. A required field must be
present.
"""

from typing import Annotated, Any, TypeVar

from annotated_types import MinLen
from pydantic import ValidatorFunctionWrapHandler, WrapValidator

from emsp.ocpi.types.members import MEMBER
from emsp.ocpi.types.permissive import Permissively

T = TypeVar("T")


def _empty_if_null(value: Any, listed: ValidatorFunctionWrapHandler) -> tuple[Any, ...]:  # noqa: ANN401
    members: tuple[Any, ...] = () if value is None else listed(value)
    return members


ZeroOrOne = Annotated[T | None, "?"]
ZeroOrMore = Annotated[tuple[Annotated[T, MEMBER], ...], WrapValidator(_empty_if_null)]
OneOrMore = Annotated[tuple[Annotated[T, MEMBER], ...], MinLen(1), Permissively()]
"""At least one. The permissive reading also accepts an empty list."""
