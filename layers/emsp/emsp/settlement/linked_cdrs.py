"""Read all CDRs of a charge, including those of other months, by their credits and sessions."""

from collections.abc import Mapping
from typing import Final

from emsp.charges.claimed_cdr import small
from emsp.log import log
from emsp.stores.cdrs import CdrStore, StoredCdr

CDRS_OF_CHARGE: Final = 200
"""The largest number of CDRs that are read for one charge."""


def linked_cdrs(cdrs: CdrStore, here: Mapping[str, StoredCdr]) -> dict[str, StoredCdr]:
    """Return the CDRs `here`, and all CDRs that are linked with them by a credit or a session. Keys are CDR
    keys.

    The added CDRs have only the fields for accounting. Raises StoreUnavailable.
    """
    known, unread = dict(here), [*here.values()]
    while unread:
        if len(known) > CDRS_OF_CHARGE:
            log.error("a charge has more CDRs than are read", object_key=next(iter(here)))
            break
        cdr = unread.pop()
        others = cdrs.of_session(cdr.session_key) if cdr.session_key else []
        keys = {cdr.credits_key, cdr.credited_by} - known.keys()
        others += [other for key in keys if key and (other := cdrs.get(key)) is not None]
        for other in others:
            if other.object_key not in known:
                known[other.object_key] = small(other)
                unread.append(known[other.object_key])
    return known
