"""The sessions table: one item for each session, with the key `COUNTRY#PARTY#ID` in upper case.

A write fails if the session has changed since it was read: `last_updated` and `revision` are in its
condition. The session's CDR sets `closed_by_cdr` and `closed_at`. If the CDR comes first, the item has no
body yet. `command_id` is the START_SESSION or RESERVE_NOW that led to the session, sent at `commanded_at`.
`first_active_at` is the arrival of the first push in which the session was running. The true start of the
session is between these two times. `first_ended_at` is the arrival of the first push that ended it.
`stop_asked_at` is when its driver asked to stop it. awaited.py describes what a session waits for.

`expires_at` is counted from the last push or from the CDR, whichever is later.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from emsp.ocpi.session_status import ENDED, NOT_BEGUN
from emsp.stores.awaited import Awaits, OverdueReport, awaits_attribute, overdue_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import ttl_value
from emsp.stores.keyed_items import Update
from emsp.stores.pushed_objects import PushedObjects
from emsp.stores.table import ConditionFailed, Item, LargeBodies, text_attribute, time_text

BEGAN_TO_WAIT: Final = {
    Awaits.START: "start_awaited_since",
    Awaits.PUSH: "push_awaited_since",
    Awaits.CDR: "cdr_awaited_since",
}
"""The attribute with the start of the wait, for each status: the arrival of the first push with this status.

