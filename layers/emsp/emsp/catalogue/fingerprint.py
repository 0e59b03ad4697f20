"""Two hashes that show whether an object of the catalogue changed.

`text` is that of the characters as received. If it is equal, the object is unchanged. `content` is that of
the object without the order of its fields and without any `last_updated`, because some CPOs never update that
field, and some always do.
"""

import hashlib
import json
import re
from typing import Any

DIGEST_BYTES = 12
LENGTH_BYTES = 4
LAST_UPDATED = re.compile(r'"last_updated":"(?:[^"\\]|\\.)*"')
"""Matches the field in the output of json.dumps. It can't match inside a string, because quotes are escaped
there.
"""


def text_hash(text: str) -> str:
    """Return 32 hex digits: a hash of the object's text, and its length in characters."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()
    return f"{digest}{len(text):08x}"


def content_hash(peek: Any) -> str:  # noqa: ANN401 - a JSON value with its numbers as text
    """Return 24 hex digits: a hash of the object's content without any `last_updated`."""
    canonical = json.dumps(peek, sort_keys=True, separators=(",", ":"))
    stable = LAST_UPDATED.sub("", canonical)
    return hashlib.blake2b(stable.encode(), digest_size=DIGEST_BYTES).hexdigest()
