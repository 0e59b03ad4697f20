"""Check a push before it is stored, and list its deviations.

If a field is wrong that identifies, orders or bills the object, the push is rejected (InvalidPush). Every
other deviation from OCPI is listed beside the object, which is stored as it was received.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.deviations import Deviation, deviations
from emsp.ocpi.headers import FROM_PARTY_ID, TO_PARTY_ID
from emsp.ocpi.ids import ID_CHARACTERS_AT_MOST, same_id
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, dump_json
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.parties import PartyId, object_key
from emsp.ocpi.wrong_clocks import is_credible
from emsp.receiver.errors import InvalidPush
from emsp.receiver.request import Request
from emsp.receiver.sender import check_sender, may_read, receiver_of, sender_of

DEVIATIONS_AT_MOST = 50
DEVIATION_BYTES_AT_MOST = 40_000
"""The largest size, in bytes, of the deviations of one object. Thousands of similar ones would fill its
item.
"""
KEY_BYTES_AT_MOST = 2048
"""DynamoDB's limit for a key, in bytes."""


def check_owner(request: Request, owner: PartyId, our_party: PartyId) -> None:
    """Raise InvalidPush unless the caller may push objects of `owner` and its headers name the same owner.

    Our own party may not own a pushed object.
    """
    if owner == our_party:
        raise InvalidPush(
            f"country_code and party_id: {owner} is our own party, whose objects nobody pushes to us"
        )
    check_sender(request, owner, our_party)


def check_addressee(request: Request, value: JsonObject, our_party: PartyId) -> None:
    """Raise InvalidPush if the object is for another eMSP: by its routing headers, and by its token.

    If only the header is wrong, that is a deviation, because the Hub does not repeat a rejected push.
    """
    receiver = receiver_of(request, our_party)
    named = as_object(value.get("cdr_token"))
    is_named = all(str(named.get(name) or "").strip() for name in ("country_code", "party_id"))
    if receiver != our_party and not is_named:
        raise InvalidPush(
            f"{TO_PARTY_ID}: this is addressed to {receiver}, and its cdr_token does not name {our_party}"
        )


def readable(request: Request, our_party: PartyId) -> bool:
    """Whether the caller may read the object that the path names."""
    path = request.path_parameters
    return may_read(request, PartyId(path["country_code"], path["party_id"]), our_party)


def check_path(request: Request, **in_body: str) -> None:
    """Raise InvalidPush unless path and body name the same object. Upper and lower case are equal
    (CiString).
    """
    for name, value in in_body.items():
        in_path = request.path_parameters.get(name, "")
        if not same_id(in_path, value):
            raise InvalidPush(f"{name}: the body has {value[:64]!r}, the path has {in_path[:64]!r}")


def checked_key(country_code: str, party_id: str, object_id: str) -> str:
    """Return the object key.

    Raises InvalidPush for an id with more than ID_CHARACTERS_AT_MOST characters. OCPI allows 39.
    """
    if len(object_id) > ID_CHARACTERS_AT_MOST:
        raise InvalidPush(f"id: has {len(object_id)} characters, the limit is {ID_CHARACTERS_AT_MOST}")
    return object_key(country_code, party_id, object_id)


def key_in_path(request: Request, id_parameter: str) -> str | None:
    """Return the key of the object in the path, or None if it is too long for a DynamoDB key."""
    path = request.path_parameters
    key = object_key(path["country_code"], path["party_id"], path[id_parameter])
    return key if len(key.encode()) <= KEY_BYTES_AT_MOST else None


def canonical_time(value: JsonValue) -> str | None:
    """Return the canonical text of an OCPI DateTime, or None for any other value."""
    try:
        return canonical_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None


def clock_deviations(last_updated: JsonValue, received_at: datetime) -> list[Deviation]:
    """Return a deviation if `last_updated` is later than the arrival of the push."""
    at = canonical_time(last_updated)
    if at is None or is_credible(at, received_at):
        return []
    return [Deviation("last_updated", "is later than when it was received", str(last_updated)[:64])]


def noted_deviations(
    model: type[OcpiModel], value: JsonObject, owner: PartyId, more: Iterable[Deviation] = ()
) -> str | None:
    """Return the deviations of `value` from `model`, and `more`, as JSON text. Count and log them.

    The metric counts them by kind of object. Only the log names the party, because a metric for each party
    would cost more than all Lambdas.
    """
    found = [*more, *deviations(model, value)]
    if found:
        count(Metric.DEVIATIONS, len(found), object=model.__name__)
        log.info("the object violates OCPI", party=str(owner), object=model.__name__, deviations=len(found))
    return noted(found)


def noted(found: Sequence[Deviation]) -> str | None:
    """Return deviations as JSON text, to store beside an object, or None if there are none.

    Beyond DEVIATIONS_AT_MOST or DEVIATION_BYTES_AT_MOST they are left out, and a last entry has their number.
    """
    kept: list[JsonValue] = []
    size = 0
    for one in found[:DEVIATIONS_AT_MOST]:
        entry: JsonValue = {"path": one.path, "problem": one.problem, "value": one.value}
        size += len(dump_json(entry).encode())
        if size > DEVIATION_BYTES_AT_MOST:
            break
        kept.append(entry)
    if len(found) > len(kept):
        kept.append(
            {"path": "", "problem": f"{len(found)} found, of which the first are listed", "value": ""}
        )
    return dump_json(kept) if kept else None


def routing_deviations(request: Request, owner: PartyId, our_party: PartyId) -> list[Deviation]:
    """Return a deviation for each routing header that is wrong.

    The sender should be the owner of the object, and the receiver our party (OCPI 2.2.1,
    transport_and_format, Message Routing).
    """
    found = []
    sender = sender_of(request, owner)
    if sender != owner:
        found.append(Deviation(FROM_PARTY_ID, f"is not the object's owner {owner}", str(sender)))
    receiver = receiver_of(request, our_party)
    if receiver != our_party:
        found.append(Deviation(TO_PARTY_ID, f"is not our party {our_party}", str(receiver)))
    return found
