"""What happened during the demo, in this order, for the report."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from tests.demo.event_tap import EventTap
from tests.hub_simulator.admin_client import AdminClient

HIDDEN = "(hidden)"


class Lane(StrEnum):
    """The side that began a call, a push or an event."""

    OURS = "we invoke"
    TO_HUB = "to the Hub"
    FROM_HUB = "from the Hub"
    EVENT = "event"


@dataclass(frozen=True)
class Entry:
    """One call, push or event. `ids` are for support cases. `shown` has the contents: names and JSON."""

    at: datetime
    lane: Lane
    title: str
    took_s: float = 0.0
    outcome: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    shown: tuple[tuple[str, Any], ...] = ()


@dataclass
class Journal:
    """The entries so far. Those of the Hub and of the bus are added at the end."""

    entries: list[Entry] = field(default_factory=list)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def invoked(self, function: str, payload: dict[str, Any], invoke: Callable[[], Any]) -> Any:
        """Invoke a function, and add an entry."""
        at, began = self.now(), time.monotonic()
        answer = invoke()
        shown_payload = payload | ({"token": HIDDEN} if isinstance(payload.get("token"), str) else {})
        title = f"{function} {payload.get('command') or payload.get('action') or payload.get('mode') or ''}"
        outcome = next(
            (str(answer[name]) for name in ("state", "allowed", "result", "verdict") if answer.get(name)), ""
        )
        names = ("command_id", "correlation_id", "request_id", "authorization_reference", "run_id")
        self.entries.append(
            Entry(
                at,
                Lane.OURS,
                title.strip(),
                time.monotonic() - began,
                outcome,
                {name: str(answer[name]) for name in names if answer.get(name)},
                (("payload", shown_payload), ("answer", answer)),
            )
        )
        return answer

    def gather(self, hub: AdminClient, events: EventTap) -> None:
        """Add the requests and pushes of the Hub, and the events of the bus."""
        self.entries += [_request(each) for each in hub.requests()]
        self.entries += [_push(each) for each in hub.pushes()]
        of_the_charge = [each for each in events.taken if is_of_the_charge(each)]
        self.entries += [_event(each, events.arrived[each["id"]]) for each in of_the_charge]
        of_the_catalogue = [each for each in events.taken if not is_of_the_charge(each)]
        self.entries += _together(of_the_catalogue, events.arrived)
        self.entries.sort(key=lambda each: each.at)


def energy_curve(hub: AdminClient, session_id: str) -> list[tuple[datetime, float]]:
    """The time and the kWh of each push of a session, in order."""
    bodies = [json.loads(each["body"]) for each in hub.pushes(module="sessions")]
    points = {
        _moment(body["last_updated"]): float(body["kwh"]) for body in bodies if body.get("id") == session_id
    }
    return sorted(points.items())


def _request(seen: dict[str, Any]) -> Entry:
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    return Entry(
        _moment(seen["at"]),
        Lane.TO_HUB,
        f"{seen['method']} {seen['path']}",
        float(seen.get("took_s", 0)),
        _status(seen),
        _hub_ids(headers.get("x-request-id"), headers.get("x-correlation-id")),
        (("headers", seen["headers"]), ("body", _json(seen["body"]))),
    )


def _push(push: dict[str, Any]) -> Entry:
    last = push["attempts"][-1] if push["attempts"] else {}
    began = _moment(last["at"]) - timedelta(seconds=last["took_s"]) if last else _moment(push["created"])
    return Entry(
        began,
        Lane.FROM_HUB,
        f"{push['method']} {_ocpi_path(push['url'])}",
        float(last.get("took_s", 0)),
        f"{push['state']}, {_status(last)}" if last else push["state"],
        _hub_ids(last.get("request_id"), push["correlation_id"]),
        (("body", _json(push["body"])), ("attempts", push["attempts"])),
    )


def _ocpi_path(url: str) -> str:
    """The path from `/ocpi/` on, without the address of the API."""
    path = "/" + url.split("/", 3)[-1]
    return path[max(0, path.find("/ocpi/")) :]


def _event(event: dict[str, Any], arrived: datetime) -> Entry:
    told = event["detail"]
    status = told.get("object", {}).get("status") or told.get("object", {}).get("state") or ""
    return Entry(
        arrived,
        Lane.EVENT,
        f"{event['detail-type']} {told.get('id', '')}".strip(),
        outcome=str(status),
        ids={"event id": event["id"]},
        shown=(("event", event),),
    )


def is_of_the_charge(event: dict[str, Any]) -> bool:
    """Whether an event is about a command, a session, a CDR or a dispute, and not about the catalogue."""
    kind: str = event["detail-type"]
    return kind.startswith(("Command", "Session", "CDR", "Charge", "Dispute"))


def _together(events: list[dict[str, Any]], arrived: Mapping[str, datetime]) -> list[Entry]:
    """Join the many events of a pull to one entry for each kind."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        kinds.setdefault(event["detail-type"], []).append(event)
    return [
        Entry(
            min(arrived[each["id"]] for each in alike),
            Lane.EVENT,
            f"{kind}, {len(alike)} times",
            shown=(("the first event", alike[0]),),
        )
        for kind, alike in kinds.items()
    ]


def _hub_ids(request_id: object, correlation_id: object) -> dict[str, str]:
    ids = {"X-Request-ID": request_id, "X-Correlation-ID": correlation_id}
    return {name: str(value) for name, value in ids.items() if value}


def _status(answer: dict[str, Any]) -> str:
    return f"HTTP {answer.get('http_status')}, status_code {answer.get('status_code')}"


def _json(body: Any) -> Any:
    try:
        return json.loads(body) if isinstance(body, str | bytes) and body else body
    except ValueError:
        return body


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
