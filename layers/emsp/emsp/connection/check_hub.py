"""Check whether the Hub can be reached, and which state it reports for each party, including ours.

A change is published before it is stored. So a crash may publish it twice, but never loses it.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from emsp.connection.connect_to_hub import LISTS
from emsp.connection.routing import CONNECTED
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import HubError, Unauthorized
from emsp.hub.get_page import each_page
from emsp.hub.next_page import BrokenPaging
from emsp.hub.request import HubRequest
from emsp.log import log, new_invocation
from emsp.metrics import Metric, count
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, dump_json
from emsp.stores.event_bus import BusEntry, EventBus
from emsp.stores.parties import PartyState, PartyStore
from emsp.stores.table import time_text

MOST_PAGES: Final = 100
EMSP: Final = "EMSP"
IDENTITY_AND_STATE: Final = ("country_code", "party_id", "role", "status")


class ChangesNotPublished(Exception):
    """The event bus did not accept the changes of some parties. The next check publishes them again."""


@dataclass(frozen=True)
class CheckHub:
    """Checks the Hub, stores the states of the parties, and publishes their changes."""

    hub: HubClient
    parties: PartyStore
    bus: EventBus
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, deadline: Deadline) -> JsonObject:
        """Check the Hub. Return `{"versions_ms", "parties", "our_status", "states", "changes"}`.

        `states` are `{"party", "role", "status", "last_updated"}` and are stored for find_parties. `changes`
        are `{"party", "role", "status", "previous"}`. Publishes `Party State Changed` for each change, and
        for each new party that is not CONNECTED. Emits the metrics HubReachable and OurPartyNotConnected.
        Raises the errors of emsp.hub.errors, and ChangesNotPublished.
        """
        correlation_id = str(uuid4())
        new_invocation(correlation_id=correlation_id)
        try:
            versions_ms = self._versions_ms(correlation_id, deadline)
            listed = list(self._listed(correlation_id, deadline))
        except Unauthorized as error:
            self._shut_out(error)
            raise
        our_status = self._our_status(listed)
        count(Metric.OUR_PARTY_NOT_CONNECTED, int(our_status not in (None, CONNECTED)))
        changes = self._changes(listed)
        self._report(changes)
        self.parties.keep_listed(listed, self.now())
        return {
            "versions_ms": versions_ms,
            "parties": len(listed),
            "our_status": our_status,
            "states": [state._asdict() for state in listed],
            "changes": [
                {"party": state.party, "role": state.role, "status": state.status, "previous": previous}
                for state, previous in changes
            ],
            "correlation_id": correlation_id,
        }

    def _versions_ms(self, correlation_id: str, deadline: Deadline) -> int:
        """Return the milliseconds that the Hub took to answer."""
        started = time.monotonic()
        try:
            self.hub.call(
                HubRequest(
                    "GET",
                    self.hub.connection.versions_url,
                    routed=False,
                    correlation_id=correlation_id,
                    deadline=deadline,
                )
            )
        except HubError as error:
            count(Metric.HUB_REACHABLE, int(error.http_status is not None))
            raise
        count(Metric.HUB_REACHABLE)
        return round((time.monotonic() - started) * 1000)

    def _shut_out(self, error: Unauthorized) -> None:
        """Record that our party is suspended. The Hub refuses every call of a suspended party, so no list can
        show it.
        """
        count(Metric.OUR_PARTY_NOT_CONNECTED)
        if "suspend" in error.status_message.lower():
            now = self.now()
            us = PartyState(str(self.hub.our_party), EMSP, "SUSPENDED", time_text(now))
            self._report(self._changes([us]))

    def _listed(self, correlation_id: str, deadline: Deadline) -> Iterator[PartyState]:
        first = HubRequest(
            "GET",
            self.hub.endpoint("hubclientinfo", "SENDER"),
            routed=False,
            quota_module=LISTS,
            max_wait_s=deadline.remaining(),
            correlation_id=correlation_id,
            deadline=deadline,
        )
        try:
            for page in each_page(self.hub, first, pages_at_most=MOST_PAGES):
                for each in page.objects or ():
                    state = _party_state(each.peek)
                    if state is not None:
                        yield state
        except BrokenPaging as error:
            log.warning("only a part of hubclientinfo was read", reason=str(error))

    def _our_status(self, listed: list[PartyState]) -> str | None:
        """Return our status, or None if the Hub does not list us."""
        ours = [
            state.status for state in listed if state.party == str(self.hub.our_party) and state.role == EMSP
        ]
        return next((status for status in ours if status != CONNECTED), ours[0] if ours else None)

    def _changes(self, listed: list[PartyState]) -> list[tuple[PartyState, str | None]]:
        """Return the states that differ from the stored ones, each with its previous status. Our party comes
        first.
        """
        known = self.parties.statuses(listed)
        changed = [
            (state, known.get(state.control_key))
            for state in listed
            if known.get(state.control_key) != state.status
        ]
        return sorted(changed, key=lambda change: change[0].party != str(self.hub.our_party))

    def _report(self, changes: list[tuple[PartyState, str | None]]) -> None:
        now = self.now()
        shown = [change for change in changes if change[1] is not None or change[0].status != CONNECTED]
        problems = self.bus.put([self._event(state, previous, now) for state, previous in shown])
        refused = {
            state.control_key
            for (state, _), problem in zip(shown, problems, strict=True)
            if problem is not None
        }
        for state, previous in changes:
            if state.control_key in refused:
                continue
            if previous is not None:
                log.warning(
                    "a party's state changed", party=state.party, status=state.status, previous=previous
                )
            self.parties.save(state, now)
        if refused:
            raise ChangesNotPublished(
                f"the bus rejected {len(refused)} changes of party states: the next check publishes them"
            )

    def _event(self, state: PartyState, previous: str | None, now: datetime) -> BusEntry:
        shown = state.as_json()
        identity = f"{state.control_key}#{previous}#{state.status}#{state.last_updated}"
        detail: JsonObject = {
            "event_id": hashlib.sha256(identity.encode()).hexdigest(),
            "occurred_at": time_text(now),
            "country_code": shown["country_code"],
            "party_id": shown["party_id"],
            "id": state.party,
            "previous_status": previous,
            "ours": state.party == str(self.hub.our_party),
            "object": {**shown},
        }
        return BusEntry("Party State Changed", dump_json(detail), now)


def _party_state(value: JsonValue) -> PartyState | None:
    """Return the state in a ClientInfo object, in upper case.

    If party, role or status is missing, log that and return None.
    """
    fields = as_object(value)
    shown = {name: (id_text(fields.get(name)) or "").strip().upper() for name in IDENTITY_AND_STATE}
    if not all(shown.values()):
        log.warning("a ClientInfo object can't be used", fields=sorted(fields))
        return None
    return PartyState(
        party=f"{shown['country_code']}*{shown['party_id']}",
        role=shown["role"],
        status=shown["status"],
        last_updated=str(fields.get("last_updated") or ""),
    )
