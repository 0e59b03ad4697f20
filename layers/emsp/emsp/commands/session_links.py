"""Find the command that a session came from. Without I/O.

There are four kinds of evidence. The first that applies decides:

1. `authorization_reference`: session and command have the same one. OCPI says that a session has the value
   of its command. So the session's start, place and token do not matter. A command of another token must be
   of the same CPO, and at most a day old.
2. `reservation`: a session that is not, or no longer, a reservation names our RESERVE_NOW by its reference or
   its reservation_id. It came from the START_SESSION that was sent for that place, or else from the
   RESERVE_NOW.
3. `token_and_place`: token and CPO are the same, and location and EVSE if both name them (the location
   alone, if only one of both names the EVSE by its eMI3 id). The session started between two minutes before
   the command (clocks differ) and half an hour after it. The command was not declined. If a new session has
   a start that is more than an hour off, the time of its arrival counts too. A card (type RFID) may have been
   held to the reader: its session must have the auth_method COMMAND.
4. `other_reference`: as `token_and_place`, but session and command have different references, because the CPO
   made up its own. No command may have the session's reference, and only one command without a session may
   fit.

If several commands fit, the session's existing command wins, then a command without another session, then
any. Among these, by reference the one created nearest to the start wins, and by place the newest. A command
that was declined or timed out wins only if no other is left. Of taps within two minutes of the winner, one
with a limit is taken. If each command has another session, this one is a further session
(further_sessions.py). Source: OCPI 2.2.1, mod_sessions and mod_commands (authorization_reference).
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from emsp.commands.states import CommandState
from emsp.ocpi.datetimes import parse_datetime
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, as_object, parse_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.ocpi.wrong_clocks import CLOCK_WAS_SET
from emsp.stores.command_records import CommandRecord

BEFORE_COMMAND: Final = timedelta(minutes=2)
AFTER_COMMAND: Final = timedelta(minutes=30)
REFERENCE_COUNTS_FOR: Final = timedelta(days=1)
"""How old a command of another token may be if only its reference fits. Some CPOs count their references from
1 again.
"""
CLOCK_IS_WRONG: Final = timedelta(hours=1)
"""If the start differs from the session's arrival by at least this, it may be local time marked as UTC."""
_EVSE_ID: Final = re.compile(r"[A-Z]{2}\*?[A-Z0-9]{3}\*?E[A-Z0-9*]{1,31}", re.ASCII | re.IGNORECASE)
"""An eMI3 id, such as IN*ABC*E1. OCPI has it in `evse_id`, but some CPOs send it in `evse_uid`."""
MAY_HAVE_STARTED: Final = frozenset(
    {
        CommandState.PENDING,
        CommandState.SENT,
        CommandState.ACCEPTED,
        CommandState.TIMEOUT,
        CommandState.LATE_ACCEPTED,
    }
)


class SessionSeen(NamedTuple):
    """The fields of a session that show which command it came from. An absent text is empty."""

    object_key: str
    id: str
    party: PartyId
    token_key: str
    started_at: datetime
    seen_at: datetime
    reserves: bool
    location_id: str
    evse_uid: str
    authorization_reference: str
    reservation_id: str
    auth_method: str
    token_type: str
    is_new: bool = False

    @classmethod
    def of(
        cls,
        session: JsonObject,
        seen_at: datetime,
        *,
        key: str = "",
        token_key: str = "",
        is_new: bool = False,
    ) -> "SessionSeen | None":
        """Return these fields of a session, or None if it has neither a token of ours nor a reference.

        `key` and `token_key` are its keys in the table, if it is stored. `seen_at` is the time of its
        arrival, which replaces a missing or impossible start.
        """

        def text(name: str) -> str:
            return id_text(session.get(name)) or ""

        stated = as_object(session.get("cdr_token"))
        token_key = token_key or _token_key(stated)
        if not token_key and not text("authorization_reference"):
            return None
        key = key or object_key(text("country_code"), text("party_id"), text("id"))
        country_code, party_id, _ = key.split("#", 2)
        status = text("status").strip().upper()
        return cls(
            object_key=key,
            id=text("id"),
            party=PartyId(country_code, party_id),
            token_key=token_key,
            started_at=_start(text("start_date_time"), seen_at),
            seen_at=seen_at,
            reserves=status == "RESERVATION",
            location_id=text("location_id"),
            evse_uid=text("evse_uid"),
            authorization_reference=text("authorization_reference"),
            reservation_id=text("reservation_id"),
            auth_method=text("auth_method").upper(),
            token_type=(id_text(stated.get("type")) or "").upper(),
            is_new=is_new and status != "COMPLETED",
        )

    @property
    def times(self) -> Sequence[datetime]:
        """The times at which the session may have started."""
        if self.is_new and abs(self.seen_at - self.started_at) > CLOCK_IS_WRONG:
            return self.started_at, self.seen_at
        return (self.started_at,)


class Link(NamedTuple):
    """The command of a session. `linked_by` is the kind of evidence."""

    command: CommandRecord
    linked_by: str


