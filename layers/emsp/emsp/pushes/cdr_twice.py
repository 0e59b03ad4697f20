"""What happens when a CDR comes twice: the first of an id stands (OCPI 2.2.1, mod_cdrs: it is immutable)."""

from emsp.metrics import Metric, count
from emsp.receiver.errors import ContradictingObject
from emsp.stores.cdrs import CdrStore, StoredCdr


def add_or_recognize(store: CdrStore, cdr: StoredCdr, cdr_id: str) -> None:
    """Stores a CDR whose id is new; one with the same content is the same again, which is a success.

    Raises ContradictingObject for other content under an id that is taken: it is kept as rejected and alarmed
    on, since one of the two is wrong and both are money. Raises StoreUnavailable.
    """
    if store.add(cdr) != cdr.content_hash:
        count(Metric.CONFLICTING_CDRS)
        raise ContradictingObject(
            f"id: CDR {cdr_id[:64]} is known with other content, and a CDR never changes"
        )
