"""OCPI's enums, which permissively are open: they must survive what peers and later versions add."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from emsp.ocpi.types.reading import Permissively


class WrittenName(str):
    """A value of an enum that was written in another case: equal to the enum's own."""

    __slots__ = ("written",)
    written: str


@cache
def _by_upper_case(enum: type[StrEnum]) -> Mapping[str, StrEnum]:
    return {member.upper(): member for member in enum}


def in_any_case(value: object, enum: type[StrEnum]) -> str:
    """The member of `enum` that `value` names in whatever case; any other text as it is.

    In another case it is a `WrittenName`, which is equal to the member.
    """
    if not isinstance(value, str):
        raise PydanticCustomError("ocpi", "is not a string")
    member = _by_upper_case(enum).get(value.strip().upper())
    if member is None:
        return value
    if member == value:
        return member
    name = WrittenName(member.value)
    name.written = value
    return name


if TYPE_CHECKING:
    type OpenEnum[E: StrEnum] = E | str
else:

    class OpenEnum:
        """`OpenEnum[Role]`: a `Role`; permissively also in another case, and any other string."""

        def __class_getitem__(cls, enum: type[StrEnum]) -> object:
            return Annotated[enum, Permissively(PlainValidator(partial(in_any_case, enum=enum)))]
