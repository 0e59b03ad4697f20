"""What gzip made small, unpacked up to a bound: 500 KB can stand for 400 MB."""

import gzip
import io
from typing import Final

UNPACKED_BYTES_AT_MOST: Final = 16 * 1024 * 1024
"""Of what we store: no push has more than 6 MB, and a session's patches come on top."""


class TooLargeUnpacked(ValueError):
    """It has more bytes than the reader has room for."""


def gunzip(content: bytes, bytes_at_most: int = UNPACKED_BYTES_AT_MOST) -> bytes:
    """Raises TooLargeUnpacked, and what gzip raises for what it did not make: OSError, EOFError,
    zlib.error.
    """
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        unpacked = file.read(bytes_at_most + 1)
    if len(unpacked) > bytes_at_most:
        raise TooLargeUnpacked(f"{len(content)} bytes of gzip are more than {bytes_at_most} when unpacked")
    return unpacked
