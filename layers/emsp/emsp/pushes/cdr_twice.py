"""What happens when a CDR comes twice: the first of an id stands (OCPI 2.2.1, mod_cdrs: it is immutable)."""

from typing import Final

from emsp.metrics import Metric, count
from emsp.ocpi.json_text import JsonObject, parse_json
from emsp.receiver.errors import ContradictingObject
from emsp.stores.cdrs import CdrStore, StoredCdr

FIELDS_NAMED: Final = 10


def add_or_recognize(store: CdrStore, cdr: StoredCdr, cdr_id: str) -> None:
    """Stores a CDR whose id is new; one with the same content is the same again, which is a success.

    Raises ContradictingObject for other content under an id that is taken: it is kept as rejected and alarmed
    on, since one of the two is wrong and both are money. Raises StoreUnavailable.
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
    """The names of the fields that are not the same in both."""
    one, other = _object(known), _object(new)
    names = [
        name for name in {**one, **other} if name not in one or name not in other or one[name] != other[name]
    ]
    more = [f"and {len(names) - FIELDS_NAMED} more"] if len(names) > FIELDS_NAMED else []
    return [name[:64] for name in names[:FIELDS_NAMED]] + more


def _object(text: str) -> JsonObject:
    value = parse_json(text)
    return value if isinstance(value, dict) else {}
