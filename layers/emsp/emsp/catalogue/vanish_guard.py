"""Which objects that a full list did not show are gone indeed, and when that is not to be believed.

A Hub that answers an empty or a short list (a fault on its side, a routing mistake) must not empty the
catalogue: nothing is removed when more than a set share would be, or when the list moved while it was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import sample
from typing import Final

from emsp.catalogue.index import CatalogueIndex, party_of
from emsp.catalogue.module import identity_in
from emsp.catalogue.pull_parts import PullParts
from emsp.log import log

ASKED_AT_MOST: Final = 50


@dataclass(frozen=True)
class Verdict:
    """What became of the sweep (`swept`, `guarded` or `uncertain`), how many vanished, and which of them are
    gone.
    """

    sweep: str
    vanished: int
    gone: tuple[str, ...] = ()


def judge_vanished(parts: PullParts, index: CatalogueIndex, *, certain: bool) -> Verdict:
    """What a full list leaves to be removed; `certain` is whether all of it was seen to be read.

    Raises what emsp.hub.errors lists, LeaseLost, StoreUnavailable.
    """
    vanished = sorted(index.unseen())
    if len(vanished) > parts.options.vanish_share * len(index):
        log.error("nothing is removed: too much would vanish", vanished=len(vanished), known=len(index))
        return Verdict("guarded", len(vanished))
    gone = _gone(parts, vanished, index) if certain else None
    if gone is None:
        log.warning("nothing is removed: the list moved while it was read", vanished=len(vanished))
        return Verdict("uncertain", len(vanished))
    return Verdict("swept", len(vanished), tuple(gone))


def _gone(parts: PullParts, vanished: Sequence[str], index: CatalogueIndex) -> list[str] | None:
    """Those of the vanished that are gone indeed, None when that can't be told.

    A list that moves without its total telling hides a few objects of CPOs that are still listed, so those
    are asked for one by one. Are there too many, some are, and a single one that is still there puts all in
    doubt.
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
        log.warning("the list left out what the Hub still has", object_keys=sorted(there)[:20])
    return [key for key in vanished if key not in there]
