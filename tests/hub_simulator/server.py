"""The Hub's OCPI routes: authentication, limits and the modules."""

import asyncio
import time
import traceback
import uuid
from typing import Final

from tests.hub_simulator.auth import Caller
from tests.hub_simulator.envelope import (
    Refusal,
    dump,
    encoded_success,
    forbidden,
    not_found,
    now,
    success,
    timestamp,
)
from tests.hub_simulator.http_server import Request, Response
from tests.hub_simulator.hub import Hub
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.object_list import Entry, object_key
from tests.hub_simulator.paging import list_page
from tests.hub_simulator.parties import ConnectionState, Party
from tests.hub_simulator.seen import redacted_headers, shown_body

ENDPOINTS: Final = (
    ("credentials", "RECEIVER"),
    ("tokens", "RECEIVER"),
    ("commands", "RECEIVER"),
    ("locations", "SENDER"),
    ("tariffs", "SENDER"),
    ("hubclientinfo", "SENDER"),
)
BEFORE_REGISTRATION: Final = ("versions", "version_details", "credentials")
REALTIME: Final = ("authorize", "commands")
LISTS: Final = ("locations", "tariffs", "hubclientinfo")
LISTED: Final = frozenset(module for module, _ in ENDPOINTS)
CLOSED: Final = ("sessions", "cdrs", "chargingprofiles")