def link_of(session: SessionSeen, commands: Collection[CommandRecord]) -> Link | None:
    """Return the command that the session came from, or None if none of `commands` fits.

    `commands` are those with the token or the reference of the session.
    """
    known = sorted(
        (each for each in commands if not each.of_command and _same_cpo(session, each)),
        key=lambda each: each.created_at,
        reverse=True,
    )
    starts = [each for each in known if each.command == "START_SESSION"]
    reservations = [each for each in known if each.command == "RESERVE_NOW"]
    fitting = reservations if session.reserves else starts
    referenced = [each for each in fitting if _same_reference(session, each)]
    if referenced:
        likely = _without_failed(referenced)
        nearest = min(likely, key=lambda each: abs(session.started_at - each.created_at))
        return Link(_most_likely(session, referenced, nearest), "authorization_reference")
    by_place = [each for each in fitting if _by_place(session, each)]
    reserved = [] if session.reserves else [each for each in reservations if _names(session, each)]
    if reserved:
        return Link(_newest(session, by_place) if by_place else reserved[0], "reservation")
    by_place = [each for each in by_place if _by_command(session, each)]
    if not session.authorization_reference:
        return Link(_newest(session, by_place), "token_and_place") if by_place else None
    unreferenced = [each for each in by_place if not each.authorization_reference]
    if unreferenced:
        return Link(_newest(session, unreferenced), "token_and_place")
    own = [each for each in by_place if each.session_key == session.object_key]
    free = [each for each in by_place if not each.session_key]
    if len(own or free) != 1 or any(_has_its_reference(session, each) for each in commands):
        return None
    return Link((own or free)[0], "other_reference")


def may_be_further(session: SessionSeen, command: CommandRecord) -> bool:
    """Whether the session is at the place of a START_SESSION of its token. Its start does not matter."""
    return (
        command.command == "START_SESSION"
        and not command.of_command
        and _same_cpo(session, command)
        and _at_place(session, command)
        and _by_command(session, command)
    )


def _newest(session: SessionSeen, fitting: Sequence[CommandRecord]) -> CommandRecord:
    return _most_likely(session, fitting, _without_failed(fitting)[0])


def _without_failed(fitting: Sequence[CommandRecord]) -> Sequence[CommandRecord]:
    """Return the commands that were neither declined nor timed out, or all if there are no such commands."""
    started = [each for each in fitting if each.state in MAY_HAVE_STARTED] or fitting
    return [each for each in started if each.state != CommandState.TIMEOUT] or started


def _most_likely(
    session: SessionSeen, fitting: Sequence[CommandRecord], best: CommandRecord
) -> CommandRecord:
    """Return the command that fits best. `best` is the best one by time.

    The existing command of the session comes first, then a command without a session, then one with a limit.
    """
    own = [each for each in fitting if each.session_key == session.object_key]
    if own:
        return own[0]
    free = [each for each in fitting if not each.session_key]
    if free and best.session_key:
        return _most_likely(session, free, min(free, key=lambda each: abs(best.created_at - each.created_at)))
    with_limit = [
        each
        for each in free or fitting
        if each.limit and abs(best.created_at - each.created_at) <= BEFORE_COMMAND
    ]
    return best if best.limit or not with_limit else with_limit[0]


def _token_key(token: JsonObject) -> str:
    country_code, party_id, uid = (id_text(token.get(name)) for name in ("country_code", "party_id", "uid"))
    if country_code is None or party_id is None or uid is None:
        return ""
    return object_key(country_code, party_id, uid.strip())


def _start(text: str, seen_at: datetime) -> datetime:
    try:
        started_at = parse_datetime(text)
    except ValueError:
        return seen_at
    return started_at if started_at.year in CLOCK_WAS_SET else seen_at


def _has_its_reference(session: SessionSeen, command: CommandRecord) -> bool:
    return _same(session.authorization_reference, command.authorization_reference)


def _same_reference(session: SessionSeen, command: CommandRecord) -> bool:
    if not _has_its_reference(session, command):
        return False
    return (
        session.token_key == command.token_key
        or -BEFORE_COMMAND <= session.seen_at - command.created_at <= REFERENCE_COUNTS_FOR
    )


def _names(session: SessionSeen, reservation: CommandRecord) -> bool:
    """Whether the session names this reservation."""
    named = (session.authorization_reference, session.reservation_id, session.id)
    return _same_reference(session, reservation) or any(
        _same(each, reservation.reservation_id) for each in named
    )


def _by_place(session: SessionSeen, command: CommandRecord) -> bool:
    return (
        command.state in MAY_HAVE_STARTED
        and _at_place(session, command)
        and any(-BEFORE_COMMAND <= at - command.created_at <= AFTER_COMMAND for at in session.times)
    )


def _at_place(session: SessionSeen, command: CommandRecord) -> bool:
    places = [(session.location_id, command.location_id), (session.evse_uid, command.evse_uid)]
    named = [both for both in places if all(both)]
    if session.location_id and len({bool(_EVSE_ID.fullmatch(each.strip())) for each in places[1]}) > 1:
        named = [both for both in named if both != places[1]]  # A uid and an evse_id can't be compared.
    return session.token_key == command.token_key and bool(named) and all(_same(*both) for both in named)


def _by_command(session: SessionSeen, command: CommandRecord) -> bool:
    """Whether a command started the session, and not a card at the reader. No card has an app's token."""
    if session.auth_method in ("", "COMMAND"):
        return True
    token = as_object(parse_json(command.body)).get("token")
    ours = as_object(token).get("type")
    return (str(ours).upper() if ours else session.token_type) != "RFID"


def _same_cpo(session: SessionSeen, command: CommandRecord) -> bool:
    return not command.to or command.to == str(session.party)


def _same(one: str, other: str) -> bool:
    """Whether two ids are equal, without case (CiString) and surrounding spaces. "" equals nothing."""
    one, other = one.strip().upper(), other.strip().upper()
    if _EVSE_ID.fullmatch(one) and _EVSE_ID.fullmatch(other):
        return one.replace("*", "") == other.replace("*", "")
    return bool(one) and one == other
