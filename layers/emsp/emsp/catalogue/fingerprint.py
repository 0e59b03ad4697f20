"""Two hashes that detect whether an object of the catalogue changed.

`text` covers the characters as received: if it is equal, the object is unchanged, and that costs one hash.
`content` covers the object without the order of its fields and without any `last_updated`. Some CPOs never
update those fields, and some always do.
"""

import hashlib
import json
import re
from typing import Any

DIGEST_BYTES = 12
LENGTH_BYTES = 4
LAST_UPDATED = re.compile(r'"last_updated":"(?:[^"\\]|\\.)*"')
"""Matches the field in the output of json.dumps. It cannot match inside a string, where quotes are
escaped.
"""


def text_hash(text: str) -> str:
    """32 hex digits: a digest of the object's text, and its length in characters."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()
    return f"{digest}{len(text):08x}"


def content_hash(peek: Any) -> str:  # noqa: ANN401 - a JSON value with its numbers as text
    """24 hex digits: a digest of the object's content without any `last_updated`."""
    canonical = json.dumps(peek, sort_keys=True, separators=(",", ":"))
    stable = LAST_UPDATED.sub("", canonical)
    return hashlib.blake2b(stable.encode(), digest_size=DIGEST_BYTES).hexdigest()
