"""What every push must be before it is stored, and what is noted about it when it is.

What identifies, orders or bills an object must be right, else the push is refused (InvalidPush); every other
deviation from OCPI is noted beside the object, which is kept as it was received.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.datetimes import canonical_datetime, is_credible
from emsp.ocpi.deviations import Deviation, deviations
from emsp.ocpi.headers import FROM_PARTY_ID, TO_PARTY_ID
from emsp.ocpi.identity import ID_CHARACTERS_AT_MOST, id_text, same_id
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.parties import PartyId, object_key
from emsp.receiver.errors import InvalidPush
from emsp.receiver.request import Request
from emsp.receiver.sender import check_sender, may_read, receiver_of, sender_of

DEVIATIONS_AT_MOST = 50
DEVIATION_BYTES_AT_MOST = 40_000
"""Of the deviations kept with one object; the rest of thousands of alike ones would only fill its item."""
KEY_BYTES_AT_MOST = 2048
"""DynamoDB's own limit for a key."""


def check_owner(request: Request, owner: PartyId, our_party: PartyId) -> None:
    """Raise InvalidPush unless the caller may push objects of `owner`, and does it for `owner`."""
    if owner == our_party:
        raise InvalidPush(
            f"country_code and party_id: {owner} is our own party, whose objects nobody pushes to us"
        )
    check_sender(request, owner, our_party)


def check_addressee(request: Request, value: JsonObject, our_party: PartyId) -> None:
    """Raise InvalidPush for an object that is addressed to another eMSP, unless its token says that it is
    ours: what we refuse never comes again, so a wrong header alone is a deviation.
    """
    receiver = receiver_of(request, our_party)
    token = value.get("cdr_token")
    named = token if isinstance(token, dict) else {}
    country_code, party_id = id_text(named.get("country_code")), id_text(named.get("party_id"))
    if receiver != our_party and (country_code is None or party_id is None):
        raise InvalidPush(
            f"{TO_PARTY_ID}: this is addressed to {receiver}, and its cdr_token does not name {our_party}"
        )


def readable(request: Request, our_party: PartyId) -> bool:
    """Whether the caller may read the object of the path."""
    path = request.path_parameters
    return may_read(request, PartyId(path["country_code"], path["party_id"]), our_party)


def check_path(request: Request, **in_body: str) -> None:
    """Raise InvalidPush unless path and body name the same object; ids compare without case (CiString)."""
    for name, value in in_body.items():
        in_path = request.path_parameters.get(name, "")
        if not same_id(in_path, value):
            raise InvalidPush(f"{name}: the body has {value[:64]!r}, the path has {in_path[:64]!r}")


def token_key_of(value: JsonObject, our_party: PartyId) -> str | None:
    """The object key of the `cdr_token`, None where it can't be told. Raises InvalidPush for another party's
    token.

    One without a party, as OCPI 2.2 has it (country_code and party_id came with 2.2.1), is ours: whose else
    would be billed to us?
    """
    token = value.get("cdr_token")
    if not isinstance(token, dict):
        return None
    country_code = _ours_if_absent(token.get("country_code"), our_party.country_code)
    party_id = _ours_if_absent(token.get("party_id"), our_party.party_id)
    if country_code is None or party_id is None:
        return None
    if PartyId(country_code, party_id) != our_party:
        raise InvalidPush(f"cdr_token: {country_code[:8]}*{party_id[:8]} is not our party {our_party}")
    uid = id_text(token.get("uid"))
    if uid is None or len(uid) > ID_CHARACTERS_AT_MOST:
        return None
    return object_key(country_code, party_id, uid)


def _ours_if_absent(value: JsonValue, ours: str) -> str | None:
    return ours if value is None or value == "" else id_text(value)


def checked_key(country_code: str, party_id: str, object_id: str) -> str:
    """The object key. Raises InvalidPush for an id that no table could hold (OCPI's own limit is 39
    characters).
    """
    if len(object_id) > ID_CHARACTERS_AT_MOST:
        raise InvalidPush(f"id: has {len(object_id)} characters, at most {ID_CHARACTERS_AT_MOST} are taken")
    return object_key(country_code, party_id, object_id)


def key_in_path(request: Request, id_parameter: str) -> str | None:
    """The object key of the path, or None for what no table could hold."""
    path = request.path_parameters
    key = object_key(path["country_code"], path["party_id"], path[id_parameter])
    return key if len(key.encode()) <= KEY_BYTES_AT_MOST else None


def canonical_time(value: JsonValue) -> str | None:
    """The canonical text of a DateTime, None for anything else."""
    try:
        return canonical_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None


def clock_deviations(last_updated: JsonValue, received_at: datetime) -> list[Deviation]:
    """A note where `last_updated` is later than when it came."""
    at = canonical_time(last_updated)
    if at is None or is_credible(at, received_at):
        return []
    return [Deviation("last_updated", "is later than when it was received", str(last_updated)[:64])]


def noted_deviations(
    model: type[OcpiModel], value: JsonObject, owner: PartyId, more: Iterable[Deviation] = ()
) -> str | None:
    """Everything in `value` that strays from `model`, and `more`, as noted() keeps it.

    Counted by object, and told of the party in the log: a metric for each party costs more than all Lambdas.
    """
    found = [*more, *deviations(model, value)]
    if found:
        count(Metric.DEVIATIONS, len(found), object=model.__name__)
        log.info(
            "strays from the specification", party=str(owner), object=model.__name__, deviations=len(found)
        )
    return noted(found)


def noted(found: Sequence[Deviation]) -> str | None:
    """Deviations as JSON text for keeping beside an object; None for none, shortened when too many."""
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
    """A note where the routing headers name us as the sender, or another party than us as the receiver."""
    found = []
    sender = sender_of(request, owner)
    if sender != owner:
        found.append(Deviation(FROM_PARTY_ID, f"is not the object's owner {owner}", str(sender)))
    receiver = receiver_of(request, our_party)
    if receiver != our_party:
        found.append(Deviation(TO_PARTY_ID, f"is not our party {our_party}", str(receiver)))
    return found
