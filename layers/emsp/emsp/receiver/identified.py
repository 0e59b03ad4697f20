"""Reads what must be right in a body, or refuses the request with what is not."""

from emsp.ocpi.deviations import InvalidObject
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.model import OcpiModel
from emsp.receiver.errors import InvalidPush


def identified[M: OcpiModel](model: type[M], value: JsonObject) -> M:
    """`value` read as `model`, which holds the fields that must be right. Raises InvalidPush naming those
    that aren't.
    """
    try:
        return model.parse(value)
    except InvalidObject as error:
        named = "; ".join(f"{found.path or 'the body'} {found.problem}" for found in error.deviations[:5])
        raise InvalidPush(f"invalid or missing: {named}") from error
