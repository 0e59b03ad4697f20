"""Read the mandatory fields of a body."""

from emsp.ocpi.deviations import InvalidObject
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.model import OcpiModel
from emsp.receiver.errors import InvalidPush


def identified[M: OcpiModel](model: type[M], value: JsonObject) -> M:
    """Return `value` as `model`, which has only mandatory fields. Raises InvalidPush with the invalid
    fields.
    """
    try:
        return model.parse(value)
    except InvalidObject as error:
        raise InvalidPush(f"invalid or missing: {error.in_short}") from error