class OcpiRoutes:
    """Answers everything below /ocpi."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def handle(self, request: Request) -> Response:
        """Answer one request, and record it."""
        hub = self.hub
        hub.seen.begin()
        started = time.monotonic()
        module, path = self._module(request)
        record: JsonObject = {
            "at": timestamp(now()),
            "method": request.method,
            "path": request.target,
            "module": module,
            "headers": redacted_headers(request.headers),
            "body": shown_body(request, module),
            "party": None,
            "token_encoding": None,
            "fault": None,
            "http_status": 0,
            "status_code": None,
        }
        try:
            response = await self._answer(request, module, path, record)
        except Refusal as refusal:
            record["status_code"] = refusal.status_code
            response = refusal.response(as_http_200=hub.settings.errors_as_http_200)
            credentials = hub.settings.credentials
            if record["party"] is None and credentials.wrong_encoding_status != 401:
                body = response.body if credentials.wrong_encoding_envelope else b"Forbidden"
                response = Response(refusal.http_status, body)
        except Exception:  # noqa: BLE001 - a bug in the simulator must be seen, and must not end the connection
            traceback.print_exc()
            record["status_code"] = 3000
            response = Refusal(3000, "The simulator failed", 500).response(as_http_200=False)
        record["took_s"] = round(time.monotonic() - started, 5)
        record["http_status"] = 0 if response.drop else response.status
        hub.seen.end(record)
        for name in ("X-Request-ID", "X-Correlation-ID"):
            response.headers.setdefault(name, request.headers.get(name.lower()) or str(uuid.uuid4()))
        return response

    async def _answer(
        self, request: Request, module: str, path: tuple[str, ...], record: JsonObject
    ) -> Response:
        hub = self.hub
        if hub.settings.credentials.versions_are_public and module in ("versions", "version_details"):
            return success(self._versions() if module == "versions" else self._details())
        caller = hub.registrations.authenticate(request.headers.get("authorization"))
        record["party"] = caller.registration.party
        record["token_encoding"] = caller.encoding
        if caller.token.initial and module not in BEFORE_REGISTRATION:
            raise Refusal(2002, "This token is only good for versions and credentials", 401)
        self._check_state(caller, module)
        if module in (*REALTIME, "tariffs", "hubclientinfo") or (module == "locations" and not path):
            hub.limits.arrive(caller.registration.party, module)
        url, question, query = request.target.partition("?")
        if hub.settings.listed_with_slash and not path and module in LISTED and not url.endswith("/"):
            return Response(308, b"", {"Location": f"{url}/{question}{query}"})
        fault = hub.faults.take(request, module)
        true: Response | None = None
        if fault is None or fault.needs_answer:
            try:
                true = await self._dispatch(request, caller, module, path)
                record["status_code"] = 1000
            except Refusal as refusal:
                record["status_code"] = refusal.status_code
                true = refusal.response(as_http_200=hub.settings.errors_as_http_200)
        if fault is not None:
            record["fault"] = fault.id
            if fault.kind == "delay":
                await asyncio.sleep(fault.delay_s)
            return hub.faults.answer(fault, true)
        assert true is not None
        return true

    def _module(self, request: Request) -> tuple[str, tuple[str, ...]]:
        """The module of a path, and the rest of the path."""
        parts = request.segments
        if parts == ("ocpi", "versions"):
            return "versions", ()
        if parts == ("ocpi", "2.2.1"):
            return "version_details", ()
        prefix = tuple(part for part in self.hub.settings.module_prefix.split("/") if part)
        if parts[: len(prefix)] != prefix or len(parts) == len(prefix):
            return "unknown", parts
        module, rest = parts[len(prefix)], parts[len(prefix) + 1 :]
        if module == "tokens" and rest and rest[-1] == "authorize":
            return "authorize", rest[:-1]
        return module, rest

    def _check_state(self, caller: Caller, module: str) -> None:
        registration = caller.registration
        if not registration.registered:
            return
        states = {
            p.status
            for p in self.hub.parties.find(registration.country_code, registration.party_id)
            if p.role == "EMSP"
        }
        if ConnectionState.SUSPENDED in states:
            raise Refusal(2002, "The party is suspended", 401)
        offline = ConnectionState.OFFLINE in states and self.hub.settings.offline_stops_realtime
        if offline and module in REALTIME:
            raise Refusal(2000, f"{registration.party} is OFFLINE", 403)

    async def _dispatch(
        self, request: Request, caller: Caller, module: str, path: tuple[str, ...]
    ) -> Response:
        hub = self.hub
        if module == "credentials" and not path:
            return await hub.credentials.answer(request.method, caller, request.body, hub.ocpi_url)
        if module in ("versions", "version_details"):
            _only(request, "GET")
            return success(self._versions() if module == "versions" else self._details())
        if module in CLOSED:
            raise forbidden(f"The role EMSP may not call {module} at the Hub")
        hub.routing.check_sender(request, caller)
        if not caller.registration.has_role("EMSP"):
            raise forbidden(f"Only the role EMSP may call {module}")
        if module == "authorize":
            return self._authorize(request, caller, path)
        if module == "commands" and len(path) == 1:
            _only(request, "POST")
            return await hub.commands.answer(request, caller, path[0])
        if module in LISTS:
            _only(request, "GET")
            return self._objects(request, module, path)
        raise not_found(f"No such endpoint: {request.target.split('?')[0]}")

    def _versions(self) -> list[JsonObject]:
        return [{"version": "2.2.1", "url": f"{self.hub.ocpi_url}/2.2.1"}]

    def _details(self) -> JsonObject:
        settings = self.hub.settings
        slash = "/" if settings.listed_with_slash else ""
        endpoints: list[object] = [
            {"identifier": module, "role": role, "url": self.hub.module_url(module) + slash}
            for module, role in ENDPOINTS
        ]
        if settings.roleless_credentials:
            endpoints[0] = {"identifier": "credentials", "url": self.hub.module_url("credentials") + slash}
        return {"version": "2.2.1", "endpoints": [*settings.stray_endpoints, *endpoints]}

    def _authorize(self, request: Request, caller: Caller, path: tuple[str, ...]) -> Response:
        if len(path) == 3:
            _only(request, "PUT", "POST")
            return self.hub.authorize.answer(request, caller, path[2], (path[0], path[1]))
        if len(path) == 1:
            _only(request, "POST")
            return self.hub.authorize.answer(request, caller, path[0], None)
        raise not_found(f"No such endpoint: {request.target}")

    def _objects(self, request: Request, module: str, path: tuple[str, ...]) -> Response:
        hub = self.hub
        url = hub.module_url(module)
        if module == "hubclientinfo":
            if not path:
                return list_page(request, url, hub.parties.select, Party.encoded, hub.settings.paging)
            found = hub.parties.find(path[0], path[1]) if len(path) == 2 else []
            if not found:
                raise not_found(f"Unknown party {'*'.join(path)}")
            return success(found[0].client_info())
        objects = hub.catalogue.lists[module]
        if not path:
            return list_page(request, url, objects.select, Entry.encoded, hub.settings.paging)
        if module == "locations" and len(path) < 3:
            return self._part(hub.routing.location(request, path[0]).decoded(), path[1:])
        if len(path) < 3:
            raise not_found(f"No such endpoint: {request.target}")
        party = (path[0].upper(), path[1].upper())
        if not hub.catalogue.routed(*party):
            raise hub.routing.not_routed(party)
        entry = objects.get(object_key(path[0], path[1], path[2]))
        if entry is None:
            raise not_found(f"Unknown {module[:-1]} {path[2]} at {path[0]}*{path[1]}")
        if len(path) == 3:
            return encoded_success(entry.encoded())
        return self._part(entry.decoded(), path[3:])

    def _part(self, location: JsonObject, path: tuple[str, ...]) -> Response:
        """The location, one of its EVSEs, or a connector of that EVSE."""
        value = location
        for part, (name, key) in zip(path, (("evses", "uid"), ("connectors", "id")), strict=False):
            found = [item for item in value.get(name, []) if item.get(key) == part]
            if not found:
                raise not_found(f"Unknown {name[:-1]} {part}")
            value = found[0]
        return encoded_success(dump(value))


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise Refusal(2000, f"{request.method} is not possible here", 405, {"Allow": ", ".join(methods)})
