"""Records every request with its outcome; tokens only as fingerprints."""

import json
from collections import Counter, deque
from typing import Any, Final

from tests.hub_simulator.auth import fingerprint, token_candidates
from tests.hub_simulator.http_server import Request
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.settings import CredentialsSettings

BODY_LIMIT: Final = 64 * 1024


def redacted_headers(headers: dict[str, str]) -> dict[str, str]:
    """The headers, with fingerprints in place of the Authorization's token."""
    shown = dict(headers)
    if "authorization" in shown:
        candidates = token_candidates(shown["authorization"], CredentialsSettings())
        shown["authorization"] = " ".join(
            f"{encoding}:{fingerprint(token)}" for token, encoding in candidates.items()
        )
    return shown


def shown_body(request: Request, module: str) -> Any:
    """The body as JSON if possible, with a fingerprint in place of a credentials token."""
    if not request.body:
        return None
    if len(request.body) > BODY_LIMIT:
        return f"{len(request.body)} bytes"
    try:
        value = json.loads(request.body)
    except ValueError:
        return None if module == "credentials" else request.body.decode("utf-8", "replace")
    if module == "credentials":
        if not isinstance(value, dict):
            return None
        if isinstance(value.get("token"), str):
            value["token"] = fingerprint(value["token"])
    return value


class Seen:
    """The last requests, and counts of all."""

    def __init__(self, remembered: int) -> None:
        self.requests: deque[JsonObject] = deque(maxlen=remembered)
        self.counts: Counter[tuple[str, str, int, str]] = Counter()
        self.most_at_once = 0
        self._at_once = 0
        self._number = 0

    def begin(self) -> None:
        """Record that a request has arrived."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)

    def end(self, record: JsonObject) -> None:
        """Record its answer."""
        self._at_once -= 1
        self._number += 1
        self.requests.append({"number": self._number, **record})
        self.counts[
            record["module"], record["method"], record["http_status"], str(record["status_code"])
        ] += 1

    def report(self) -> JsonObject:
        """Counts by module, method and outcome."""
        by_module: Counter[str] = Counter()
        for key, n in self.counts.items():
            by_module[key[0]] += n
        return {
            "most_at_once": self.most_at_once,
            "requests": [
                {"module": m, "method": v, "http_status": h, "status_code": c, "count": n}
                for (m, v, h, c), n in sorted(self.counts.items())
            ],
            "by_module": dict(by_module),
        }

    def clear(self) -> None:
        """Forget all requests and counts."""
        self.requests.clear()
        self.counts.clear()
        self.most_at_once = self._at_once
