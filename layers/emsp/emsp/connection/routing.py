"""Which CPO a call is for, and whether the Hub reports it as reachable."""

from collections.abc import Callable
from typing import Final

from emsp.in_background import in_background
from emsp.log import log
from emsp.ocpi.parties import PartyId
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.stores.table import StoreUnavailable

CPO: Final = "CPO"
CONNECTED: Final = "CONNECTED"


def owner_of(store: OwnerStore, object_id: str) -> PartyId | None:
    """The party that owns the object with this id. None if no party or several parties do: then the Hub
    routes by content.
    """
    try:
        owners = store.owners(object_id)
    except StoreUnavailable:
        log.exception("the owner of an object cannot be looked up, so the Hub routes by content")
        return None
    return owners[0] if len(owners) == 1 else None


def read_status(store: PartyStore, cpo: PartyId | None) -> Callable[[], str | None]:
    """Start to read a CPO's status, so that the Hub can be called meanwhile. Returns a function that waits
    for the result of `unreachable_status`.
    """
    return in_background(unreachable_status, store, cpo) if cpo else lambda: None


def unreachable_status(store: PartyStore, cpo: PartyId | None) -> str | None:
    """OFFLINE, PLANNED or SUSPENDED if the Hub last reported that for this CPO; None if it is connected or
    unknown.
    """
    if cpo is None:
        return None
    try:
        status = store.status(str(cpo), CPO)
    except StoreUnavailable:
        log.exception("the CPO's status can't be read")
        return None
    return None if status == CONNECTED else status
