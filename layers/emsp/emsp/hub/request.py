"""A request to the Hub, as a caller wants it made."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit
from uuid import uuid4

from emsp.hub.deadline import Deadline
from emsp.hub.retries import Repeatable
from emsp.log import masked
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.patience import HUB_CALL_S, HUB_READ_S

ANSWER_BYTES: Final = 2 * 1024 * 1024
"""One object, or a short list: what is read of it takes ten times as much memory."""


@dataclass(frozen=True)
class HubRequest:
    """What HubClient.call is asked for. `url` must be the Hub's (HubClient.endpoint makes it)."""

    method: str
    url: str
    body: JsonObject | None = None
    to: PartyId | None = None
    """The CPO that it is for: OCPI-to-* headers. None: the Hub routes by content."""
    routed: bool = True
    """False leaves all routing headers out, as OCPI wants for versions, credentials and hubclientinfo."""
    quota_module: str | None = None
    """Whose share of the Hub's limits each request takes; None: nobody's."""
    max_wait_s: float = 0.0
    """How long to wait for the quota."""
    request_id: str | None = None
    """X-Request-ID of the first try; each further one has its own."""
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    deadline: Deadline = field(default_factory=lambda: Deadline.after(HUB_CALL_S))
    """For the whole exchange, with waiting, redirects and repeating."""
    read_timeout_s: float = HUB_READ_S
    """How long the Hub may be silent."""
    bytes_at_most: int = ANSWER_BYTES
    """Of the answer."""
    repeatable: Repeatable | None = None
    token_uid: str | None = None
    """A driver's token uid that is in the URL or body: it stands masked in log lines and error texts."""

    @property
    def told_path(self) -> str:
        """The URL's path, as it may be told."""
        return self.without_uid(urlsplit(self.url).path)

    def without_uid(self, text: str) -> str:
        """A text with the uid masked, percent-encoded or not."""
        if not self.token_uid:
            return text
        forms = "|".join(re.escape(form) for form in {self.token_uid, quote(self.token_uid, safe="")})
        return re.sub(rf"(?<!\w)(?:{forms})(?!\w)", masked(self.token_uid), text)

    @property
    def bears(self) -> Repeatable:
        """A GET may be repeated, other methods only when the Hub certainly did not get them, unless
        `repeatable` says more.
        """
        return self.repeatable or (
            Repeatable.ALWAYS if self.method == "GET" else Repeatable.IF_NEVER_DELIVERED
        )
