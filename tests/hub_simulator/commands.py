"""The commands module: CommandResponse at once, CommandResult later at the response_url."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tests.hub_simulator.auth import Caller
from tests.hub_simulator.behaviours import Behaviour, Behaviours
from tests.hub_simulator.charging import Charging
from tests.hub_simulator.envelope import (
    bad_parameters,
    dump,
    forbidden,
    not_found,
    now,
    parse_timestamp,
    success,
    timestamp,
)
from tests.hub_simulator.http_server import Request, Response
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.object_list import Key
from tests.hub_simulator.pushes import Pushes
from tests.hub_simulator.routing import Routing, parse_object
from tests.hub_simulator.session import Authorized, Plugged, Session, SessionStatus
from tests.hub_simulator.settings import HubSettings

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "START_SESSION": ("response_url", "location_id"),
    "STOP_SESSION": ("response_url", "session_id"),
    "RESERVE_NOW": ("response_url", "location_id", "reservation_id", "expiry_date"),
    "CANCEL_RESERVATION": ("response_url", "reservation_id"),
    "UNLOCK_CONNECTOR": ("response_url", "location_id", "evse_uid", "connector_id"),
}
RESPONSES: Final = ("NOT_SUPPORTED", "REJECTED", "ACCEPTED", "UNKNOWN_SESSION")
CDR_TOKEN: Final = ("country_code", "party_id", "uid", "type", "contract_id")


@dataclass(frozen=True)
class Plan:
    """How the CPO processes a command: its answer, the charge point's result, and what happens then."""

    party: tuple[str, str]
    response: str
    result: Callable[[], str]  # asked when the charge point answers
    act: Callable[[], None]
    place: tuple[Key, str] | None = None  # the EVSE that it needs for itself


@dataclass
class SeenCommand:
    """A received command and its answer."""

    command: str
    body: JsonObject
    caller: str
    party: tuple[str, str]
    received: str
    response: str
    callbacks: list[int]  # numbers of the pushes that carry its results
    session_id: str | None = None


