"""Build the snapshot of a run: the previous one, with the changed objects from the table."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from itertools import batched

from emsp.catalogue.module import CatalogueModule
from emsp.catalogue.snapshot_index import index_line, key_of
from emsp.ocpi.json_text import parse_json
from emsp.stores.catalogue_table import CatalogueTable, StoredText
from emsp.stores.snapshots import Manifest, SnapshotLines, Snapshots

LINE_ENDS = re.compile(r"[\r\n]+")
READ_AT_ONCE = 100
LINES_BETWEEN = 2000


def write_snapshot(
    module: CatalogueModule,
    snapshots: Snapshots,
    table: CatalogueTable,
    manifest: Manifest,
    *,
    base: Manifest | None,
    changed: Sequence[str],
    reader: Executor,
    alive: Callable[[], None],
) -> Manifest:
    """Write a snapshot: `base`, in which the objects with the keys `changed` have their state in the table.

    `alive` is called regularly, because a large catalogue takes a while. Raises NoSnapshot and
    StoreUnavailable.
    """
    if base is not None and not changed:
        return snapshots.repeat(manifest, base)
    fresh = _fresh_lines(module, table, sorted(changed), reader)
    nothing: AbstractContextManager[Iterator[SnapshotLines]] = nullcontext(iter(()))
    with snapshots.lines(base) if base else nothing as lines:
        return snapshots.write(manifest, _kept_alive(_merged(lines, fresh), alive))


def _kept_alive(lines: Iterator[SnapshotLines], alive: Callable[[], None]) -> Iterator[SnapshotLines]:
    for number, each in enumerate(lines):
        if number % LINES_BETWEEN == 0:
            alive()
        yield each


def _merged(
    old: Iterator[SnapshotLines], fresh: Iterator[tuple[str, SnapshotLines | None]]
) -> Iterator[SnapshotLines]:
    """Yield both in order of their keys. A fresh object replaces the old one. None removes it."""
    waiting = next(fresh, None)
    for lines in old:
        key = key_of(lines.index)
        replaced = False
        while waiting is not None and waiting[0] <= key:
            replaced = replaced or waiting[0] == key
            if waiting[1] is not None:
                yield waiting[1]
            waiting = next(fresh, None)
        if not replaced:
            yield lines
    while waiting is not None:
        if waiting[1] is not None:
            yield waiting[1]
        waiting = next(fresh, None)


def _fresh_lines(
    module: CatalogueModule,
    table: CatalogueTable,
    keys: Sequence[str],
    reader: Executor,
) -> Iterator[tuple[str, SnapshotLines | None]]:
    """Yield the keys with their lines, or with None if removed. The next batch is read while this one is
    used.
    """
    batches = [list(each) for each in batched(keys, READ_AT_ONCE, strict=False)]
    ahead = reader.submit(table.read_texts, batches[0]) if batches else None
    for number, batch in enumerate(batches):
        found: Mapping[str, StoredText] = ahead.result() if ahead else {}
        ahead = reader.submit(table.read_texts, batches[number + 1]) if number + 1 < len(batches) else None
        for key in batch:
            stored = found.get(key)
            yield key, None if stored is None or stored.removed else snapshot_lines(module, stored)


def snapshot_lines(module: CatalogueModule, stored: StoredText) -> SnapshotLines:
    """Return the lines of an object."""
    text = stored.read()
    value = parse_json(text)
    if not isinstance(value, dict):
        raise TypeError(f"{stored.object_key} is not stored as a JSON object")
    feature = module.feature(value)
    return SnapshotLines(
        text=_on_one_line(text).encode(),
        feature=json.dumps(feature, ensure_ascii=False, default=str).encode() if feature else b"",
        index=index_line(stored.object_key, stored.text_hash, stored.content_hash, module.ids(value)),
    )


def _on_one_line(text: str) -> str:
    """Return the text without line ends. In JSON they occur only between tokens, where a space means the
    same.
    """
    return LINE_ENDS.sub(" ", text) if "\n" in text or "\r" in text else text
