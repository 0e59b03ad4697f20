"""A request from the Hub and our answer, independent of API Gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple

from emsp.ocpi.headers import Headers
from emsp.ocpi.json_text import JsonObject, JsonValue, MalformedJson, parse_json
from emsp.receiver.authentication import Caller
from emsp.receiver.charset import decoded
from emsp.receiver.errors import InvalidPush, MalformedBody
from emsp.settings import MissingSetting


@dataclass(frozen=True)
class Request:
    """A request from the Hub.

    `path` is the path after the stage (`/ocpi/...`). `path_parameters` are percent-decoded. `base_url` is our
    public URL up to `/ocpi`, such as `https://ocpi.example.com`, or None if neither the settings nor the
    event has it.
    """

    method: str
    path: str
    path_parameters: Mapping[str, str]
    headers: Headers
    body: bytes
    received_at: datetime
    request_id: str
    correlation_id: str
    base_url: str | None = None
    caller: Caller | None = None

    def url(self, path: str) -> str:
        """Return our public URL for `path` (`/ocpi/...`). Raises MissingSetting if our public URL is
        unknown.
        """
        if self.base_url is None:
            raise MissingSetting("PUBLIC_BASE_URL")
        return self.base_url + path

    def json(self) -> JsonValue:
        """Return the body as JSON. Raises MalformedBody."""
        try:
            text = self._in_another_encoding
            return parse_json(self.body if text is None else text)
        except MalformedJson as error:
            raise MalformedBody(f"the body is not valid JSON: {error}") from error

    def json_object(self) -> JsonObject:
        """Return the JSON object in the body. Raises MalformedBody, InvalidPush."""
        value = self.json()
        if not isinstance(value, dict):
            raise InvalidPush("the body must be a JSON object")
        return value

    def text(self) -> str:
        """Return the body as text, as it was received. Call json() first: it rejects a body that can't be
        decoded.
        """
        text = self._in_another_encoding
        return self.body.decode("utf-8-sig") if text is None else text

    @cached_property
    def _in_another_encoding(self) -> str | None:
        return decoded(self.body, self.headers)


STORED: Final = "stored"
"""The outcome of a push that changed what we store. Metrics count these pushes."""


class Answer(NamedTuple):
    """Our answer: the envelope carries `data` and status_code 1000. `as_text` is JSON text that replaces
    `data`.
    """

    data: JsonValue = None
    http_status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    as_text: str | None = None
    outcome: str = "served"
    """The outcome for the log."""
