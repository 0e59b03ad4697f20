"""Parses the mandatory part of a body, or refuses the request and names what is wrong."""

from emsp.ocpi.deviations import InvalidObject
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.model import OcpiModel
from emsp.receiver.errors import InvalidPush


def identified[M: OcpiModel](model: type[M], value: JsonObject) -> M:
    """Parse `value` as `model`, which has only the fields that must be valid. Raises InvalidPush, which names
    the invalid fields.
    """
    try:
        return model.parse(value)
    except InvalidObject as error:
        raise InvalidPush(f"invalid or missing: {error.in_short}") from error
