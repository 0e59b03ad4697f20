"""Decide which objects that a full list does not contain are removed.

An empty or short list (from an error of the Hub or of its routing) must not empty the catalogue. So nothing
is removed if more than a configured share would be, or if the list changed while it was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import sample
from typing import Final

from emsp.catalogue.module import identity_in
from emsp.catalogue.pull_parts import PullParts
from emsp.catalogue.snapshot_index import CatalogueIndex, party_of
from emsp.log import log

ASKED_AT_MOST: Final = 50


@dataclass(frozen=True)
class SweepVerdict:
    """The result: `swept`, `guarded` or `uncertain`, the number of vanished objects, and the keys to
    remove.
    """

    sweep: str
    vanished: int
    gone: tuple[str, ...] = ()


def judge_vanished(parts: PullParts, index: CatalogueIndex, *, certain: bool) -> SweepVerdict:
    """Return what a full list removes. `certain` says whether the whole list was certainly read.

    Raises the errors of emsp.hub.errors, LeaseLost and StoreUnavailable.
    """
    vanished = sorted(index.unseen())
    if len(vanished) > parts.options.vanish_share * len(index):
        log.error(
            "nothing is removed: the list lacks too many objects", vanished=len(vanished), known=len(index)
        )
        return SweepVerdict("guarded", len(vanished))
    gone = _gone(parts, vanished, index) if certain else None
    if gone is None:
        log.warning("nothing is removed: the list moved while it was read", vanished=len(vanished))
        return SweepVerdict("uncertain", len(vanished))
    return SweepVerdict("swept", len(vanished), tuple(gone))


def _gone(parts: PullParts, vanished: Sequence[str], index: CatalogueIndex) -> list[str] | None:
    """Return the vanished objects that the Hub does not have any more, or None if that is uncertain.

    If a list changes while it is read, and its total stays the same, a few objects may be missed. So each
    vanished object of a CPO that is still listed is requested from the Hub. If there are too many, a sample
    is requested. If one of them still exists, the result is uncertain.
    """
    listed = index.seen_parties() if vanished else set()
    doubtful = [key for key in vanished if party_of(key) in listed]
    asked = doubtful if len(doubtful) <= ASKED_AT_MOST else sample(doubtful, ASKED_AT_MOST)
    there = set()
    for key, stored in parts.table.read_texts(asked).items():
        parts.runs.renew()
        if parts.source.has(*identity_in(stored.read())):
            there.add(key)
    if there and len(asked) < len(doubtful):
        return None
    if there:
        log.warning("the list lacks objects that the Hub still has", object_keys=sorted(there)[:20])
    return [key for key in vanished if key not in there]
