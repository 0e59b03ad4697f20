"""Find a driver in stored objects, and replace the driver by a random pseudonym. Without I/O.

A token (OCPI's CdrToken or Token) belongs to the driver if its uid or contract_id does. All its personal
fields are replaced. In other texts the values of the token are replaced where they are whole words: in
deviations, in messages, in fields that a CPO added, and in texts that are not JSON. Ids of objects and
amounts of money remain.
"""

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

from emsp.gunzip import TooLargeUnpacked, gunzip
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, MalformedJson, dump_json, parse_json
from emsp.ocpi.tokens import Token

type Texts = Mapping[str, str]
"""The texts of one item or object, by name."""

NOT_PERSONAL: Final = frozenset(Token.field_names()) - {
    "uid",
    "contract_id",
    "visual_number",
    "group_id",
    "energy_contract",
}
"""The fields of a token that are not personal. All others are replaced, including those that OCPI does not
define.
"""

KEPT_NAMES: Final = frozenset(
    {
        *("id", "object_key", "object_id", "key", "path", "path_parameters", "headers", "response_url"),
        *("country_code", "party_id", "currency", "status", "state", "content_hash", "put_hash"),
        *("session_id", "session_key", "credits_key", "credited_by", "closed_by_cdr", "credit_reference_id"),
        *("command_id", "correlation_id", "request_id", "reservation_id", "task_token"),
        *("location_id", "evse_uid", "evse_id", "connector_id", "tariff_id", "meter_id"),
    }
)
"""Fields that identify an object, not a person. Their text may name another object."""

KEYS_OF_TOKENS: Final = frozenset({"token_key"})
"""`IN#EMS#UID`."""

PERSONAL_NAME: Final = re.compile(
    r"driver|customer|card_?holder|e_?mail|phone|mobile|licen[cs]e_?plate|number_?plate", re.IGNORECASE
)
"""Names of personal fields that CPOs add and OCPI does not define. Their values are replaced in the driver's
objects.
"""

WORD_AT_LEAST: Final = 6
"""The shortest uid that is replaced in any text. A shorter one could be another word, so it is replaced only
in tokens and keys.
"""

LEVELS_AT_MOST: Final = 3
"""How many levels of texts within texts are read: a rejected push, its signed data, and one more."""
UNPACKED_AT_MOST: Final = 8 * 1024 * 1024
UNPACKED_PER_BYTE: Final = 50
"""The largest factor by which gzipped data may grow. Meter values shrink to a tenth."""

ENCODED: Final = frozenset({"body_base64", "B", "signed_data", "plain_data"})
MAY_HIDE: Final = ("\\u", '"body_base64"', '"B"', '\\"B\\"', '"signed_data"')
"""Marks of encoded text, which may contain the driver. A record of a stream has them in JSON within JSON."""


class Rewrites(StrEnum):
    """The objects that a pass rewrites.

    All objects are read before any is rewritten, because their order is unknown. What identifies the driver
    is rewritten last, so that an interrupted run can be repeated: first the texts outside the driver's
    tokens, which may contain any value of a token. Then the tokens, and those that show the contract last.
    """

    NOTHING = "NOTHING"
    TEXTS = "TEXTS"
    WITHOUT_CONTRACT = "WITHOUT_CONTRACT"
    ALL = "ALL"


