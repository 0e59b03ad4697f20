"""The sessions table: one item for each session, keyed `COUNTRY#PARTY#ID` in upper case.

Conditions on `last_updated` and `revision` make every write happen on what it was decided on. `closed_by_cdr`
and `closed_at` are set by the session's CDR, which may come before the session: such an item has no body yet.
`command_id` is the START_SESSION or RESERVE_NOW that it came from, sent at `commanded_at`. `first_active_at`
is when the first push came in which it ran: both bound what it says of its start. `first_ended_at` is when
the first push came that ended it, `stop_asked_at` when its driver had it stopped. What a session waits for:
awaited.py.
`expires_at` counts from the last push, or from the CDR, whichever came later.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from emsp.stores.awaited import Awaits, ToldOverdue, awaits_attribute, overdue_of
from emsp.stores.lapse import lapses_at
from emsp.stores.pushed_objects import PushedObjects
from emsp.stores.table import ConditionFailed, Item, LargeBodies, text_attribute, time_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BEGAN_TO_WAIT: Final = {
    Awaits.START: "start_awaited_since",
    Awaits.PUSH: "push_awaited_since",
    Awaits.CDR: "cdr_awaited_since",
}
"""Since when a session waits for it: the first push of the same status. Those after it leave the index alone;
that a running one was heard of since, watch_charges finds out (awaited.py).
"""

NOT_WAITING: Final = ("awaits", "awaits_since", *BEGAN_TO_WAIT.values())
WAITING: Final = ", ".join(("awaits", "awaits_since", "overdue", "overdue_since", *BEGAN_TO_WAIT.values()))

ENDED: Final = frozenset({"COMPLETED", "INVALID"})
NOT_BEGUN: Final = frozenset({"PENDING", "RESERVATION"})
OPEN_KEPT_FOR: Final = timedelta(days=400)
"""A session that nobody has ended is kept so long after its last push, or longer where others are."""


@dataclass(frozen=True)
class StoredSession:
    """A session as it is kept. `body` is JSON text; `deviations` and `patches` are JSON texts, or None where
    there are none.

    Times are canonical texts, except `received_at`. `put_last_updated` and `put_hash` are those of the newest
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
    """Whether that command has a limit, or is to be stopped if it comes late."""
    commanded_at: datetime | None = None
    first_active_at: datetime | None = None
    first_ended_at: datetime | None = None
    """When the first push came that ended it; a CPO that takes that back changes nothing of it."""
    stop_asked_at: datetime | None = None
    """When the driver first had it stopped. These four are read back and not written with a push."""
    limit_id: str | None = None
    """The record that its limit is kept at, where it is a further session of that command."""
    awaits: Awaits | None = None
    """What it waits for from this write on; it is not read back."""
    link_mark: int = 0
    """What link_session goes by, in a number. By how much a write moves it is kept beside it, so that the
    stream's filter can tell; a session that was not there had none, 0.
    """


class SessionMoved(Exception):
    """The session is not as the write expected. `stored` is what it is, None when it has no body yet."""

    def __init__(self, object_key: str, stored: StoredSession | None) -> None:
        super().__init__(f"session {object_key} has changed since it was read: decide again from there")
        self.stored = stored


