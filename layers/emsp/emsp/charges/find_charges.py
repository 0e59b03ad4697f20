"""Find charges by token, CPO, session, CDR or command, or all that are still open.

A charge is listed at the start of its session or, without a session, at the end of its first CDR. So of two
adjacent spans of time only one contains it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from emsp.charges.check_cdr import CdrReference
from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.cursor import LENGTH_AT_MOST, ChargesCursor, read_cursor, write_cursor
from emsp.charges.found_charge import ZoneOf, charge_json
from emsp.charges.gather_charge import GatherCharge, GatheredCharge
from emsp.deadline import Deadline
from emsp.invocation import InvalidInvocation, Moment, ObjectId, OwnedObject, Payload, read_payload
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, dump_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.stores.charge_indexes import ChargeIndexes, IndexedKey, IndexRange, Listed

DAYS_AT_MOST: Final = 366
ANSWER_BYTES: Final = 3_000_000
"""The size at which a page ends, in bytes, because Lambda's limit for an answer is 6 MB."""
TIME_KEPT_S: Final = 10.0
BEGIN_CHARGES: Final = ("START_SESSION", "RESERVE_NOW")


class SessionReference(OwnedObject):
    """A session of a CPO."""


class FindChargesRequest(Payload):
    """The payload of find_charges: one question and, after the first page, `next`."""

    token_uid: ObjectId | None = None
    country_code: Annotated[str | None, Field(pattern="^[A-Za-z]{2}$")] = None
    party_id: Annotated[str | None, Field(pattern=r'^[!"$-~]{1,3}$')] = None
    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None
    session: SessionReference | None = None
    cdr: CdrReference | None = None
    command_id: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    open: Literal[True] | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=100)] = 25
    next: Annotated[str | None, Field(min_length=1, max_length=LENGTH_AT_MOST)] = None
    """The `next` of the previous answer."""

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        by_party = self.country_code is not None or self.party_id is not None
        given = [self.token_uid, by_party or None, self.session, self.cdr, self.command_id, self.open]
        if sum(each is not None for each in given) != 1:
            raise ValueError(
                'give one of "token_uid", "country_code" with "party_id", "session", "cdr", "command_id" and '
                '"open": true'
            )
        if by_party and (self.country_code is None or self.party_id is None):
            raise ValueError('give both "country_code" and "party_id"')
        listed = self.token_uid is not None or by_party
        if listed != (self.start is not None) or listed != (self.end is not None):
            raise ValueError(
                'with "token_uid", and with "country_code" and "party_id", "from" and "to" are needed; '
                "no other question takes them"
            )
        if self.start and self.end and self.end <= self.start:
            raise ValueError('"to" must be after "from"')
        if by_party and self.start and self.end and (self.end - self.start).days > DAYS_AT_MOST:
            raise ValueError(f'"to" must be within {DAYS_AT_MOST} days of "from"')
        if self.next is not None and not (listed or self.open):
            raise ValueError('"next" is only for lists: this question has one answer')
        return self

    @property
    def owner_prefix(self) -> str:
        """Return the beginning of the keys of the CPO's objects, or "" for all CPOs."""
        if self.country_code is None or self.party_id is None:
            return ""
        return object_key(self.country_code, self.party_id, "")

    def question(self) -> JsonObject:
        """Return the payload without `next`."""
        return self.model_dump(mode="json", exclude={"limit", "next"}, exclude_none=True)


