"""Find the CPO that a call is for, and whether the Hub reports it as reachable."""

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
    """Return the party that owns the object with this id.

    Return None if no party or several parties do. Then the Hub finds the CPO by the content of the call.
    """
    try:
        owners = store.owners(object_id)
    except StoreUnavailable:
        log.exception("the owner of an object cannot be looked up, so the Hub routes by content")
        return None
    return owners[0] if len(owners) == 1 else None


def read_status(store: PartyStore, cpo: PartyId | None) -> Callable[[], str | None]:
    """Start to read the status of a CPO, so that the Hub can be called at the same time.

    Return a function that returns the result of `unreachable_status`.
    """
    return in_background(unreachable_status, store, cpo) if cpo else lambda: None


def unreachable_status(store: PartyStore, cpo: PartyId | None) -> str | None:
    """Return OFFLINE, PLANNED or SUSPENDED if that is the CPO's last status in the Hub's list, or else
    None.
    """
    if cpo is None:
        return None
    try:
        status = store.status(str(cpo), CPO)
    except StoreUnavailable:
        log.exception("the CPO's status can't be read")
        return None
    return None if status == CONNECTED else status
