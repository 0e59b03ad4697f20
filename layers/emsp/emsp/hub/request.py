"""A request to the Hub."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit
from uuid import uuid4

from emsp.deadline import Deadline
from emsp.hub.retries import Repeatable
from emsp.log import masked
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.timeouts import HUB_CALL_S, HUB_READ_S

ANSWER_BYTES: Final = 2 * 1024 * 1024
"""The limit for an answer with one object or a short list. Parsed, it takes ten times as much memory."""


@dataclass(frozen=True)
class HubRequest:
    """The parameter of HubClient.call. `url` must be the Hub's (use HubClient.endpoint)."""

    method: str
    url: str
    body: JsonObject | None = None
    to: PartyId | None = None
    """The CPO that receives it, by OCPI-to-* headers. None: the Hub routes by content."""
    routed: bool = True
    """False leaves out all routing headers, as OCPI requires for versions, credentials and hubclientinfo."""
    quota_module: str | None = None
    """The module whose quota the request uses; None: no quota."""
    max_wait_s: float = 0.0
    """The longest wait for the quota, in seconds."""
    request_id: str | None = None
    """X-Request-ID of the first try. Each further try gets a new one."""
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    deadline: Deadline = field(default_factory=lambda: Deadline.after(HUB_CALL_S))
    """The deadline of the whole call, with waits, redirects and retries."""
    read_timeout_s: float = HUB_READ_S
    """How long the Hub may send nothing."""
    bytes_at_most: int = ANSWER_BYTES
    """The largest answer."""
    repeatable: Repeatable | None = None
    token_uid: str | None = None
    """A driver's token uid in the URL or the body. Logs and error texts contain it masked."""

    @property
    def masked_path(self) -> str:
        """The URL's path with the token uid masked."""
        return self.without_uid(urlsplit(self.url).path)

    def without_uid(self, text: str) -> str:
        """Return the text with the uid masked, percent-encoded or not."""
        if not self.token_uid:
            return text
        forms = "|".join(re.escape(form) for form in {self.token_uid, quote(self.token_uid, safe="")})
        return re.sub(rf"(?<!\w)(?:{forms})(?!\w)", masked(self.token_uid), text)

    @property
    def may_be_repeated(self) -> Repeatable:
        """When the request may be repeated: a GET always, another method only if the Hub certainly did not
        get it, unless `repeatable` is given.
        """
        return self.repeatable or (
            Repeatable.ALWAYS if self.method == "GET" else Repeatable.IF_NEVER_DELIVERED
        )
