"""Two hashes that tell whether an object of the catalogue changed.

`text` compares the characters as received: equal means unchanged, at the price of one hash. `content`
compares what the object says, however its fields are ordered and whatever its `last_updated` fields claim:
some CPOs never move those, some always do.
"""

import hashlib
import json
import re
from typing import Any

DIGEST_BYTES = 12
LENGTH_BYTES = 4
LAST_UPDATED = re.compile(r'"last_updated":"(?:[^"\\]|\\.)*"')
"""As json.dumps writes it. Within a string it can't be: the quotes there are escaped."""


def text_hash(text: str) -> str:
    """32 hex digits: a digest of the object's text, and its length in characters."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()
    return f"{digest}{len(text):08x}"


def content_hash(peek: Any) -> str:  # noqa: ANN401 - a JSON value with its numbers as text
    """24 hex digits of the object's content without any `last_updated`."""
    canonical = json.dumps(peek, sort_keys=True, separators=(",", ":"))
    told = LAST_UPDATED.sub("", canonical)
    return hashlib.blake2b(told.encode(), digest_size=DIGEST_BYTES).hexdigest()