@dataclass(frozen=True)
class FindCharges:
    """Answers the questions of FindChargesRequest, page by page."""

    indexes: ChargeIndexes
    gather: GatherCharge
    zone_of: ZoneOf
    cost: CostSoFar
    our_party: PartyId

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Return `{"charges": [...], "next": ...}`. Raises InvalidInvocation, UnknownCommand,
        StoreUnavailable.

        If `next` is not null, there may be more charges, even if this page is short: pass it to the next
        call.
        """
        request = read_payload(FindChargesRequest, payload)
        zones = _Zones(self.zone_of)
        one = self._one(request)
        if one is not None:
            return {"charges": [charge_json(one, zones, self.cost)], "next": None}
        parts = self._parts(request)
        question = request.question()
        cursor = read_cursor(request.next, question, len(parts)) if request.next else ChargesCursor()
        charges: list[JsonValue] = []
        seen: set[str] = set()
        size = 0
        for reached, entry in self._entries(parts, cursor):
            if len(charges) == request.limit or size > ANSWER_BYTES or deadline.remaining() < TIME_KEPT_S:
                return {"charges": charges, "next": write_cursor(cursor, question)}
            cursor = reached
            charge = self._listed(parts[reached.part], entry, request)
            if charge is None or charge.key in seen:
                continue
            seen.add(charge.key)
            value = charge_json(charge, zones, self.cost)
            charges.append(value)
            size += len(dump_json(value))
        return {"charges": charges, "next": None}

    def _one(self, request: FindChargesRequest) -> GatheredCharge | None:
        """Return the only charge that a question can find. Raises InvalidInvocation if there is none."""
        if request.cdr is not None:
            cdr = self.gather.cdrs.get(request.cdr.key)
            if cdr is None:
                raise InvalidInvocation(
                    f"there is no CDR {request.cdr.key}: it was never pushed, or refused (see list_rejected)"
                )
            return self.gather.of_cdr(cdr)
        if request.session is not None:
            charge = self.gather.of_session(request.session.key)
            if charge.session is None and not charge.cdrs:
                raise InvalidInvocation(
                    f"there is no session {request.session.key}, nor a CDR of it: it was never pushed, or "
                    "was refused (see list_rejected)"
                )
            return charge
        if request.command_id is None:
            return None
        record = self.gather.commands.get(request.command_id)
        if record.command not in BEGIN_CHARGES:
            raise InvalidInvocation(
                f"command {record.command_id} is a {record.command}, which begins no charge: give a "
                f"{' or '.join(BEGIN_CHARGES)}"
            )
        return self.gather.of_command(record)

    def _parts(self, request: FindChargesRequest) -> list[IndexRange]:
        if request.start is None or request.end is None:
            return self.indexes.waiting()
        start, end = canonical_datetime(request.start), canonical_datetime(request.end)
        if request.token_uid is None:
            return self.indexes.of_days(start, end)
        return self.indexes.of_token(self.our_party.key_of(request.token_uid), start, end)

    def _entries(
        self, parts: list[IndexRange], cursor: ChargesCursor
    ) -> Iterator[tuple[ChargesCursor, IndexedKey]]:
        after = cursor.after
        for number in range(cursor.part, len(parts)):
            for entry in self.indexes.keys(parts[number], after):
                yield ChargesCursor(number, entry), entry
            after = None

    def _listed(
        self, part: IndexRange, entry: IndexedKey, request: FindChargesRequest
    ) -> GatheredCharge | None:
        """Return the charge of an index entry.

        Return None if another entry lists the charge, or if it is not among the requested ones.
        """
        if not entry.key.startswith(request.owner_prefix):
            return None
        if part.listed is Listed.COMMAND:
            record = self.gather.command(entry.key)
            waits = record is not None and record.command == "START_SESSION" and not record.session_key
            return self.gather.of_command(record) if record and waits else None
        if part.listed is Listed.SESSION:
            charge = self.gather.of_session(entry.key)
            return charge if not request.open or _is_open(charge) else None
        return self._without_session(part, entry)

    def _without_session(self, part: IndexRange, entry: IndexedKey) -> GatheredCharge | None:
        """Return the charge of a CDR, or None if its session or another CDR lists the charge."""
        cdr = self.gather.cdrs.get(entry.key)
        if cdr is None:
            return None
        charge = self.gather.of_cdr(cdr)
        session = charge.session
        if session is not None and session.start_date_time is not None:
            same_token = part.hash_name != "token_key" or session.token_key == part.value
            return None if same_token else charge
        first = charge.first_cdr
        return charge if first is not None and first.object_key == cdr.object_key else None


def _is_open(charge: GatheredCharge) -> bool:
    """Whether the session has no CDR, or the CDR no session. The index may still list a complete charge."""
    return (charge.session is None) == bool(charge.cdrs)


class _Zones:
    """Looks up the time zone of each location, once in an invocation."""

    def __init__(self, zone_of: ZoneOf) -> None:
        self._zone_of = zone_of
        self._known: dict[Any, str | None] = {}

    def __call__(self, charge: JsonObject) -> str | None:
        place = charge.get("cdr_location")
        location = place.get("id") if isinstance(place, dict) else charge.get("location_id")
        country = as_object(place).get("country")
        key = dump_json([charge.get("country_code"), charge.get("party_id"), location, country])
        if key not in self._known:
            self._known[key] = self._zone_of(charge)
        return self._known[key]
