"""The Hub's worker: delivers pushes from a queue, retries with backoff, and keeps those that cannot be
delivered.
"""

import asyncio
import random
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from typing import Any

from tests.hub_simulator.auth import Registration, Registrations
from tests.hub_simulator.envelope import now, timestamp
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.outbound import Answer, Outbound, authorization
from tests.hub_simulator.settings import HubSettings, PushToken


class PushState(StrEnum):
    """The state of a push."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    DEAD = "dead"
    REPLACED = "replaced"  # a PATCH of an unknown session, which was replaced by a PUT


class Verdict(StrEnum):
    """What an answer means for a push."""

    DELIVERED = "delivered"
    RETRY = "retry"
    GIVE_UP = "give_up"


def verdict(answer: Answer) -> Verdict:
    """2xx with 1xxx is delivered; 4xx and 2xxx are final; everything else (no answer, 5xx, 3xxx) is
    retried.
    """
    if answer.ok:
        return Verdict.DELIVERED
    if answer.http_status in (408, 429):
        return Verdict.RETRY
    if 400 <= answer.http_status < 500:
        return Verdict.GIVE_UP
    if 200 <= answer.http_status < 300 and answer.status_code is not None and answer.status_code // 1000 == 2:
        return Verdict.GIVE_UP
    return Verdict.RETRY


@dataclass
class Push:
    """One push with all its attempts. Pushes of one `lane` are sent in order, one at a time."""

    number: int
    module: str
    method: str
    url: str
    body: bytes
    lane: str
    owner: Registration
    headers: dict[str, str]
    correlation_id: str | None
    created: str
    state: PushState = PushState.QUEUED
    attempts: list[JsonObject] = field(default_factory=list)
    location: str | None = None  # the Location header of the answer that accepted it
    latency_s: float | None = None  # from the queue to the answer that accepted it
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def report(self) -> JsonObject:
        """The admin's view."""
        return {
            "number": self.number,
            "module": self.module,
            "method": self.method,
            "url": self.url,
            "body": self.body.decode("utf-8", "replace"),
            "state": self.state.value,
            "attempts": self.attempts,
            "location": self.location,
            "latency_s": self.latency_s,
            "correlation_id": self.correlation_id,
            "created": self.created,
        }


class NoReceiver(ValueError):
    """No eMSP is registered for this push, or it has no endpoint for it."""


class Pushes:
    """The queue, its lanes and the dead-letter queue."""

    def __init__(self, settings: HubSettings, registrations: Registrations, outbound: Outbound) -> None:
        self.settings = settings
        self.registrations = registrations
        self.outbound = outbound
        self.all: list[Push] = []
        self._numbers = count(1)
        self._lanes: dict[str, asyncio.Queue[Push]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(settings.pushes.concurrency)

    def endpoint(self, owner: Registration, module: str) -> str:
        """The eMSP's URL for a module, from its version details."""
        for endpoint in owner.endpoints:
            if endpoint.get("identifier") == module and endpoint.get("role") == "RECEIVER":
                return str(endpoint["url"]).rstrip("/")
        raise NoReceiver(f"{owner.party} has no RECEIVER endpoint for {module}")

    def enqueue(
        self,
        owner: Registration,
        module: str,
        method: str,
        url: str,
        body: bytes,
        *,
        lane: str,
        headers: dict[str, str] | None = None,
        correlation_id: str | None = None,
    ) -> Push:
        """Queue a push and return at once. Await `settled` for its end."""
        push = Push(
            number=next(self._numbers),
            module=module,
            method=method,
            url=url,
            body=body,
            lane=lane,
            owner=owner,
            headers=headers or {},
            correlation_id=correlation_id,
            created=timestamp(now()),
        )
        self.all.append(push)
        if not self.settings.pushes.in_order:
            push.lane = f"push {push.number}"
        self._line_up(push)
        if random.random() < self.settings.pushes.copies_probability:
            copy = replace(push, number=next(self._numbers), attempts=[], settled=asyncio.Event())
            self.all.append(copy)
            self._line_up(copy)
        return push

    def _line_up(self, push: Push) -> None:
        lane = self._lanes.get(push.lane)
        if lane is None:
            lane = self._lanes[push.lane] = asyncio.Queue()
            lane.put_nowait(push)
            task = asyncio.get_running_loop().create_task(self._run_lane(push.lane, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            lane.put_nowait(push)

    async def _run_lane(self, name: str, lane: asyncio.Queue[Push]) -> None:
        while not lane.empty():
            await self._deliver(lane.get_nowait())
        del self._lanes[name]

    async def _deliver(self, push: Push) -> None:
        started = asyncio.get_running_loop().time()
        settings = self.settings.pushes
        for attempt in range(1, settings.max_attempts + 1):
            async with self._slots:
                answer = await self._try(push)
            outcome = verdict(answer)
            push.attempts.append(
                {
                    "at": timestamp(now()),
                    "http_status": answer.http_status,
                    "status_code": answer.status_code,
                    "error": answer.error,
                    "took_s": round(answer.took_s, 4),
                    "request_id": answer.request_id,
                }
            )
            if outcome is Verdict.DELIVERED:
                push.state = PushState.DELIVERED
                push.location = answer.headers.get("location")
                push.latency_s = round(asyncio.get_running_loop().time() - started, 4)
                break
            if outcome is Verdict.GIVE_UP or attempt == settings.max_attempts:
                push.state = PushState.DEAD
                break
            backoff = min(settings.max_backoff_s, settings.first_backoff_s * 2 ** (attempt - 1))
            await asyncio.sleep(backoff * random.uniform(0.75, 1.25))
        push.settled.set()

    async def _try(self, push: Push) -> Answer:
        answer = await self.outbound.call(
            push.method,
            push.url,
            authorization=authorization(self._token(push.owner), self.settings.pushes.token_encoding),
            body=push.body,
            headers=push.headers,
            correlation_id=push.correlation_id,
            timeout_s=self.settings.pushes.timeout_s,
        )
        push.correlation_id = answer.correlation_id
        return answer

    def _token(self, owner: Registration) -> str:
        owner.pushes_made += 1
        match self.settings.pushes.token:
            case PushToken.OLDEST:
                return owner.received[0]
            case PushToken.ALTERNATE:
                return owner.received[owner.pushes_made % len(owner.received)]
            case _:
                return owner.received[-1]

    def routing_headers(self, cpo: tuple[str, str], owner: Registration) -> dict[str, str]:
        """The routing headers: sender and receiver."""
        return {
            "OCPI-from-country-code": cpo[0],
            "OCPI-from-party-id": cpo[1],
            "OCPI-to-country-code": owner.country_code,
            "OCPI-to-party-id": owner.party_id,
        }

    def dead_letters(self) -> list[Push]:
        """The pushes that could not be delivered."""
        return [push for push in self.all if push.state is PushState.DEAD]

    def redrive(self) -> int:
        """Queue the undelivered pushes again, as the Hub's staff does. Returns how many."""
        dead = self.dead_letters()
        for push in dead:
            push.state = PushState.QUEUED
            push.settled.clear()
            self._line_up(push)
        return len(dead)

    def counts(self) -> dict[str, Any]:
        """The number of pushes in each state."""
        return {state.value: sum(push.state is state for push in self.all) for state in PushState}

    async def close(self) -> None:
        """Stop delivering."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
