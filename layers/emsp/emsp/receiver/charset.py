"""The character encoding of a body: UTF-8 (RFC 8259), unless it says that it is something else."""

import codecs
import json
from email.message import Message

from emsp.ocpi.headers import Headers
from emsp.receiver.errors import MalformedBody


def charset_of(headers: Headers) -> str | None:
    """The charset that Content-Type declares, e.g. `iso-8859-1`, or None."""
    content_type = Message()
    content_type["Content-Type"] = headers.get("Content-Type") or "application/json"
    return content_type.get_content_charset()


def decoded(body: bytes, headers: Headers) -> str | None:
    """The body's text where it is not UTF-8 but tells what it is, by its charset or as UTF-16 and UTF-32 do.

    None where it is to be read as UTF-8. Raises MalformedBody: it must not be stored with other characters.
    """
    declared = charset_of(headers)
    encoding = _known(declared) if declared else json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        return None
    try:
        return body.decode(encoding).removeprefix("\ufeff")
    except UnicodeError:
        if declared is None:
            return None
        raise MalformedBody(f"the body is not {encoding}, as its Content-Type says") from None


def _known(charset: str) -> str:
    try:
        codec = codecs.lookup(charset)
        " ".encode(charset)  # refuses those that are no encoding of characters, such as rot13 and zlib
    except (LookupError, ValueError):
        raise MalformedBody(f"the charset {charset[:40]} of the body is not known: send UTF-8") from None
    return codec.name
