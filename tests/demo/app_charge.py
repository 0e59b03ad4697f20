"""A second charge, driven by a driver's app: only through the API for drivers, with a JWT."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from tests.demo.charge import NotAsExpected
from tests.demo.narrator import Narrator
from tests.demo.report.app import AppRequest
from tests.demo.stored import polled

SHOWN: Final = ("state", "kwh", "minutes", "cost", "price", "to_pay")


@dataclass
class AppCharge:
    """One driver with an app. `requests` are the requests that it sent, with the parts of each answer that it
    shows.
    """

    url: str
    token: str
    narrator: Narrator
    requests: list[AppRequest] = field(default_factory=list)

    def drive(self, location: dict[str, Any]) -> list[AppRequest]:
        """Run all steps, from the map to the receipt. Returns nothing if this stack has another issuer of
        tokens.
        """
        with self.narrator.step("the API for drivers: a charge from an app"):
            status, _ = self._call("GET", "/me")
            if status != 200:
                self.narrator.say(f"GET /me answers {status}: this stack has another DriverApiIssuer")
                return []
            self._charge(self._place(location))
        return self.requests

    def _place(self, location: dict[str, Any]) -> dict[str, Any]:
        at = {name: location["coordinates"][name] for name in ("latitude", "longitude")}
        asked = {**at, "radius_m": 50_000, "available": "true", "energy_kwh": 20}
        _, found = self._ask("GET", f"/stations?{urlencode(asked)}")
        station = found["stations"][0]
        evse = next(each for each in station["evses"] if each["status"] == "AVAILABLE")
        names = ("country_code", "party_id", "location_id")
        connector_id = evse["connectors"][0]["id"]
        place = {name: station[name] for name in names}
        return {"station": place, "evse_uid": evse["uid"], "connector_id": connector_id}

    def _charge(self, place: dict[str, Any]) -> None:
        _, begun = self._ask("POST", "/charges", place, **{"Idempotency-Key": "the-demo"})
        path = f"/charges/{begun['id']}"
        self._until(path, lambda charge: charge["state"] == "CHARGING" and (charge["kwh"] or 0) > 0)
        self._ask("POST", f"{path}/stop")
        self._until(path, lambda charge: bool(charge["receipt_ready"]))
        self._ask("GET", f"{path}/receipt")

    def _until(self, path: str, reached: Callable[[dict[str, Any]], bool]) -> None:
        """Ask repeatedly, as an app does. 304 means that nothing is new."""
        known = {"If-None-Match": ""}
        for status, charge in polled(lambda: self._call("GET", path, **known), within_s=60):
            if status == 304:
                continue
            if status != 200:
                raise NotAsExpected(f"GET {path} was answered {status}: {charge}")
            known["If-None-Match"] = charge.pop("ETag")
            self._seen("GET", path, status, charge)
            if reached(charge):
                return
        raise NotAsExpected(f"GET {path}: the expected state did not arrive within 60 s")

    def _ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        status, answer = self._call(method, path, body, **headers)
        self._seen(method, path, status, answer)
        return status, answer

    def _seen(self, method: str, path: str, status: int, answer: dict[str, Any]) -> None:
        shown = {name: answer[name] for name in SHOWN if answer.get(name) is not None}
        if "stations" in answer:
            shown = {"stations": len(answer["stations"])}
        self.requests.append(AppRequest(method, path.partition("?")[0], status, shown))
        self.narrator.say(f"{method} {path.partition('?')[0]} -> {status} {json.dumps(shown)}")

    def _call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, {**json.loads(answer.read()), "ETag": answer.headers.get("ETag")}
        except urllib.error.HTTPError as error:
            return error.code, {"body": error.read().decode()}
