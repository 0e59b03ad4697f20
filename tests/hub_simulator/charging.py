"""The CPOs' side of charging: sessions begin, progress, end and become CDRs. Each step is pushed."""

import asyncio
import uuid
from collections.abc import Coroutine
from datetime import datetime

from tests.hub_simulator.catalogue import Catalogue
from tests.hub_simulator.dialects import speak
from tests.hub_simulator.envelope import dump, now
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.object_list import Key, object_key
from tests.hub_simulator.pushes import NoReceiver, Push, Pushes, PushState
from tests.hub_simulator.session import Authorized, Plugged, Session, SessionStatus, incomplete
from tests.hub_simulator.settings import HubSettings, PushStyle

LIVE = (SessionStatus.PENDING, SessionStatus.ACTIVE, SessionStatus.RESERVATION)


class Charging:
    """All sessions of all CPOs."""

    def __init__(self, settings: HubSettings, catalogue: Catalogue, pushes: Pushes) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.pushes = pushes
        self.sessions: dict[Key, Session] = {}
        self._watchers: set[asyncio.Task[None]] = set()

    def find(self, session_id: str, party: tuple[str, str] | None = None) -> Session | None:
        """The session with this id, of this CPO or of any."""
        for session in self.sessions.values():
            if session.id.upper() == session_id.upper() and party in (None, session.party):
                return session
        return None

    def at(self, location_key: Key, evse_uid: str) -> Session | None:
        """The active session at an EVSE."""
        for session in self.sessions.values():
            here = session.plugged.location_key == location_key and session.plugged.evse["uid"] == evse_uid
            if here and session.status in LIVE:
                return session
        return None

    def plug(self, key: Key, evse_uid: str | None, connector_id: str | None) -> Plugged | None:
        """Find the place to charge. Without an EVSE the first available one is used. None if there is no such
        place.
        """
        entry = self.catalogue.locations.get(key)
        if entry is None:
            return None
        location = entry.decoded()
        evses = location.get("evses") or []
        if evse_uid is None:
            evses = [e for e in evses if e["status"] == "AVAILABLE"] or evses
        evse = next((e for e in evses if evse_uid is None or e["uid"].upper() == evse_uid.upper()), None)
        if evse is None:
            return None
        connector = next((c for c in evse["connectors"] if connector_id in (None, c["id"])), None)
        if connector is None:
            return None
        tariffs = [
            self.catalogue.tariffs.get(object_key(*key[:2], tariff_id))
            for tariff_id in connector.get("tariff_ids") or []
        ]
        tariff = next((entry.decoded() for entry in tariffs if entry is not None), None)
        return Plugged(key, location, evse, connector, tariff)

    def start(self, plugged: Plugged, authorized: Authorized, correlation_id: str | None = None) -> Session:
        """Begin a session. A reservation of the same token at the same EVSE becomes the session."""
        session = self.at(plugged.location_key, plugged.evse["uid"])
        if session is None:
            session = self._new(plugged, authorized, correlation_id, SessionStatus.PENDING)
        else:
            session.authorized = authorized
            session.correlation_id = correlation_id
        self._run(session, self._charge(session))
        return session

    def reserve(
        self,
        plugged: Plugged,
        authorized: Authorized,
        reservation_id: str,
        until: datetime,
        correlation_id: str | None = None,
    ) -> Session:
        """Begin a reservation, which ends by itself. The same id again replaces it."""
        for other in self.sessions.values():
            if other.reservation_id == reservation_id and other.status is SessionStatus.RESERVATION:
                self.end_reservation(other)
        session = self._new(plugged, authorized, correlation_id, SessionStatus.RESERVATION)
        session.reservation_id = reservation_id
        self._run(session, self._wait_for_driver(session, until))
        return session

    def end_reservation(self, session: Session) -> None:
        """End a reservation without charging. OCPI makes it COMPLETED, without a CDR."""
        if session.task is not None:
            session.task.cancel()
        session.end(SessionStatus.COMPLETED)
        self._evse_status(session, "AVAILABLE")
        self.push_session(session)

    def invalidate(self, session: Session) -> None:
        """Make a session INVALID, so that it is not billed."""
        if session.task is not None:
            session.task.cancel()
        session.end(SessionStatus.INVALID)
        self._evse_status(session, "AVAILABLE")
        self.push_session(session)

    def _new(
        self, plugged: Plugged, authorized: Authorized, correlation_id: str | None, status: SessionStatus
    ) -> Session:
        session_id = f"S-{uuid.uuid4().hex[:24]}"
        at = now()
        session = Session(session_id, plugged, authorized, correlation_id, status, started=at, updated=at)
        self.sessions[object_key(*session.party, session_id)] = session
        return session

    def _run(self, session: Session, life: Coroutine[None, None, None]) -> None:
        if session.task is not None:
            session.task.cancel()
        session.task = asyncio.get_running_loop().create_task(life)

    async def _wait_for_driver(self, session: Session, until: datetime) -> None:
        self._evse_status(session, "RESERVED")
        self.push_session(session)
        await asyncio.sleep(max(0.0, (until - now()).total_seconds()))
        session.task = None
        self.end_reservation(session)

    async def _charge(self, session: Session) -> None:
        settings = self.settings.charging
        self._evse_status(session, "CHARGING")
        if session.status is SessionStatus.PENDING:
            self.push_session(session)
            await self._pause(session, settings.pending_s)
        session.begin()
        self.push_session(session)
        deadline = asyncio.get_running_loop().time() + settings.max_session_s
        while not session.stop.is_set() and asyncio.get_running_loop().time() < deadline:
            await self._pause(session, settings.update_every_s)
            session.charge(settings)
            if not session.stop.is_set():
                self._push_progress(session)
        session.end(SessionStatus.COMPLETED)
        self.push_session(session)
        self._evse_status(session, "AVAILABLE")
        await asyncio.sleep(settings.cdr_after_s)
        self._push_cdr(session)

    async def _pause(self, session: Session, seconds: float) -> None:
        try:
            await asyncio.wait_for(session.stop.wait(), max(0.01, seconds))
        except TimeoutError:
            return

    def _evse_status(self, session: Session, status: str) -> None:
        if self.settings.charging.moves_evse_status:
            plugged = session.plugged
            self.catalogue.set_evse_status(plugged.location_key, plugged.evse["uid"], status)

    def push_session(self, session: Session) -> None:
        """PUT the current session."""
        self._push(session, "sessions", "PUT", _path(session), self._written(session, session.to_ocpi()))

    def _push_progress(self, session: Session) -> None:
        """PUT the session, or PATCH the changes since the last push."""
        if not self.settings.charging.patch_updates or not session.periods:
            self.push_session(session)
            return
        names = ("kwh", "total_cost", "status", "last_updated")
        whole = session.to_ocpi()
        changes = {name: whole[name] for name in names if name in whole}
        changes["charging_periods"] = session.periods[-1:]
        push = self._push(session, "sessions", "PATCH", _path(session), self._written(session, changes))
        if push is not None:
            task = asyncio.get_running_loop().create_task(self._put_if_unknown(session, push))
            self._watchers.add(task)
            task.add_done_callback(self._watchers.discard)

    async def _put_if_unknown(self, session: Session, push: Push) -> None:
        await push.settled.wait()
        if push.state is PushState.DEAD and push.attempts[-1]["http_status"] == 404:
            push.state = PushState.REPLACED
            self.push_session(session)

    def _push_cdr(self, session: Session) -> None:
        value = self._written(session, session.make_cdr())
        if session.plugged.tariff is not None:
            value["tariffs"] = [session.plugged.tariff]
        session.cdr = value
        self._push(session, "cdrs", "POST", "", value)

    def _written(self, session: Session, value: JsonObject) -> JsonObject:
        """The object in its CPO's dialect, or incomplete like the Hub's samples."""
        if self.settings.charging.style is PushStyle.HUB_SAMPLE:
            value = incomplete(value)
        return speak(self.catalogue.dialect_of(*session.party), value)

    def _push(self, session: Session, module: str, method: str, path: str, value: JsonObject) -> Push | None:
        owner = session.authorized.owner
        try:
            url = self.pushes.endpoint(owner, module) + path
        except NoReceiver as e:
            session.problem = str(e)
            return None
        return self.pushes.enqueue(
            owner,
            module,
            method,
            url,
            dump(value),
            lane="session " + "*".join((*session.party, session.id)),
            headers=self.pushes.routing_headers(session.party, owner),
            correlation_id=session.correlation_id,
        )

    def report(self, session: Session) -> JsonObject:
        """The admin's view of a session."""
        return {
            "session": session.to_ocpi(),
            "cdr": session.cdr,
            "reservation_id": session.reservation_id,
            "owner": session.authorized.owner.party,
            "problem": session.problem,
        }

    async def close(self) -> None:
        """Cancel all sessions."""
        tasks = [session.task for session in self.sessions.values() if session.task is not None]
        tasks += self._watchers
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _path(session: Session) -> str:
    return f"/{session.party[0]}/{session.party[1]}/{session.id}"