Later pushes do not change the index. watch_charges reads the time of the last push (awaited.py).
"""

NOT_WAITING: Final = ("awaits", "awaits_since", *BEGAN_TO_WAIT.values())
WAITING: Final = ", ".join(("awaits", "awaits_since", "overdue", "overdue_since", *BEGAN_TO_WAIT.values()))

OPEN_KEPT_FOR: Final = timedelta(days=400)
"""How long a session that has not ended is kept at least after its last push."""


class StoredSession(NamedTuple):
    """A stored session. `body` is JSON text. `deviations` and `patches` are JSON texts or None.

    Times are canonical texts, except `received_at`. `put_last_updated` and `put_hash` are those of the latest
    PUT.
    """

    object_key: str
    body: str
    status: str
    last_updated: str
    put_last_updated: str
    put_hash: str
    received_at: datetime
    patches: str | None = None
    deviations: str | None = None
    token_key: str | None = None
    start_date_time: str | None = None
    revision: int = 0
    closed_by_cdr: str | None = None
    closed_at: str | None = None
    command_id: str | None = None
    is_limited: bool = False
    """Whether that command has a limit, or its session must be stopped if it starts late."""
    commanded_at: datetime | None = None
    first_active_at: datetime | None = None
    first_ended_at: datetime | None = None
    """The arrival of the first push that ended the session. It remains if the CPO reopens the session."""
    stop_asked_at: datetime | None = None
    """When the driver first asked to stop the session. These four fields are read, but never written with a
    push.
    """
    limit_id: str | None = None
    """The command record with the limit, if this is another session of that command."""
    awaits: Awaits | None = None
    """What the session waits for after this write. This field is not read."""
    link_mark: int = 0
    """A number that changes with the fields that link_session uses.

    Each write also stores the change of this number, for the filter of the stream. For a new session it is
    the change from 0.
    """


class SessionChanged(Exception):
    """The session has changed since it was read. `stored` is the current one, or None if it has no body."""

    def __init__(self, object_key: str, stored: StoredSession | None) -> None:
        super().__init__(
            f"session {object_key} has changed since it was read: apply the change to the new one"
        )
        self.stored = stored


class SessionStore:
    """Reads and writes sessions. All methods raise StoreUnavailable.

    `kept_for` is used only to receive sessions and CDRs; None means for ever.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        large_bodies: LargeBodies,
        kept_for: timedelta | None = None,
    ) -> None:
        self._kept_for = kept_for
        self._table = PushedObjects(client, table, large_bodies, "session")

    def get(self, object_key: str) -> StoredSession | None:
        """Return the session (consistent read), or None if no push of it was stored."""
        return self.from_item(self._table.item(object_key))

    def with_overdue(self, object_key: str) -> tuple[StoredSession | None, OverdueReport | None]:
        """Return the session, and its overdue report if that is valid.

        The report may exist although only the CDR of the session has arrived.
        """
        item = self._table.item(object_key)
        return self.from_item(item), overdue_of(item)

    def write_if_newer(self, session: StoredSession) -> None:
        """Store the session, unless the stored one is as new or newer. Raises SessionChanged."""
        self._write(session, "attribute_not_exists(last_updated) OR last_updated < :last_updated", {})

    def write_over(self, session: StoredSession, revision: int) -> None:
        """Replace the session with this `revision`. Raises SessionChanged if it has another one."""
        self._write(session, "revision = :seen", {":seen": {"N": str(revision)}})

    def closing(
        self, object_key: str, cdr_key: str, ended_at: str, now: datetime, *, has_come: bool
    ) -> Update:
        """Return the update that records that a CDR ended the session. The first CDR counts.

        `has_come` says whether the session had arrived when it was read. If it had not, the item waits for
        it. The update fails if that has changed.
        """
        update = (
            "SET closed_by_cdr = if_not_exists(closed_by_cdr, :cdr), "
            "closed_at = if_not_exists(closed_at, :at)"
        )
        values: dict[str, Any] = {":cdr": {"S": cdr_key}, ":at": {"S": ended_at}}
        expires = ttl_value(now, self._kept_for)
        if expires:
            update += ", expires_at = :expires"
            values[":expires"] = expires
        if has_come:
            update += f" REMOVE {WAITING}"
            condition = "attribute_exists(last_updated)"
        else:
            update += ", awaits = :awaits, awaits_since = :since"
            values[":awaits"] = {"S": awaits_attribute(Awaits.SESSION, object_key)}
            values[":since"] = {"S": time_text(now)}
            condition = "attribute_not_exists(last_updated) AND attribute_not_exists(awaits_since)"
        return self._table.noting(object_key, update, values, condition)

    def close(self, object_key: str, cdr_key: str, ended_at: str, now: datetime, *, has_come: bool) -> None:
        """Store the update of `closing`, even if the session has arrived or expired since it was read."""
        closing = self.closing(object_key, cdr_key, ended_at, now, has_come=has_come)
        try:
            self._table.write(object_key, closing)
        except ConditionFailed as failed:
            item = failed.item or {}
            if "last_updated" in item:  # The session has just arrived.
                self.close(object_key, cdr_key, ended_at, now, has_come=True)
            elif "awaits_since" not in item:  # Otherwise the CDR was recorded before.
                self.close(object_key, cdr_key, ended_at, now, has_come=False)

    def note_command(
        self,
        object_key: str,
        command_id: str,
        commanded_at: datetime | None = None,
        *,
        limit_id: str = "",
        is_limited: bool = False,
    ) -> None:
        """Record which command led to the session, and whether its pushes matter for a limit.

        `limit_id` is the record for another session of that command.
        """
        limited: dict[str, Any] = {":limited": {"BOOL": True}} if is_limited else {}
        more: dict[str, Any] = {":at": {"S": time_text(commanded_at)}} if commanded_at else {}
        if limit_id:
            more[":limit_id"] = {"S": limit_id}
        with suppress(ConditionFailed):
            self._table.note(
                object_key,
                "SET command_id = :id"
                + (", commanded_at = :at" if commanded_at else "")
                + (", limit_id = :limit_id" if limit_id else "")
                + (", is_limited = :limited" if limited else ""),
                {":id": {"S": command_id}, **more, **limited},
                "attribute_exists(last_updated)",
            )

    def note_stop(self, object_key: str, asked_at: datetime) -> None:
        """Record when the driver asked to stop the session. The first time counts."""
        with suppress(ConditionFailed):
            self._table.note(
                object_key,
                "SET stop_asked_at = if_not_exists(stop_asked_at, :at)",
                {":at": {"S": time_text(asked_at)}},
                "attribute_exists(last_updated)",
            )

    def from_item(self, item: Item | None) -> StoredSession | None:
        """Return the session in an item, or None. The item may be an image of the table's stream."""
        if not item or "last_updated" not in item:
            return None
        return StoredSession(
            object_key=item["object_key"]["S"],
            body=self._table.body(item),
            status=item["status"]["S"],
            last_updated=item["last_updated"]["S"],
            put_last_updated=item["put_last_updated"]["S"],
            put_hash=item["put_hash"]["S"],
            received_at=datetime.fromisoformat(item["received_at"]["S"]),
            patches=text_attribute(item, "patches"),
            deviations=text_attribute(item, "deviations"),
            token_key=text_attribute(item, "token_key"),
            start_date_time=text_attribute(item, "start_date_time"),
            revision=int(item["revision"]["N"]),
            closed_by_cdr=text_attribute(item, "closed_by_cdr"),
            closed_at=text_attribute(item, "closed_at"),
            command_id=text_attribute(item, "command_id"),
            is_limited="is_limited" in item,
            commanded_at=_time(item, "commanded_at"),
            first_active_at=_time(item, "first_active_at"),
            first_ended_at=_time(item, "first_ended_at"),
            stop_asked_at=_time(item, "stop_asked_at"),
            limit_id=text_attribute(item, "limit_id"),
            link_mark=int(item.get("link_mark", {"N": "0"})["N"]),
        )

    def _write(self, session: StoredSession, condition: str, values: Mapping[str, Any]) -> None:
        waits, waits_values = _waits(session)
        moments = _moments(session)
        texts = _texts(session) | {name: None for name in NOT_WAITING if name not in waits}
        try:
            writing = self._table.writing(
                session.object_key,
                session.body,
                texts,
                condition=condition,
                ttl_value=ttl_value(session.received_at, self._kept(session)),
                sets={
                    **waits,
                    **{name: f"if_not_exists(#{name}, :now)" for name in moments},
                    "revision": "if_not_exists(#revision, :zero) + :one",
                    "link_moved": ":link_mark - if_not_exists(#link_mark, :zero)",
                    "link_mark": ":link_mark",
                },
                values={
                    ":zero": {"N": "0"},
                    ":one": {"N": "1"},
                    ":link_mark": {"N": str(session.link_mark)},
                    **waits_values,
                    **({":now": {"S": time_text(session.received_at)}} if moments else {}),
                    **values,
                },
            )
            self._table.write(session.object_key, writing)
        except ConditionFailed as failed:
            raise SessionChanged(session.object_key, self.from_item(failed.item)) from None

    def _kept(self, session: StoredSession) -> timedelta | None:
        if self._kept_for is None or session.status in ENDED:
            return self._kept_for
        return max(self._kept_for, OPEN_KEPT_FOR)


