"""Which of our commands a session came from. Pure.

By authorization_reference, when both have one: the specification says that a session carries the very value
of its command, so it links whatever the session's clock says of its start. A caller may have used one value
for several commands: then the one counts that no other session has, created nearest to the start.

Else by token, place and time: the same token at the same location (and EVSE, where both name one) of the same
CPO, started from two minutes before the command (clocks differ) to half an hour after it, by a command that
was not declined. The newest such command counts. A session of auth_method other than COMMAND is linked by
reference only: the driver may have used a card at the very place. Source: OCPI 2.2.1, mod_sessions and
mod_commands (authorization_reference).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from emsp.commands.states import CommandState
from emsp.ocpi.datetimes import parse_datetime
from emsp.ocpi.identity import id_text
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId, object_key
from emsp.stores.command_records import CommandRecord

BEFORE_COMMAND: Final = timedelta(minutes=2)
AFTER_COMMAND: Final = timedelta(minutes=30)
CLOCK_WAS_SET: Final = (datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))
"""A start outside of these comes from a clock that was not set; near the ends no time can be added to it."""
MAY_HAVE_STARTED: Final = frozenset(
    {
        CommandState.PENDING,
        CommandState.SENT,
        CommandState.ACCEPTED,
        CommandState.TIMEOUT,
        CommandState.LATE_ACCEPTED,
    }
)


@dataclass(frozen=True)
class SessionSeen:
    """What of a session tells where it came from; texts are empty where it says nothing."""

    object_key: str
    id: str
    party: PartyId
    token_key: str
    started_at: datetime
    reserves: bool
    location_id: str
    evse_uid: str
    authorization_reference: str
    auth_method: str

    @classmethod
    def of(
        cls, session: JsonObject, seen_at: datetime, *, key: str = "", token_key: str = ""
    ) -> "SessionSeen | None":
        """None for a session without a token of ours to look for.

        `key` and `token_key` are the keys that it is stored under, where it is. `seen_at` stands in for a
        start that is missing or can't be.
        """

        def text(name: str) -> str:
            return id_text(session.get(name)) or ""

        if not token_key:
            token = session.get("cdr_token")
            told = token if isinstance(token, dict) else {}
            country_code, party_id, uid = (id_text(told.get(n)) for n in ("country_code", "party_id", "uid"))
            if country_code is None or party_id is None or uid is None:
                return None
            token_key = object_key(country_code, party_id, uid)
        key = key or object_key(text("country_code"), text("party_id"), text("id"))
        country_code, party_id, _ = key.split("#", 2)
        return cls(
            object_key=key,
            id=text("id"),
            party=PartyId(country_code, party_id),
            token_key=token_key,
            started_at=_start(text("start_date_time"), seen_at),
            reserves=text("status").strip().upper() == "RESERVATION",
            location_id=text("location_id"),
            evse_uid=text("evse_uid"),
            authorization_reference=text("authorization_reference"),
            auth_method=text("auth_method"),
        )


@dataclass(frozen=True)
class Link:
    """A session belongs to a command; `linked_by` says by what it was recognised."""

    command: CommandRecord
    linked_by: str


def link_of(session: SessionSeen, commands: Iterable[CommandRecord]) -> Link | None:
    """The command that this session came from, of the token's commands; None when none fits."""
    wanted = "RESERVE_NOW" if session.reserves else "START_SESSION"
    fitting = sorted(
        (each for each in commands if each.command == wanted and _same_cpo(session, each)),
        key=lambda each: each.created_at,
        reverse=True,
    )
    referenced = [each for each in fitting if _same_reference(session, each)]
    if referenced:
        return Link(min(referenced, key=lambda each: _unlikeliness(session, each)), "authorization_reference")
    if session.auth_method.upper() not in ("", "COMMAND"):
        return None
    return next((Link(each, "token_and_place") for each in fitting if _by_place(session, each)), None)


def _start(text: str, seen_at: datetime) -> datetime:
    try:
        started_at = parse_datetime(text)
    except ValueError:
        return seen_at
    return started_at if CLOCK_WAS_SET[0] <= started_at <= CLOCK_WAS_SET[1] else seen_at


def _same_reference(session: SessionSeen, command: CommandRecord) -> bool:
    return _same(session.authorization_reference, command.authorization_reference)


def _unlikeliness(session: SessionSeen, command: CommandRecord) -> tuple[bool, bool, timedelta]:
    """Orders the commands of one reference: this session's own one, then those without a session, then by
    time.
    """
    others = command.session_key not in ("", session.object_key)
    unlinked = command.session_key != session.object_key
    return others, unlinked, abs(session.started_at - command.created_at)


def _by_place(session: SessionSeen, command: CommandRecord) -> bool:
    return (
        not (session.authorization_reference and command.authorization_reference)
        and command.state in MAY_HAVE_STARTED
        and _same(session.location_id, command.location_id)
        and (not command.evse_uid or not session.evse_uid or _same(session.evse_uid, command.evse_uid))
        and -BEFORE_COMMAND <= session.started_at - command.created_at <= AFTER_COMMAND
    )


def _same_cpo(session: SessionSeen, command: CommandRecord) -> bool:
    return not command.to or command.to == str(session.party)


def _same(one: str, other: str) -> bool:
    """OCPI's ids are compared without regard to case; nothing is the same as nothing here."""
    return bool(one) and one.upper() == other.upper()
