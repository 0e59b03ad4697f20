"""OCPI's DateTime as a field: an aware `datetime` in UTC that keeps the text that it was read from."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from emsp.ocpi.datetimes import parse_datetime, parse_ocpi_datetime
from emsp.ocpi.types.permissive import Permissively


def _ocpi_datetime(value: object) -> datetime:
    if not isinstance(value, str):
        return _made_here(value)
    # The usual form. parse_ocpi_datetime would return the same, but slower.
    if len(value) == 20 and value[19] == "Z" and value[10] == "T":
        return _datetime_in_any_form(value)
    return parse_ocpi_datetime(value)


def _datetime_in_any_form(value: object) -> datetime:
    if not isinstance(value, str):
        return _made_here(value)
    try:
        return parse_datetime(value)
    except ValueError:
        raise PydanticCustomError("ocpi", "is not a DateTime") from None


def _made_here(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise PydanticCustomError("ocpi", "is not a DateTime")
    if value.tzinfo is None:
        raise PydanticCustomError("ocpi", "is a datetime without a time zone")
    # Our own datetimes follow the specification: 25 characters have space for milliseconds.
    return value.astimezone(UTC).replace(microsecond=value.microsecond // 1000 * 1000)


OcpiDateTime = Annotated[
    datetime,
    PlainValidator(_ocpi_datetime, json_schema_input_type=datetime),
    Permissively(PlainValidator(_datetime_in_any_form)),
]
"""A time in UTC. The permissive reading accepts every form that peers use."""
