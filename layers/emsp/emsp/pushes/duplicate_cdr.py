"""Store a CDR, or recognize that it is stored already.

The first CDR with an id is final, because a CDR is immutable (OCPI 2.2.1, mod_cdrs).
"""

from typing import Final

from emsp.metrics import Metric, count
from emsp.ocpi.json_text import as_object, parse_json
from emsp.receiver.errors import ContradictingObject
from emsp.stores.cdrs import CdrStore, StoredCdr

FIELDS_NAMED: Final = 10


def add_or_recognize(store: CdrStore, cdr: StoredCdr, cdr_id: str) -> None:
    """Store a CDR with a new id. If it is stored already with the same content, do nothing.

    Raises ContradictingObject if it is stored with other content. That push is then kept as rejected, and an
    alarm is raised, because one of two claims for money is wrong. Raises StoreUnavailable.
    """
    if store.add(cdr) != cdr.content_hash:
        count(Metric.CONFLICTING_CDRS)
        known = store.get(cdr.object_key)
        fields = _differing(known.body, cdr.body) if known else []
        raise ContradictingObject(
            f"id: CDR {cdr_id[:64]} is known with other content, and a CDR never changes"
            + (f"; what differs: {', '.join(fields)}" if fields else "")
        )


def _differing(known: str, new: str) -> list[str]:
    """Return the names of the fields that differ, at most FIELDS_NAMED, and the number of the others."""
    one, other = as_object(parse_json(known)), as_object(parse_json(new))
    names = [
        name for name in {**one, **other} if name not in one or name not in other or one[name] != other[name]
    ]
    more = [f"and {len(names) - FIELDS_NAMED} more"] if len(names) > FIELDS_NAMED else []
    return [name[:64] for name in names[:FIELDS_NAMED]] + more
