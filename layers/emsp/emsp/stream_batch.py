"""A batch of DynamoDB stream records, one change after the other, as Lambda's partial batch failures want
it.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from emsp import log
from emsp.stores.table import StoreUnavailable

type Image = Mapping[str, Any]


def each_change(
    event: Mapping[str, Any], do: Callable[[Image | None, Image | None], object]
) -> dict[str, Any]:
    """Call `do(before, after)` for each record; at the first StoreUnavailable stop, and have the rest
    brought again.
    """
    for record in event["Records"]:
        change = record["dynamodb"]
        try:
            do(_image(change.get("OldImage")), _image(change.get("NewImage")))
        except StoreUnavailable as error:
            log.exception("a change could not be dealt with, Lambda brings it again", error)
            return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _image(image: Image | None) -> Image | None:
    """As the DynamoDB client would give it: Lambda hands bytes over as Base64 text."""
    if image is None:
        return None
    return {
        name: {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in image.items()
    }