class SessionStore:
    """Reads and writes sessions. `kept_for` is needed only where they or their CDRs are received: None is for
    ever.

    Every method raises StoreUnavailable when DynamoDB or S3 does not do its part.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        large_bodies: LargeBodies,
        kept_for: timedelta | None = None,
    ) -> None:
        self._kept_for = kept_for
        self._table = PushedObjects(client, table, large_bodies, "session")

    def get(self, object_key: str) -> StoredSession | None:
        """The session as it is now (consistent read); None when no push of it was ever stored."""
        return self.from_item(self._table.item(object_key))

    def with_overdue(self, object_key: str) -> tuple[StoredSession | None, ToldOverdue | None]:
        """As get, with what is overdue of it: also of one that is only named by its CDR so far."""
        item = self._table.item(object_key)
        return self.from_item(item), overdue_of(item)

    def write_if_newer(self, session: StoredSession) -> None:
        """Store it if nothing as new is there. Raises SessionMoved."""
        self._write(session, "attribute_not_exists(last_updated) OR last_updated < :last_updated", {})

    def write_over(self, session: StoredSession, revision: int) -> None:
        """Store it in place of that `revision`. Raises SessionMoved."""
        self._write(session, "revision = :seen", {":seen": {"N": str(revision)}})

    def close(self, object_key: str, cdr_key: str, ended_at: str, now: datetime) -> None:
        """Note that this CDR ended the session, which may not be here yet: then it is waited for. The first
        CDR counts.
        """
        noted = (
            "SET closed_by_cdr = if_not_exists(closed_by_cdr, :cdr), "
            "closed_at = if_not_exists(closed_at, :at)"
        )
        values: dict[str, Any] = {":cdr": {"S": cdr_key}, ":at": {"S": ended_at}}
        lapses = lapses_at(now, self._kept_for)
        if lapses:
            noted += ", expires_at = :lapses"
            values[":lapses"] = lapses
        try:
            self._table.note(
                object_key, f"{noted} REMOVE {WAITING}", values, "attribute_exists(last_updated)"
            )
        except ConditionFailed as failed:
            if failed.item and "awaits_since" in failed.item:
                return  # the same CDR again
            values |= {
                ":awaits": {"S": awaits_attribute(Awaits.SESSION, object_key)},
                ":since": {"S": time_text(now)},
            }
            try:
                self._table.note(
                    object_key,
                    f"{noted}, awaits = :awaits, awaits_since = :since",
                    values,
                    "attribute_not_exists(last_updated)",
                )
            except ConditionFailed:  # its session came at this very moment
                self.close(object_key, cdr_key, ended_at, now)

    def note_command(
        self,
        object_key: str,
        command_id: str,
        commanded_at: datetime | None = None,
        *,
        limit_id: str = "",
        is_limited: bool = False,
    ) -> None:
        """Note which command the session came from, and whether its pushes are of interest to that, or to
        the record `limit_id` of a further session.
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
        """Note that its driver has had it stopped; the first time counts."""
        with suppress(ConditionFailed):
            self._table.note(
                object_key,
                "SET stop_asked_at = if_not_exists(stop_asked_at, :at)",
                {":at": {"S": time_text(asked_at)}},
                "attribute_exists(last_updated)",
            )

    def from_item(self, item: Item | None) -> StoredSession | None:
        """A session from its DynamoDB item (a read, or an image in the table's stream)."""
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
        moments = [
            name
            for name, is_so in (
                ("first_active_at", session.status not in NOT_BEGUN),
                ("first_ended_at", session.status in ENDED),
            )
            if is_so
        ]
        texts = {
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
            **{name: None for name in NOT_WAITING if name not in waits},
        }
        try:
            self._table.write(
                session.object_key,
                session.body,
                texts,
                condition=condition,
                lapses_at=lapses_at(session.received_at, self._kept(session)),
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
        except ConditionFailed as failed:
            raise SessionMoved(session.object_key, self.from_item(failed.item)) from None

    def _kept(self, session: StoredSession) -> timedelta | None:
        if self._kept_for is None or session.status in ENDED:
            return self._kept_for
        return max(self._kept_for, OPEN_KEPT_FOR)


def _time(item: Item, name: str) -> datetime | None:
    text = text_attribute(item, name)
    return datetime.fromisoformat(text) if text else None


def _waits(session: StoredSession) -> tuple[dict[str, str], dict[str, Any]]:
    """What to set of what this session waits for, and the values for it."""
    if session.awaits is None:
        return {}, {}
    values = {
        ":awaits": {"S": awaits_attribute(session.awaits, session.object_key)},
        ":now": {"S": time_text(session.received_at)},
    }
    began = BEGAN_TO_WAIT[session.awaits]
    since = f"if_not_exists(#{began}, :now)"
    return {"awaits": ":awaits", "awaits_since": since, began: since}, values