def _moments(session: StoredSession) -> list[str]:
    """Return the attributes with the time of the first push in this status."""
    active = ["first_active_at"] if session.status not in NOT_BEGUN else []
    return [*active, "first_ended_at"] if session.status in ENDED else active


def _texts(session: StoredSession) -> dict[str, str | None]:
    return {
        "object_id": session.object_key.split("#", 2)[2],
        "status": session.status,
        "last_updated": session.last_updated,
        "put_last_updated": session.put_last_updated,
        "put_hash": session.put_hash,
        "received_at": session.received_at.isoformat(),
        "patches": session.patches,
        "deviations": session.deviations,
        "token_key": session.token_key,
        "start_day": session.start_date_time[:10] if session.start_date_time else None,
        "start_date_time": session.start_date_time,
    }


def _time(item: Item, name: str) -> datetime | None:
    text = text_attribute(item, name)
    return datetime.fromisoformat(text) if text else None


def _waits(session: StoredSession) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the expressions that set what the session waits for, and their values."""
    if session.awaits is None:
        return {}, {}
    values = {
        ":awaits": {"S": awaits_attribute(session.awaits, session.object_key)},
        ":now": {"S": time_text(session.received_at)},
    }
    began = BEGAN_TO_WAIT[session.awaits]
    since = f"if_not_exists(#{began}, :now)"
    return {"awaits": ":awaits", "awaits_since": since, began: since}, values
