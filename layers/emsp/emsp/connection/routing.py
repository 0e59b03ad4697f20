"""Which CPO a call is for, and whether the Hub last called it reachable."""

from typing import Final

from emsp.log import log
from emsp.ocpi.parties import PartyId
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.stores.table import StoreUnavailable

CPO: Final = "CPO"
CONNECTED: Final = "CONNECTED"


def owner_of(store: OwnerStore, object_id: str) -> PartyId | None:
    """The one party that has an object of this id. None when we know none, or several: the Hub routes by
    content.
    """
    try:
        owners = store.owners(object_id)
    except StoreUnavailable:
        log.exception("whose object it is can't be looked up, so the Hub routes by content")
        return None
    return owners[0] if len(owners) == 1 else None


def unreachable_status(store: PartyStore, cpo: PartyId | None) -> str | None:
    """OFFLINE, PLANNED or SUSPENDED when the Hub last said so of this CPO; None when it is connected or not
    known.
    """
    if cpo is None:
        return None
    try:
        status = store.status(str(cpo), CPO)
    except StoreUnavailable:
        log.exception("the CPO's state can't be read")
        return None
    return None if status == CONNECTED else status