@dataclass
class Person:
    """The driver to forget.

    `uids` and `contract_ids` (in upper case) identify the driver. A contract id may be written with or
    without separators (eMI3). `said` are other values in the driver's tokens. `whole_contract` means that all
    tokens of the contract belong to the driver.
    """

    pseudonym: str
    uids: set[str] = field(default_factory=set)
    contract_ids: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    whole_contract: bool = False
    rewrites: Rewrites = Rewrites.ALL
    to_be_continued: int = 0
    """The number of objects, or versions of them, that were changed and that a later pass changes again."""

    def forgotten_in(self, texts: Texts) -> dict[str, str]:
        """Return the texts of an object that change, with the pseudonym instead of the driver."""
        if not any(self._may_be_in(text) for text in texts.values()):
            return {}
        values = {name: _read(text) for name, text in texts.items()}
        tokens = [token for value in values.values() for token in _tokens(value) if self.is_theirs(token)]
        for token in tokens:
            self._learn(token)
        if self.rewrites is Rewrites.NOTHING or (
            self.rewrites is Rewrites.WITHOUT_CONTRACT and any(map(self._names_contract, tokens))
        ):
            return {}
        identifying = _words(self.uids, self.contract_ids)
        own = bool(tokens) or any(self._is_their_key(name, text) for name, text in texts.items())
        if not own and not any(identifying and _mentions(value, identifying) for value in values.values()):
            return {}
        rewriting = _Rewriting(self, own, _words(self.uids | self.said, self.contract_ids))
        rewritten = {name: rewriting.value(name, value) for name, value in values.items()}
        changed = {
            name: value if isinstance(value, str) else dump_json(value)
            for name, value in rewritten.items()
            if value != values[name]
        }
        if changed and tokens and self.rewrites is Rewrites.TEXTS:
            self.to_be_continued += 1
        return changed

    def is_theirs(self, token: JsonObject) -> bool:
        """Whether a token belongs to the driver."""
        uid = id_text(token.get("uid"))
        return (uid or "").strip().upper() in self.uids or self._names_contract(token)

    def _names_contract(self, token: JsonObject) -> bool:
        named = id_text(token.get("contract_id")) or ""
        return any(_in_any_spelling(each).fullmatch(named.strip()) for each in self.contract_ids)

    def _is_their_key(self, name: str, text: str) -> bool:
        return name in KEYS_OF_TOKENS and _uid_in(text) in self.uids

    def _may_be_in(self, text: str) -> bool:
        upper = text.upper()
        return (
            any(each in upper for each in self.uids)
            or any(mark in text for mark in MAY_HIDE)
            or any(_in_any_spelling(each).search(text) for each in self.contract_ids)
        )

    def _learn(self, token: JsonObject) -> None:
        uid = id_text(token.get("uid"))
        if uid and self.whole_contract and uid.upper() != self.pseudonym:
            self.uids.add(uid.strip().upper())
        for name, value in token.items():
            text = id_text(value)
            if name not in NOT_PERSONAL and name != "uid" and text and text.upper() != self.pseudonym:
                self.said.add(text.strip().upper())


def _uid_in(token_key: str) -> str:
    """Return the uid in a token's key. The uid may contain `#`."""
    return token_key.split("#", 2)[-1].strip().upper()


@dataclass(frozen=True)
class _Rewriting:
    """Rewrites an object. `own` is True if it belongs to the driver, and False if it only mentions the
    driver.
    """

    person: Person
    own: bool
    words: re.Pattern[str] | None

    def value(self, name: str, value: JsonValue, level: int = 0) -> JsonValue:
        if isinstance(value, dict):
            return self._object(name, value, level)
        if isinstance(value, list):
            return [self.value(name, each, level) for each in value]
        if self.own and PERSONAL_NAME.search(name) and id_text(value) is not None:
            return self.person.pseudonym
        return self._text(name, value, level) if isinstance(value, str) else value

    def _object(self, name: str, value: JsonObject, level: int) -> JsonValue:
        if _is_token(name, value):
            rewrites = self.person.rewrites is not Rewrites.TEXTS and self.person.is_theirs(value)
            return self._token(value) if rewrites else value
        if name in KEPT_NAMES:
            return value
        changed = {each: self.value(each, member, level) for each, member in value.items()}
        path = str(value.get("path") or "")
        if self.own and "problem" in value and path.startswith(("cdr_token", "token")) and value.get("value"):
            changed["value"] = self.person.pseudonym  # a deviation may have been cut within an id
        return changed

    def _token(self, token: JsonObject) -> JsonObject:
        return {
            name: value if name in NOT_PERSONAL or value is None else self.person.pseudonym
            for name, value in token.items()
            if name != "energy_contract"
        }

    def _text(self, name: str, text: str, level: int) -> str:
        if name in KEYS_OF_TOKENS and _uid_in(text) in self.person.uids:
            return "#".join((*text.split("#", 2)[:-1], self.person.pseudonym))
        if name in KEPT_NAMES:
            return text
        inner = _read(text) if level < LEVELS_AT_MOST else text
        if not isinstance(inner, str):
            changed = self.value(name, inner, level + 1)
            return text if changed == inner else dump_json(changed)
        if name in ENCODED and level < LEVELS_AT_MOST:
            try:
                decoded = _decoded(text)
            except TooLargeUnpacked:
                return self.person.pseudonym if self.own else text  # its content can't be checked
            if decoded is not None:
                within = self._text("", decoded.text, level)
                return text if within == decoded.text else decoded.again(within)
        return self.words.sub(self.person.pseudonym, text) if self.words else text


