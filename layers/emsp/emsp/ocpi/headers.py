"""The HTTP headers that OCPI uses (transport and format chapter)."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from emsp.ocpi.parties import PartyId

FROM_COUNTRY_CODE = "OCPI-from-country-code"
FROM_PARTY_ID = "OCPI-from-party-id"
TO_COUNTRY_CODE = "OCPI-to-country-code"
TO_PARTY_ID = "OCPI-to-party-id"
LINK = "Link"
TOTAL_COUNT = "X-Total-Count"
LIMIT = "X-Limit"

_MAX_TOKEN_LENGTH = 1024


class Headers(Mapping[str, str]):
    """Headers with case-insensitive names. If a name occurs several times, its last value is used."""

    def __init__(self, headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None) -> None:
        pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
        self._headers = {name.lower(): (name, value) for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        return self._headers[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._headers

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._headers.values())

    def __len__(self) -> int:
        return len(self._headers)


class TokenEncoding(StrEnum):
    """How a credentials token is sent. The specification requires Base64, but many peers send it plain."""

    BASE64 = "base64"
    PLAIN = "plain"


def authorization_header(token: str, encoding: TokenEncoding) -> str:
    """Return the value of the Authorization header for a credentials token."""
    return f"Token {b64encode(token.encode()).decode() if encoding is TokenEncoding.BASE64 else token}"


def token_candidates(header: str) -> tuple[str, ...]:
    """Return the credentials tokens that an Authorization header may contain: as it is, and decoded from
    Base64.

    The result is empty if the scheme is not `Token`, or if the token is not printable ASCII. Compare all of
    them in constant time, because a plain token can look like Base64. Padding may be missing. A line end in
    the Base64 text, as in the specification's example, is removed.
    """
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "token" or not _is_printable(token) or len(token) > _MAX_TOKEN_LENGTH:
        return ()
    unpadded = token.rstrip("=")
    try:
        decoded = b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True).decode().rstrip("\r\n")
    except (NotBase64, UnicodeDecodeError):
        return (token,)
    return (token, decoded) if _is_printable(decoded) else (token,)


def _is_printable(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()


def routing_headers(sender: PartyId, receiver: PartyId | None) -> dict[str, str]:
    """Return the routing headers of a request.

    Without a receiver the Hub finds it by the content (open routing).
    """
    headers = {FROM_COUNTRY_CODE: sender.country_code, FROM_PARTY_ID: sender.party_id}
    if receiver is not None:
        headers |= {TO_COUNTRY_CODE: receiver.country_code, TO_PARTY_ID: receiver.party_id}
    return headers
