"""Decompress gzip, up to a limit, because 500 KB of gzip can contain 400 MB."""

import gzip
import io
from typing import Final

UNPACKED_BYTES_AT_MOST: Final = 16 * 1024 * 1024
"""The largest decompressed content that we store. A push has at most 6 MB, and the PATCHes of a session add
to it.
"""


class TooLargeUnpacked(ValueError):
    """The decompressed content is larger than the limit."""


def gunzip(content: bytes, bytes_at_most: int = UNPACKED_BYTES_AT_MOST) -> bytes:
    """Return the decompressed content.

    Raises TooLargeUnpacked if it has more than `bytes_at_most` bytes, and OSError, EOFError or zlib.error for
    invalid content.
    """
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        unpacked = file.read(bytes_at_most + 1)
    if len(unpacked) > bytes_at_most:
        raise TooLargeUnpacked(f"{len(content)} bytes of gzip are more than {bytes_at_most} when unpacked")
    return unpacked
