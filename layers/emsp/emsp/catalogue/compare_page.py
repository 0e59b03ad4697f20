"""Compare a page of a list with the stored objects.

Texts are compared first. Only objects that differ are validated and compared with the table.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Final

from emsp.catalogue.fingerprint import content_hash, text_hash
from emsp.catalogue.module import BadObject, CatalogueModule, key_in, last_updated_in, prepare
from emsp.catalogue.snapshot_index import CatalogueIndex
from emsp.ocpi.list_text import Known, ListedObject
from emsp.ocpi.wrong_clocks import BEFORE_ALL
from emsp.stores.catalogue_table import CatalogueObject, StoredMark

type ReadMarks = Callable[[Sequence[str]], Mapping[str, StoredMark]]


HEAD = re.compile(
    r'\{\s*"(country_code|party_id|id)"\s*:\s*"([ -!#-[\]-~]*)"\s*,'
    r'\s*"(country_code|party_id|id)"\s*:\s*"([ -!#-[\]-~]*)"\s*,'
    r'\s*"(country_code|party_id|id)"\s*:\s*"([ -!#-[\]-~]*)"'
)
"""The identity of an object, if its three fields come first. Usually they do."""
OBJECT_CHARACTERS_AT_MOST: Final = 500_000
"""The largest number of characters of an object. A location with 300 EVSEs has about as many, a usual one has
5,000.
"""


def unchanged_text(index: CatalogueIndex) -> Known:
    """Return a function that recognizes unchanged objects by their text, without parsing. It marks them as
    seen.
    """

    def known(text: str, at: int) -> int | None:
        head = HEAD.match(text, at)
        if head is None:
            return None
        key = key_in({head[1]: head[2], head[3]: head[4], head[5]: head[6]})
        length = index.length_of(key) if key else 0
        if not key or not length or not index.has_text(key, text_hash(text[at : at + length])):
            return None
        index.see(key)
        return at + length

    return known


@dataclass(frozen=True)
class RejectedObject:
    """An object that can't be stored, and the reason."""

    text: str
    reason: str


@dataclass
class PageChanges:
    """What to write for a page. Each object of the page is in exactly one of the six fields.

    `unchanged`, `older` and `repeated` count objects that are not written. A repeated one is on the page
    again, as new or newer.
    """

    new: list[CatalogueObject] = field(default_factory=list)
    changed: list[CatalogueObject] = field(default_factory=list)
    rejected: list[RejectedObject] = field(default_factory=list)
    unchanged: int = 0
    older: int = 0
    repeated: int = 0
    stored_since: list[str] = field(default_factory=list)
    """The keys of unchanged objects that were stored after the last snapshot. The snapshot does not contain
    them.
    """

    @property
    def characters(self) -> int:
        """The number of characters to write."""
        written = chain[CatalogueObject | RejectedObject](self.new, self.changed, self.rejected)
        return sum(len(each.text) for each in written)

    @property
    def keys(self) -> list[str]:
        """The keys for the change log: the objects that are outdated in the last snapshot."""
        return [each.object_key for each in (*self.new, *self.changed)] + self.stored_since


def compare_page(
    module: CatalogueModule,
    objects: Sequence[ListedObject],
    index: CatalogueIndex,
    read_marks: ReadMarks,
    now: datetime,
) -> PageChanges:
    """Compare a page with the stored objects, and record in the index what was seen and what will be stored.

    An object whose last_updated is later than `now` is taken as newer than the stored one.
    """
    changes = PageChanges()
    differing: dict[str, ListedObject] = {}
    for listed in objects:
        key = key_in(listed.peek)
        if key is None:
            changes.rejected.append(RejectedObject(listed.text, _without_key(listed)))
            continue
        index.see(key)
        if len(listed.text) > OBJECT_CHARACTERS_AT_MOST:
            reason = f"the object has more than {OBJECT_CHARACTERS_AT_MOST} characters"
            changes.rejected.append(RejectedObject(listed.text, reason))
            continue
        try:
            content = content_hash(listed.peek) if key in index else None
        except RecursionError:
            changes.rejected.append(RejectedObject(listed.text, "the object is nested too deeply"))
            continue
        if index.has_text(key, text_hash(listed.text)) or (content and index.has_content(key, content)):
            changes.unchanged += 1
        elif key in differing and _older(listed, differing[key], now):
            changes.older += 1
        else:
            changes.repeated += key in differing
            differing[key] = listed
    if differing:
        _decide(module, differing, index, read_marks, changes, now=now)
    return changes


def _decide(
    module: CatalogueModule,
    differing: Mapping[str, ListedObject],
    index: CatalogueIndex,
    read_marks: ReadMarks,
    changes: PageChanges,
    *,
    now: datetime,
) -> None:
    known = [key for key in differing if key in index]
    marks = read_marks(known) if known else {}
    for key, listed in differing.items():
        try:
            prepared = prepare(module, key, listed, now)
        except BadObject as error:
            changes.rejected.append(RejectedObject(listed.text, str(error)))
            continue
        mark = marks.get(key)
        if mark is not None and prepared.last_updated == BEFORE_ALL:
            prepared = replace(prepared, last_updated=mark.last_updated)
        if mark is None:
            changes.new.append(prepared)
        elif mark.removed or mark.content_hash != prepared.content_hash:
            if not mark.removed and mark.last_updated > prepared.last_updated:
                changes.older += 1
                continue
            changes.changed.append(prepared)
        else:
            changes.unchanged += 1
            changes.stored_since.append(key)
            index.put(key, mark.text_hash, mark.content_hash)
            continue
        index.put(key, prepared.text_hash, prepared.content_hash)


def _without_key(listed: ListedObject) -> str:
    if not isinstance(listed.peek, dict):
        return "this element of the list is not an object"
    return (
        "country_code (two letters), party_id (three characters) and id (printable ASCII) do not make a key"
    )


def _older(listed: ListedObject, other: ListedObject, now: datetime) -> bool:
    try:
        return last_updated_in(listed.peek, now) < last_updated_in(other.peek, now)
    except BadObject:
        return True