@dataclass(frozen=True)
class _Decoded:
    """The content of a Base64 text, decompressed if it was gzipped. Bytes that are not UTF-8 are read as
    latin-1.
    """

    text: str
    gzipped: bool
    charset: str

    def again(self, text: str) -> str:
        content = text.encode(self.charset)
        return base64.b64encode(gzip.compress(content, mtime=0) if self.gzipped else content).decode()


def _decoded(text: str) -> _Decoded | None:
    """Return the decoded text, or None if the text is not Base64. Raises TooLargeUnpacked."""
    try:
        content = base64.b64decode(text, validate=True)
        gzipped = content.startswith(b"\x1f\x8b")
        if gzipped:
            content = gunzip(content, min(UNPACKED_PER_BYTE * len(content), UNPACKED_AT_MOST))
    except TooLargeUnpacked:
        raise
    except (binascii.Error, ValueError, OSError, EOFError, zlib.error):
        return None
    try:
        return _Decoded(content.decode(), gzipped, "utf-8")
    except UnicodeDecodeError:
        return _Decoded(content.decode("latin-1"), gzipped, "latin-1")


def _readable(name: str, text: str) -> _Decoded | None:
    try:
        return _decoded(text) if name in ENCODED else None
    except TooLargeUnpacked:
        return None


def _read(text: str) -> JsonValue:
    """Return the object or list in a JSON text. Return any other text unchanged."""
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return text
    try:
        return parse_json(text)
    except MalformedJson:
        return text


def _is_token(name: str, value: JsonObject) -> bool:
    return name in ("cdr_token", "token") or (
        "uid" in value and ("contract_id" in value or "issuer" in value)
    )


def _tokens(value: JsonValue, name: str = "", level: int = 0) -> Iterator[JsonObject]:
    if isinstance(value, dict):
        if _is_token(name, value):
            yield value
        else:
            for each, member in value.items():
                yield from _tokens(member, each, level)
    elif isinstance(value, list):
        for each_value in value:
            yield from _tokens(each_value, name, level)
    elif isinstance(value, str) and name and level < LEVELS_AT_MOST:
        inner = _within(name, value)
        if inner is not None:
            yield from _tokens(inner, "", level + 1)


def _within(name: str, text: str) -> JsonValue:
    """Return the object or list that a text contains as JSON, in Base64 or not, or None."""
    decoded = _readable(name, text)
    value = _read(decoded.text if decoded else text)
    return value if decoded or not isinstance(value, str) else None


def _mentions(value: JsonValue, words: re.Pattern[str], name: str = "") -> bool:
    if isinstance(value, dict):
        return any(_mentions(member, words, each) for each, member in value.items() if each not in KEPT_NAMES)
    if isinstance(value, list):
        return any(_mentions(each, words, name) for each in value)
    if not isinstance(value, str):
        return False
    decoded = _readable(name, value)
    return bool(words.search(decoded.text if decoded else value))


@cache
def _in_any_spelling(contract_id: str) -> re.Pattern[str]:
    """Return a pattern for a contract id in any case, with or without separators.

    A short contract id must match exactly.
    """
    return re.compile(_spellings(contract_id), re.IGNORECASE)


def _spellings(contract_id: str) -> str:
    plain = [each for each in contract_id if each.isalnum()]
    if len(plain) < WORD_AT_LEAST:
        return re.escape(contract_id)
    return "[-*_.: ]?".join(map(re.escape, plain))


def _words(values: set[str], contract_ids: set[str]) -> re.Pattern[str] | None:
    """Return a pattern for any of these values as a whole word, in any case, or None if all are too short."""
    long = [each for each in values if len(each) >= WORD_AT_LEAST]
    spelled = [_spellings(each) for each in contract_ids if len(each) >= WORD_AT_LEAST]
    patterns = [*spelled, *map(re.escape, sorted(long, key=len, reverse=True))]
    if not patterns:
        return None
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(patterns)})(?![A-Za-z0-9])", re.IGNORECASE)