class Commands:
    """Receives commands for all CPOs."""

    def __init__(self, settings: HubSettings, routing: Routing, charging: Charging, pushes: Pushes) -> None:
        self.settings = settings
        self.routing = routing
        self.charging = charging
        self.pushes = pushes
        self.behaviours = Behaviours()
        self.seen: list[SeenCommand] = []
        self.claimed: set[tuple[Key, str]] = set()  # EVSEs where a session is about to begin
        self.tasks: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request, caller: Caller, command: str) -> Response:
        """CommandResponse for one command."""
        if command not in FIELDS:
            raise not_found(f"Unknown command {command}")
        body = parse_object(request.body)
        _check(command, body, caller)
        plan = self._plan(request, caller, command, body)
        self.routing.check_reachable(plan.party)
        behaviour = self.behaviours.take(command)
        response = behaviour.response or plan.response
        seen = SeenCommand(
            command, body, caller.registration.party, plan.party, timestamp(now()), response, callbacks=[]
        )
        self.seen.append(seen)
        if response == "ACCEPTED":
            life = self._carry_out(request, caller, seen, plan, behaviour)
            if behaviour.early:
                await life
            else:
                self._later(life)
        await asyncio.sleep(behaviour.answer_delay_s)
        timeout = self.settings.commands.timeout_s if behaviour.timeout is None else behaviour.timeout
        return success({"result": response, "timeout": timeout})

    def _later(self, life: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(life)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _carry_out(
        self, request: Request, caller: Caller, seen: SeenCommand, plan: Plan, behaviour: Behaviour
    ) -> None:
        delay = behaviour.callback_delay_s
        if delay is None:
            delay = 0.0 if behaviour.early else self.settings.commands.callback_delay_s
        await asyncio.sleep(delay)
        result = behaviour.result or plan.result()
        if result == "ACCEPTED" and plan.place is not None:
            self.claimed.add(plan.place)

        async def call_back(value: str) -> None:
            body = behaviour.callback_body
            raw = dump({"result": value}) if body is None else body.encode()
            push = self.pushes.enqueue(
                caller.registration,
                "commands",
                "POST",
                seen.body["response_url"],
                raw,
                lane=f"command {seen.body['response_url']}",
                headers=self.pushes.routing_headers(plan.party, caller.registration),
                correlation_id=request.headers.get("x-correlation-id"),
            )
            seen.callbacks.append(push.number)
            await push.settled.wait()

        if behaviour.callback:
            for _ in range(behaviour.copies):
                await call_back(result)
        if result == "ACCEPTED":
            plan.act()
            if plan.place is not None:
                self.claimed.discard(plan.place)
        if behaviour.callback and behaviour.second_result is not None:
            await asyncio.sleep(behaviour.second_delay_s)
            await call_back(behaviour.second_result)
        if behaviour.cancel_reservation_after_s is not None:
            await asyncio.sleep(behaviour.cancel_reservation_after_s)
            session = self._reservation(seen.body.get("reservation_id", ""))
            if session is not None:
                self.charging.end_reservation(session)
            await call_back("CANCELED_RESERVATION")

    def _reservation(self, reservation_id: str) -> Session | None:
        for session in self.charging.sessions.values():
            wanted = (session.reservation_id or "").upper() == reservation_id.upper()
            if wanted and session.status is SessionStatus.RESERVATION:
                return session
        return None

    def _plan(self, request: Request, caller: Caller, command: str, body: JsonObject) -> Plan:
        match command:
            case "STOP_SESSION":
                return self._plan_stop(request, caller, body)
            case "CANCEL_RESERVATION":
                return self._plan_cancel(request, caller, body)
            case _:
                return self._plan_at_location(request, caller, command, body)

    def _plan_stop(self, request: Request, caller: Caller, body: JsonObject) -> Plan:
        addressed = self.routing.addressed(request)
        session = self.charging.find(body["session_id"], addressed)
        party = addressed or (
            session.party if session else self.charging.catalogue.locations.select()[0].key[:2]
        )
        if session is None or session.authorized.owner is not caller.registration:
            return Plan(party, "UNKNOWN_SESSION", _rejected, _nothing)
        if session.status not in (SessionStatus.PENDING, SessionStatus.ACTIVE):
            return Plan(party, "REJECTED", _rejected, _nothing)
        return Plan(party, "ACCEPTED", _accepted, session.stop.set)

    def _plan_cancel(self, request: Request, caller: Caller, body: JsonObject) -> Plan:
        addressed = self.routing.addressed(request)
        session = self._reservation(body["reservation_id"])
        if session is None or session.authorized.owner is not caller.registration:
            party = addressed or self.charging.catalogue.locations.select()[0].key[:2]
            return Plan(party, "ACCEPTED", lambda: "UNKNOWN_RESERVATION", _nothing)
        found = session
        return Plan(session.party, "ACCEPTED", _accepted, lambda: self.charging.end_reservation(found))

    def _plan_at_location(self, request: Request, caller: Caller, command: str, body: JsonObject) -> Plan:
        entry = self.routing.location(request, body["location_id"])
        party = entry.key[:2]
        plugged = self.charging.plug(entry.key, body.get("evse_uid"), body.get("connector_id"))
        if plugged is None:
            raise not_found(f"Unknown EVSE or connector at location {body['location_id']}")
        if command == "UNLOCK_CONNECTOR":
            return Plan(party, "ACCEPTED", _accepted, _nothing)
        authorized = Authorized(
            owner=caller.registration,
            cdr_token={name: body["token"][name] for name in CDR_TOKEN},
            auth_method="COMMAND",
            authorization_reference=body.get("authorization_reference"),
        )
        place = (entry.key, plugged.evse["uid"])
        if command == "RESERVE_NOW":
            until = parse_timestamp(body["expiry_date"])
            return Plan(
                party,
                "ACCEPTED",
                lambda: self._obstacle(plugged, None) or "ACCEPTED",
                lambda: self._reserve(plugged, authorized, body["reservation_id"], until, request),
                place,
            )
        uid = authorized.cdr_token["uid"]
        return Plan(
            party,
            "ACCEPTED",
            lambda: self._obstacle(plugged, uid) or "ACCEPTED",
            lambda: self._start(plugged, authorized, body, request),
            place,
        )

    def _obstacle(self, plugged: Plugged, token_uid: str | None) -> str | None:
        """The CommandResultType that says why nothing can begin at this EVSE; None if it can."""
        place = (plugged.location_key, plugged.evse["uid"])
        session = self.charging.at(*place)
        if session is not None:
            reserved = session.status is SessionStatus.RESERVATION
            own = reserved and session.authorized.cdr_token["uid"] == token_uid
            return None if own else "EVSE_OCCUPIED"
        if place in self.claimed:
            return "EVSE_OCCUPIED"
        match plugged.evse["status"]:
            case "CHARGING" | "BLOCKED" | "RESERVED":
                return "EVSE_OCCUPIED"
            case "OUTOFORDER" | "INOPERATIVE" | "PLANNED" | "REMOVED":
                return "EVSE_INOPERATIVE"
            case _:
                return None

    def _start(self, plugged: Plugged, authorized: Authorized, body: JsonObject, request: Request) -> None:
        session = self.charging.start(plugged, authorized, request.headers.get("x-correlation-id"))
        for seen in self.seen:
            if seen.body is body:
                seen.session_id = session.id

    def _reserve(
        self, plugged: Plugged, authorized: Authorized, reservation_id: str, until: datetime, request: Request
    ) -> None:
        correlation_id = request.headers.get("x-correlation-id")
        self.charging.reserve(plugged, authorized, reservation_id, until, correlation_id)

    async def close(self) -> None:
        """Stop all callbacks."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def _nothing() -> None:
    """The charge point does nothing."""


def _accepted() -> str:
    return "ACCEPTED"


def _rejected() -> str:
    return "REJECTED"


def _check(command: str, body: JsonObject, caller: Caller) -> None:
    for name in FIELDS[command]:
        if not isinstance(body.get(name), str) or not body[name]:
            raise bad_parameters(f"{command}: {name} is missing or no string")
    if not body["response_url"].startswith(("http://", "https://")) or len(body["response_url"]) > 255:
        raise bad_parameters(f"{command}: response_url must be an absolute URL of at most 255 characters")
    if "expiry_date" in FIELDS[command]:
        try:
            parse_timestamp(body["expiry_date"])
        except ValueError as e:
            raise bad_parameters(f"{command}: expiry_date is no DateTime") from e
    if body.get("connector_id") is not None and body.get("evse_uid") is None:
        raise bad_parameters(f"{command}: evse_uid is required when connector_id is set")
    if command in ("START_SESSION", "RESERVE_NOW"):
        _check_token(command, body.get("token"), caller)


def _check_token(command: str, token: object, caller: Caller) -> None:
    if not isinstance(token, dict):
        raise bad_parameters(f"{command}: token is missing")
    for name in (*CDR_TOKEN, "issuer", "whitelist", "last_updated"):
        if not isinstance(token.get(name), str) or not token[name]:
            raise bad_parameters(f"{command}: token.{name} is missing or no string")
    if not isinstance(token.get("valid"), bool):
        raise bad_parameters(f"{command}: token.valid is missing or no boolean")
    if not caller.registration.owns(token["country_code"], token["party_id"]):
        raise forbidden("Party mismatch: the token belongs to another eMSP")
