"""Build the event `Push Rejected`. Without I/O.

It does not contain the body, which may have a driver's data. The body is in S3 under `key`.
"""

import hashlib

from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.ocpi.object_names import party_of
from emsp.stores.event_bus import BusEntry
from emsp.stores.rejected import RejectedPush

REASON_CHARACTERS_AT_MOST = 1000


def push_rejected(push: RejectedPush) -> BusEntry:
    """Return the event of one try. A repeated push is published again, with the number of its tries."""
    country_code, _, party_id = (sender_of(push) or "").partition("*")
    detail: JsonObject = {
        "event_id": hashlib.sha256(f"{push.key}#{push.tries}".encode()).hexdigest(),
        "occurred_at": f"{push.last_received_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "country_code": country_code or None,
        "party_id": party_id or None,
        "id": push.object_id.split("*", 2)[-1] if push.object_id else None,
        "object": described(push),
    }
    return BusEntry("Push Rejected", dump_json(detail), push.last_received_at)


def described(push: RejectedPush, key: str | None = None) -> JsonObject:
    """Return a rejected push in the form of list_rejected and of the event."""
    described_push: JsonObject = {
        "key": key or push.key,
        "module": push.module,
        "object_id": push.object_id,
        "party": sender_of(push),
        "method": push.method,
        "path": push.path,
        "error": push.error,
        "reason": push.reason[:REASON_CHARACTERS_AT_MOST],
        "tries": push.tries,
        "first_received_at": push.first_received_at.isoformat(),
        "last_received_at": push.last_received_at.isoformat(),
        "request_id": push.request_id,
        "correlation_id": push.correlation_id,
    }
    if push.dismissed:
        described_push["dismissed"] = {"reason": push.dismissed.reason, "at": push.dismissed.at.isoformat()}
    return described_push


def sender_of(push: RejectedPush) -> str | None:
    """Return the owner of the object or, if it is unknown, the sender in the routing headers. Otherwise
    return None.
    """
    if push.object_id and (party := party_of(push.object_id)):
        return party
    headers = {name.lower(): value for name, value in push.headers.items()}
    country_code, party_id = (headers.get(f"ocpi-from-{part}") for part in ("country-code", "party-id"))
    return f"{country_code}*{party_id}".upper() if country_code and party_id else None
