"""The character encoding of a body: UTF-8 (RFC 8259), unless the request declares another one."""

import codecs
import json
from email.message import Message

from emsp.ocpi.headers import Headers
from emsp.receiver.errors import MalformedBody


def charset_of(headers: Headers) -> str | None:
    """Return the charset in Content-Type, such as `iso-8859-1`, or None."""
    content_type = Message()
    content_type["Content-Type"] = headers.get("Content-Type") or "application/json"
    return content_type.get_content_charset()


def decoded(body: bytes, headers: Headers) -> str | None:
    """Decode a body that is not UTF-8: it has a declared charset, or begins like UTF-16 or UTF-32.

    Return None for a body in UTF-8. Raises MalformedBody for an unknown charset, or a body that is not in its
    charset, because wrong characters must not be stored.
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
        " ".encode(charset)  # rejects codecs that encode no characters, such as rot13 and zlib
    except (LookupError, ValueError):
        raise MalformedBody(f"the charset {charset[:40]} of the body is not known: send UTF-8") from None
    return codec.name
