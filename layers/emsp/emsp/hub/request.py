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
"""The largest answer with one object or a short list, in bytes. Parsed, it takes ten times as much memory."""


@dataclass(frozen=True)
class HubRequest:
    """A request for HubClient.call. `url` must belong to the Hub (see HubClient.endpoint)."""

    method: str
    url: str
    body: JsonObject | None = None
    to: PartyId | None = None
    """The CPO for the OCPI-to-* headers, or None if the Hub finds it by the content."""
    routed: bool = True
    """False for versions, credentials and hubclientinfo: by OCPI they have no routing headers."""
    quota_module: str | None = None
    """The module whose quota the request uses, or None for no quota."""
    max_wait_s: float = 0.0
    """The longest wait for the quota, in seconds."""
    request_id: str | None = None
    """The X-Request-ID of the first try. Each retry gets a new one."""
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    deadline: Deadline = field(default_factory=lambda: Deadline.after(HUB_CALL_S))
    """The deadline of the whole call, including waits, redirects and retries."""
    read_timeout_s: float = HUB_READ_S
    """How long the Hub may send nothing, in seconds."""
    bytes_at_most: int = ANSWER_BYTES
    """The largest answer, in bytes."""
    repeatable: Repeatable | None = None
    token_uid: str | None = None
    """The uid of a driver's token in the URL or body. It is masked in logs and messages."""

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
        """When the request may be repeated: `repeatable`, or the rule for its method.

        A GET may always be repeated. Any other method only if the Hub certainly did not receive it.
        """
        return self.repeatable or (
            Repeatable.ALWAYS if self.method == "GET" else Repeatable.IF_NEVER_DELIVERED
        )
