"""A typed client of the simulated Hub's admin API, for tests and scripts."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.hub_simulator.json_types import JsonObject


class AdminError(RuntimeError):
    """The admin API refused a request. The message says why."""


class AdminClient:
    """One method for each request; `url` is the Hub's, e.g. http://127.0.0.1:8080. Threads may share it."""

    def __init__(self, url: str, timeout_s: float = 120.0) -> None:
        self.url = url.rstrip("/").removesuffix("/admin")
        self.timeout_s = timeout_s

    def _call(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Any:
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"/admin{path}" + (f"?{urlencode(asked)}" if asked else "")
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=self.timeout_s)
        try:
            connection.request(method, target, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            value = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise AdminError(f"{method} {target}: {value['error']}")
        return value

    def settings(self) -> JsonObject:
        """All settings."""
        return self._object("GET", "/settings")

    def change_settings(self, **changes: object) -> JsonObject:
        """Change some: change_settings(limits={"window_s": 6}, errors_as_http_200=False)."""
        return self._object("PATCH", "/settings", dict(changes))

    def invite(self, token: str | None = None) -> str:
        """A new initial token."""
        return str(self._object("POST", "/initial-tokens", {"token": token} if token else {})["token"])

    def registrations(self) -> list[JsonObject]:
        """Every eMSP, with fingerprints of the tokens."""
        return self._list("GET", "/registrations")

    def revoke_tokens(self, which: str = "old") -> int:
        """End the eMSP's old tokens, or all."""
        return int(self._object("POST", "/tokens/revoke", {"which": which})["revoked"])

    def parties(self) -> list[JsonObject]:
        """ClientInfo of every party."""
        return self._list("GET", "/parties")

    def set_party(self, country_code: str, party_id: str, status: str) -> None:
        """CONNECTED, OFFLINE, PLANNED or SUSPENDED."""
        self._call("PUT", f"/parties/{country_code}/{party_id}", {"status": status})

    def probe(self) -> list[JsonObject]:
        """Run the health probe now."""
        return self._list("POST", "/probe", {})

    def requests(
        self,
        module: str | None = None,
        method: str | None = None,
        path: str | None = None,
        after: int | None = None,
    ) -> list[JsonObject]:
        """Seen requests, oldest first."""
        asked = {"module": module, "method": method, "path": path, "after": after}
        return self._list("GET", "/requests", None, asked)

    def forget_requests(self) -> None:
        """Forget seen requests and counters."""
        self._call("DELETE", "/requests")

    def counters(self) -> JsonObject:
        """Requests by outcome, pushes by state."""
        return self._object("GET", "/counters")

    def limits(self) -> list[JsonObject]:
        """Arrivals, refusals and fullest windows for each party and module."""
        return self._list("GET", "/limits")

    def limit(self, module: str) -> JsonObject:
        """The report for one module, of the party that called it most."""
        found = [report for report in self.limits() if report["module"] == module]
        if not found:
            raise AdminError(f"Nothing has called {module}")
        return max(found, key=lambda report: int(report["arrived"]))

    def arrivals(self, module: str) -> list[float]:
        """When a module's requests arrived, in seconds of a monotonic clock."""
        return [float(at) for at in self._call("GET", f"/limits/{module}/arrivals")]

    def reset_limits(self) -> None:
        """Empty all windows."""
        self._call("POST", "/limits/reset", {})

    def add_fault(self, kind: str, **fields: object) -> int:
        """Add a fault (fields as in faults.Fault). Returns its id."""
        return int(self._object("POST", "/faults", {"kind": kind, **fields})["id"])

    def faults(self) -> list[JsonObject]:
        """All faults, and how often each occurred."""
        return self._list("GET", "/faults")

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/faults")

    def prescribe_authorization(self, token_uid: str, allowed: str | None) -> None:
        """Prescribe the answer for this token; None removes it."""
        path = f"/authorize-answers/{quote(token_uid, safe='')}"
        if allowed is None:
            self._call("DELETE", path)
        else:
            self._call("PUT", path, {"allowed": allowed})

    def add_command_behaviour(self, **fields: object) -> None:
        """Prescribe the behaviour for the next command(s) (fields as in behaviours.Behaviour)."""
        self._call("POST", "/command-behaviours", dict(fields))

    def clear_command_behaviours(self) -> None:
        """Remove all behaviours."""
        self._call("DELETE", "/command-behaviours")

    def commands(self) -> list[JsonObject]:
        """The received commands."""
        return self._list("GET", "/commands")

    def sessions(self) -> list[JsonObject]:
        """All sessions: {"session", "cdr", ...}."""
        return self._list("GET", "/sessions")

    def start_session(self, **fields: object) -> JsonObject:
        """A driver with a card starts charging (country_code, party_id, location_id, cdr_token, ...)."""
        return self._object("POST", "/sessions", dict(fields))

    def stop_session(self, session_id: str) -> None:
        """The driver unplugs."""
        self._call("POST", f"/sessions/{quote(session_id, safe='')}/stop", {})

    def invalidate_session(self, session_id: str) -> None:
        """The CPO declares it INVALID."""
        self._call("POST", f"/sessions/{quote(session_id, safe='')}/invalidate", {})

    def cdrs(self) -> list[JsonObject]:
        """All CDRs as they were pushed."""
        return self._list("GET", "/cdrs")

    def pushes(self, state: str | None = None, module: str | None = None) -> list[JsonObject]:
        """Pushes with their attempts."""
        return self._list("GET", "/pushes", None, {"state": state, "module": module})

    def push(self, module: str, body: object = None, **fields: object) -> list[JsonObject]:
        """Push anything. With wait=True this returns when all copies are delivered or dead."""
        return self._list("POST", "/pushes", {"module": module, "body": body, **fields})

    def dead_letters(self) -> list[JsonObject]:
        """Pushes that could not be delivered."""
        return self._list("GET", "/dead-letters")

    def redrive(self) -> int:
        """Queue the undelivered pushes again. Returns how many."""
        return int(self._object("POST", "/dead-letters/redrive", {})["redriven"])

    def wait_idle(self, timeout_s: float = 30.0) -> None:
        """Wait until all sessions and pushes have ended. Raises TimeoutError."""
        if not self._object("POST", "/wait-idle", {"timeout_s": timeout_s})["idle"]:
            raise TimeoutError(f"The Hub was still busy after {timeout_s} s: {self.counters()['pushes']}")

    def catalogue(self) -> JsonObject:
        """Counts and CPOs."""
        return self._object("GET", "/catalogue")

    def objects(self, module: str, offset: int = 0, limit: int = 100) -> list[JsonObject]:
        """Locations or tariffs as they are served now, without limits and without a token."""
        return self._list("GET", f"/catalogue/{module}", None, {"offset": offset, "limit": limit})

    def mutate(
        self,
        module: str = "locations",
        *,
        count: int | None = None,
        percent: float | None = None,
        mutation: str = "status",
    ) -> list[tuple[str, str, str]]:
        """Change objects (see catalogue.Mutation). Returns their keys (country_code, party_id, id) in upper
        case.
        """
        amount: JsonObject = {"count": count} if count is not None else {"percent": percent}
        answer = self._object("POST", f"/catalogue/{module}/mutate", {**amount, "mutation": mutation})
        return [(key[0], key[1], key[2]) for key in answer["changed"]]

    def put_object(
        self, module: str, country_code: str, party_id: str, object_id: str, **fields: object
    ) -> None:
        """Serve body= (JSON) or raw= (text) under this key."""
        self._call("PUT", _object_path(module, country_code, party_id, object_id), dict(fields))

    def delete_object(self, module: str, country_code: str, party_id: str, object_id: str) -> bool:
        """Delete an object; later objects move up. Returns whether it existed."""
        path = _object_path(module, country_code, party_id, object_id)
        return bool(self._object("DELETE", path)["deleted"])

    def route(self, country_code: str, party_id: str, *, routed: bool) -> None:
        """Remove or restore the routing rule of a CPO."""
        self._call("PUT", f"/routing/{country_code}/{party_id}", {"routed": routed})

    def _object(self, method: str, path: str, body: JsonObject | None = None) -> JsonObject:
        value: JsonObject = self._call(method, path, body)
        return value

    def _list(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        query: Mapping[str, object] | None = None,
    ) -> list[JsonObject]:
        value: list[JsonObject] = self._call(method, path, body, query)
        return value


def _object_path(module: str, country_code: str, party_id: str, object_id: str) -> str:
    return f"/catalogue/{module}/{country_code}/{party_id}/{quote(object_id, safe='')}"
