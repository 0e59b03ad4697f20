"""The admin API: everything that tests and operators can change and read at the Hub. It accepts only this
machine, without a token.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Final

from tests.hub_simulator.auth import fingerprint
from tests.hub_simulator.authorize import ALLOWED
from tests.hub_simulator.catalogue import Mutation
from tests.hub_simulator.envelope import dump, now, parse_timestamp, timestamp
from tests.hub_simulator.http_server import Request, Response
from tests.hub_simulator.hub import Hub
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.object_list import object_key
from tests.hub_simulator.parties import ConnectionState
from tests.hub_simulator.pushes import NoReceiver, PushState
from tests.hub_simulator.session import Authorized, SessionStatus
from tests.hub_simulator.settings import UnknownSetting, change_settings

LOOPBACK: Final = ("127.0.0.1", "::1")


class Misused(ValueError):
    """A request to the admin API is invalid."""


type Action = Callable[[JsonObject, dict[str, str], tuple[str, ...]], Any]


class AdminRoutes:
    """Answers all requests below /admin: JSON without an envelope, or 400 with `error` for an invalid
    request.
    """

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.routes: tuple[tuple[str, str, Action], ...] = (
            ("GET", "/admin", self.index),
            ("GET", "/admin/settings", self.settings),
            ("PATCH", "/admin/settings", self.change_settings),
            ("POST", "/admin/initial-tokens", self.invite),
            ("GET", "/admin/registrations", self.registrations),
            ("POST", "/admin/tokens/revoke", self.revoke),
            ("GET", "/admin/parties", self.parties),
            ("PUT", "/admin/parties/*/*", self.set_party),
            ("POST", "/admin/probe", self.probe),
            ("GET", "/admin/requests", self.requests),
            ("DELETE", "/admin/requests", self.forget_requests),
            ("GET", "/admin/counters", self.counters),
            ("GET", "/admin/limits", self.limits),
            ("GET", "/admin/limits/*/arrivals", self.arrivals),
            ("POST", "/admin/limits/reset", self.reset_limits),
            ("GET", "/admin/faults", self.faults),
            ("POST", "/admin/faults", self.add_fault),
            ("DELETE", "/admin/faults", self.clear_faults),
            ("GET", "/admin/authorize-answers", self.authorize_answers),
            ("PUT", "/admin/authorize-answers/*", self.prescribe),
            ("DELETE", "/admin/authorize-answers/*", self.unprescribe),
            ("GET", "/admin/command-behaviours", self.behaviours),
            ("POST", "/admin/command-behaviours", self.add_behaviour),
            ("DELETE", "/admin/command-behaviours", self.clear_behaviours),
            ("GET", "/admin/commands", self.commands),
            ("GET", "/admin/sessions", self.sessions),
            ("POST", "/admin/sessions", self.start_session),
            ("POST", "/admin/sessions/*/stop", self.stop_session),
            ("POST", "/admin/sessions/*/invalidate", self.invalidate_session),
            ("GET", "/admin/cdrs", self.cdrs),
            ("GET", "/admin/pushes", self.pushes),
            ("POST", "/admin/pushes", self.push),
            ("GET", "/admin/pushes/*", self.one_push),
            ("GET", "/admin/dead-letters", self.dead_letters),
            ("POST", "/admin/dead-letters/redrive", self.redrive),
            ("POST", "/admin/wait-idle", self.wait_idle),
            ("GET", "/admin/catalogue", self.catalogue),
            ("GET", "/admin/catalogue/*", self.objects),
            ("POST", "/admin/catalogue/*/mutate", self.mutate),
            ("PUT", "/admin/catalogue/*/*/*/*", self.put_object),
            ("DELETE", "/admin/catalogue/*/*/*/*", self.delete_object),
            ("PUT", "/admin/routing/*/*", self.route),
        )

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        if request.peer not in LOOPBACK:
            return _json({"error": "The admin API answers this machine only"}, 403)
        path = "/" + "/".join(request.segments)
        for method, pattern, action in self.routes:
            names = _match(pattern, request.segments)
            if names is not None and method == request.method:
                try:
                    answer = action(_body(request), request.query, names)
                    return _json(await answer if isinstance(answer, Awaitable) else answer)
                except (Misused, UnknownSetting, NoReceiver, TypeError, ValueError, KeyError) as e:
                    return _json({"error": f"{type(e).__name__}: {e}"}, 400)
        return _json({"error": f"No {request.method} {path}; GET /admin lists what there is"}, 404)

    def index(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """List all routes."""
        return {
            "versions_url": f"{self.hub.ocpi_url}/versions",
            "routes": [f"{method} {pattern}: {action.__doc__}" for method, pattern, action in self.routes],
        }

    def settings(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """All settings."""
        return asdict(self.hub.settings)

    def change_settings(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Change settings: a nested object with the ones to change."""
        change_settings(self.hub.settings, body)
        return asdict(self.hub.settings)

    def invite(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Issue an initial token ({"token"?})."""
        token = self.hub.registrations.invite(body.get("token"))
        return {"token": token, "versions_url": f"{self.hub.ocpi_url}/versions"}

    def registrations(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Every eMSP, with fingerprints of the tokens."""
        return [
            {
                "party": r.party,
                "country_code": r.country_code,
                "party_id": r.party_id,
                "registered": r.registered,
                "confirmed": r.confirmed,
                "url": r.url,
                "roles": r.roles,
                "endpoints": r.endpoints,
                "issued_tokens": [
                    {"fingerprint": fingerprint(t.value), "initial": t.initial, "valid": t.valid()}
                    for t in r.issued
                ],
                "received_tokens": [fingerprint(token) for token in r.received],
            }
            for r in self.hub.registrations.all
        ]

    def revoke(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """End tokens: {"which": "old" | "all"}."""
        if body.get("which") not in ("old", "all"):
            raise Misused("which is old or all")
        return {"revoked": self.hub.registrations.revoke(body["which"])}

    def parties(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """The states of all parties."""
        return [party.client_info() for party in self.hub.parties.all.values()]

    def set_party(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Change a party's state: {"status"}."""
        if not self.hub.parties.set_state(names[0], names[1], ConnectionState(body["status"])):
            raise Misused(f"No party {names[0]}*{names[1]}")
        return [party.client_info() for party in self.hub.parties.find(names[0], names[1])]

    async def probe(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Run the health probe on every registered eMSP now."""
        return [await self.hub.parties.probe(r) for r in self.hub.registered()]

    def requests(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Seen requests, filtered by ?module, ?method, ?path (regular expression), ?after (a number)."""
        path = re.compile(query.get("path", ""))
        return [
            record
            for record in self.hub.seen.requests
            if query.get("module") in (None, record["module"])
            and query.get("method") in (None, record["method"])
            and path.search(record["path"])
            and record["number"] > int(query.get("after", "0"))
        ]

    def forget_requests(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Forget seen requests and counters."""
        self.hub.seen.clear()
        return {}

    def counters(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Requests by module and outcome, and pushes by state."""
        return {**self.hub.seen.report(), "pushes": self.hub.pushes.counts()}

    def limits(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """For each party and module: arrivals, refusals, and the largest number in any window."""
        return self.hub.limits.report()

    def arrivals(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """When the requests of a module arrived (seconds of a steady clock)."""
        return self.hub.limits.arrivals(names[0])

    def reset_limits(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Empty all rate-limit windows."""
        self.hub.limits.reset()
        return {}

    def faults(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """All faults, and how often each occurred."""
        return self.hub.faults.report()

    def add_fault(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Add a fault: {"kind", "module"?, "method"?, "path"?, "times"?, "probability"?, ...}."""
        return asdict(self.hub.faults.add(body))

    def clear_faults(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Remove all faults."""
        self.hub.faults.all.clear()
        return {}

    def authorize_answers(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Prescribed answers by token uid. The prefix of any other uid decides."""
        return {"prescribed": self.hub.authorize.prescribed, "values": ALLOWED}

    def prescribe(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Answer {"allowed"} for this token uid."""
        if body.get("allowed") not in ALLOWED:
            raise Misused(f"allowed is one of {', '.join(ALLOWED)}")
        self.hub.authorize.prescribe(names[0], body["allowed"])
        return {}

    def unprescribe(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Remove a prescribed answer."""
        self.hub.authorize.prescribe(names[0], None)
        return {}

    def behaviours(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Behaviours that no command has used yet."""
        return self.hub.commands.behaviours.report()

    def add_behaviour(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Prescribe the behaviour for the next command(s); see behaviours.Behaviour for the fields."""
        return asdict(self.hub.commands.behaviours.add(body))

    def clear_behaviours(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Remove all behaviours."""
        self.hub.commands.behaviours.queue.clear()
        return {}

    def commands(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Received commands, with the response and the numbers of the pushes of their results."""
        return [asdict(command) for command in self.hub.commands.seen]

    def sessions(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """All sessions from their CPOs' view."""
        return [self.hub.charging.report(session) for session in self.hub.charging.sessions.values()]

    def start_session(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """A driver with a card starts: {"country_code", "party_id", "location_id", "cdr_token", ...}."""
        token = body["cdr_token"]
        owner = self.hub.registrations.owner_of(token["country_code"], token["party_id"])
        if owner is None:
            raise Misused("No registered eMSP owns the token")
        key = object_key(body["country_code"], body["party_id"], body["location_id"])
        plugged = self.hub.charging.plug(key, body.get("evse_uid"), body.get("connector_id"))
        if plugged is None:
            raise Misused("No such location, EVSE or connector")
        authorized = Authorized(
            owner, token, body.get("auth_method", "WHITELIST"), body.get("authorization_reference")
        )
        return self.hub.charging.report(self.hub.charging.start(plugged, authorized))

    def stop_session(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """The driver unplugs."""
        session = self.hub.charging.find(names[0])
        if session is None:
            raise Misused(f"No session {names[0]}")
        session.stop.set()
        return {}

    def invalidate_session(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """The CPO declares a session INVALID."""
        session = self.hub.charging.find(names[0])
        if session is None:
            raise Misused(f"No session {names[0]}")
        self.hub.charging.invalidate(session)
        return {}

    def cdrs(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """All CDRs as they were pushed."""
        return [s.cdr for s in self.hub.charging.sessions.values() if s.cdr is not None]

    def pushes(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Pushes with their attempts, filtered by ?state, ?module."""
        wanted = PushState(query["state"]) if "state" in query else None
        return [
            push.report()
            for push in self.hub.pushes.all
            if wanted in (None, push.state) and query.get("module") in (None, push.module)
        ]

    async def push(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Push anything: {"module", "method"?, "path"?, "body" or "raw", "copies"?, "wait"?, ...}."""
        owner = self.hub.registrations.only()
        if owner is None:
            raise Misused("No eMSP is registered")
        raw = body["raw"].encode() if "raw" in body else dump(body.get("body"))
        module = body["module"]
        default_method, default_path = _default_target(module, body.get("body"))
        url = body.get("url") or self.hub.pushes.endpoint(owner, module) + body.get("path", default_path)
        country_code, party_id = body.get("cpo", "IN*TZC").split("*")
        sent = [
            self.hub.pushes.enqueue(
                owner,
                module,
                body.get("method", default_method),
                url,
                raw,
                lane=body.get("lane", f"admin {len(self.hub.pushes.all)}"),
                headers=self.hub.pushes.routing_headers((country_code, party_id), owner)
                | body.get("headers", {}),
            )
            for _ in range(body.get("copies", 1))
        ]
        if body.get("wait"):
            await asyncio.gather(*(push.settled.wait() for push in sent))
        return [push.report() for push in sent]

    def one_push(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """One push by its number."""
        for push in self.hub.pushes.all:
            if str(push.number) == names[0]:
                return push.report()
        raise Misused(f"No push {names[0]}")

    def dead_letters(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Pushes that could not be delivered."""
        return [push.report() for push in self.hub.pushes.dead_letters()]

    def redrive(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Queue the undelivered pushes again."""
        return {"redriven": self.hub.pushes.redrive()}

    async def wait_idle(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Wait until no session is active and no push is queued: {"timeout_s"?}. idle is false after the
        timeout.
        """
        live = (SessionStatus.PENDING, SessionStatus.ACTIVE)
        deadline = asyncio.get_running_loop().time() + float(body.get("timeout_s", 30))
        while asyncio.get_running_loop().time() < deadline:
            charging = any(
                s.status in live or (s.task is not None and not s.task.done() and s.reservation_id is None)
                for s in self.hub.charging.sessions.values()
            )
            queued = any(push.state is PushState.QUEUED for push in self.hub.pushes.all)
            if not charging and not queued and not self.hub.commands.tasks:
                return {"idle": True}
            await asyncio.sleep(0.005)
        return {"idle": False}

    def catalogue(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Counts of the objects, and the CPOs with their routing."""
        catalogue = self.hub.catalogue
        return {
            "locations": len(catalogue.locations.select()),
            "tariffs": len(catalogue.tariffs.select()),
            "cpos": [
                {
                    "country_code": cpo.country_code,
                    "party_id": cpo.party_id,
                    "name": cpo.name,
                    "dialect": catalogue.dialect(cpo).value,
                    "routed": catalogue.routed(cpo.country_code, cpo.party_id),
                }
                for cpo in catalogue.cpos
            ],
        }

    def objects(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Objects as they are served now (?offset, ?limit)."""
        offset = int(query.get("offset", "0"))
        limit = int(query.get("limit", "100"))
        rows = self.hub.catalogue.lists[names[0]].select()[offset : offset + limit]
        return [json.loads(entry.encoded()) for entry in rows]

    def mutate(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Change objects: {"count" or "percent", "mutation"?: status|content_only|touch_only|remove_evse}."""
        total = len(self.hub.catalogue.lists[names[0]].select())
        count = body["count"] if "count" in body else round(total * float(body["percent"]) / 100)
        at = timestamp(now())
        mutation = Mutation(body.get("mutation", "status"))
        keys = self.hub.catalogue.mutate(names[0], int(count), mutation)
        return {"at": at, "changed": keys}

    def put_object(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Serve this under module/cc/pid/id: {"body" or "raw", "last_updated"?}."""
        raw = body["raw"].encode() if "raw" in body else dump(body["body"])
        text = body.get("last_updated") or (body.get("body") or {}).get("last_updated")
        updated = parse_timestamp(text) if isinstance(text, str) else None
        self.hub.catalogue.put(names[0], object_key(names[1], names[2], names[3]), raw, updated)
        return {}

    def delete_object(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Delete module/cc/pid/id; later objects move up."""
        return {"deleted": self.hub.catalogue.lists[names[0]].remove(object_key(*names[1:]))}

    def route(self, body: JsonObject, query: dict[str, str], names: tuple[str, ...]) -> Any:
        """Remove or restore the routing rule of a CPO: {"routed": false | true}."""
        self.hub.catalogue.route(names[0], names[1], routed=bool(body["routed"]))
        return {}


def _body(request: Request) -> JsonObject:
    body = json.loads(request.body) if request.body.strip() else {}
    if not isinstance(body, dict):
        raise Misused("The body must be a JSON object")
    return body


def _match(pattern: str, segments: tuple[str, ...]) -> tuple[str, ...] | None:
    parts = tuple(pattern.strip("/").split("/"))
    if len(parts) != len(segments):
        return None
    names = []
    for part, segment in zip(parts, segments, strict=True):
        if part == "*":
            names.append(segment)
        elif part != segment:
            return None
    return tuple(names)


def _default_target(module: str, body: object) -> tuple[str, str]:
    if module == "sessions" and isinstance(body, dict):
        return "PUT", f"/{body.get('country_code')}/{body.get('party_id')}/{body.get('id')}"
    return ("PUT" if module == "sessions" else "POST"), ""


def _json(value: Any, status: int = 200) -> Response:
    return Response(status, dump(value))
