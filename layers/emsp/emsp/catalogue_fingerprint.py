"""Two hashes that tell whether an object of the catalogue changed.

`text` compares the characters as received: equal means unchanged, at the price of one hash. `content`
compares what the object says, however its fields are ordered and whatever its `last_updated` fields claim:
some CPOs never move those, some always do.
"""

import hashlib
import json
from typing import Any

DIGEST_BYTES = 12


def text_hash(text: str) -> str:
    """24 hex digits of the object's text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()


def content_hash(peek: Any) -> str:  # noqa: ANN401 - a JSON value with its numbers as text
    """24 hex digits of the object's content without any `last_updated`."""
    canonical = json.dumps(_without_last_updated(peek), sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=DIGEST_BYTES).hexdigest()


def _without_last_updated(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {
            name: _without_last_updated(member) for name, member in value.items() if name != "last_updated"
        }
    if isinstance(value, list):
        return [_without_last_updated(member) for member in value]
    return value
