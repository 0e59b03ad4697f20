"""OCPI's enums. The permissive reading accepts unknown values, because peers and later versions add some."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from emsp.ocpi.types.permissive import Permissively


@cache
def _by_upper_case(enum: type[StrEnum]) -> Mapping[str, StrEnum]:
    return {member.upper(): member for member in enum}


def in_any_case(value: object, enum: type[StrEnum]) -> str:
    """Return the member of `enum` with this value in any case. Return any other text unchanged."""
    if not isinstance(value, str):
        raise PydanticCustomError("ocpi", "is not a string")
    return _by_upper_case(enum).get(value.strip().upper(), value)


if TYPE_CHECKING:
    type OpenEnum[E: StrEnum] = E | str
else:

    class OpenEnum:
        """`OpenEnum[Role]`: a `Role`; permissively also in another case, and any other string."""

        def __class_getitem__(cls, enum: type[StrEnum]) -> object:
            return Annotated[enum, Permissively(PlainValidator(partial(in_any_case, enum=enum)))]
