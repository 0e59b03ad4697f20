"""The index of the last snapshot, in memory: what a pull knows of the catalogue without reading the table.

Each object has one line: its key, text hash, content hash, and the ids for finding its EVSEs, each followed
by a tab. An object takes 150 bytes of memory, so 100,000 locations take 15 MB.
"""

from collections.abc import Iterable, Iterator, Sequence

from emsp.catalogue.fingerprint import DIGEST_BYTES, LENGTH_BYTES

TEXT_BYTES = DIGEST_BYTES + LENGTH_BYTES
MARK_BYTES = TEXT_BYTES + DIGEST_BYTES
UNKNOWN = bytes(MARK_BYTES)


def index_line(object_key: str, text_hash: str, content_hash: str, ids: Sequence[str] = ()) -> bytes:
    """Return the line of an object, without its line end.

    Ids with unprintable characters are left out, because no search can find them.
    """
    findable = dict.fromkeys(each.upper() for each in ids if each.isprintable())
    return "".join(f"{each}\t" for each in (object_key, text_hash, content_hash, *findable)).encode()


def key_of(line: bytes) -> str:
    """Return the object key in a line."""
    return line.split(b"\t", 1)[0].decode()


def party_of(object_key: str) -> str:
    """Return the party in an object key: `IN#ABC`."""
    return "#".join(object_key.split("#", 2)[:2])


class CatalogueIndex:
    """The known objects, and which of them this run has seen. The number of an object is its line in the
    file.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._numbers: dict[str, int] = {}
        marks = bytearray()
        for number, line in enumerate(lines):
            key, text_hash, content_hash, _ = line.split(b"\t", 3)
            self._numbers[key.decode()] = number
            marks += bytes.fromhex((text_hash + content_hash).decode())
        self._marks = marks
        self._listed = len(self._numbers)
        self._seen = bytearray(self._listed // 8 + 1)

    def __len__(self) -> int:
        return self._listed

    def __contains__(self, object_key: str) -> bool:
        return object_key in self._numbers

    def has_text(self, object_key: str, text_hash: str) -> bool:
        """Whether exactly this text is stored."""
        number = self._numbers.get(object_key)
        if number is None:
            return False
        at = number * MARK_BYTES
        return self._marks[at : at + TEXT_BYTES] == bytes.fromhex(text_hash)

    def length_of(self, object_key: str) -> int:
        """Return the number of characters of the stored text, or 0 if it is unknown."""
        number = self._numbers.get(object_key)
        if number is None:
            return 0
        at = number * MARK_BYTES + DIGEST_BYTES
        return int.from_bytes(self._marks[at : at + LENGTH_BYTES])

    def has_content(self, object_key: str, content_hash: str) -> bool:
        """Whether an object with the same content is stored."""
        number = self._numbers.get(object_key)
        if number is None:
            return False
        at = number * MARK_BYTES + TEXT_BYTES
        return self._marks[at : at + DIGEST_BYTES] == bytes.fromhex(content_hash)

    def put(self, object_key: str, text_hash: str, content_hash: str) -> None:
        """Record that this object is now stored with these hashes."""
        self._set(object_key, bytes.fromhex(text_hash + content_hash))

    def forget(self, object_keys: Iterable[str]) -> None:
        """Mark these objects as unknown, so that they are read from the table."""
        for key in object_keys:
            self._set(key, UNKNOWN)

    def see(self, object_key: str) -> None:
        """Record that the Hub lists this object."""
        number = self._numbers.get(object_key)
        if number is not None and number < self._listed:
            self._seen[number >> 3] |= 1 << (number & 7)

    def seen(self) -> bytes:
        """Return one bit for each object, set if it was seen. It is stored with the cursor."""
        return bytes(self._seen)

    def restore_seen(self, seen: bytes | None) -> None:
        """Continue with the bits that `seen` returned."""
        if seen:
            self._seen = bytearray(seen)

    def unseen(self) -> Iterator[str]:
        """Yield the keys of known objects that this run has not seen."""
        for key, number in self._numbers.items():
            if number < self._listed and not self._seen[number >> 3] & 1 << (number & 7):
                yield key

    def seen_parties(self) -> set[str]:
        """Return the parties (`IN#ABC`) of which this run saw an object that was known before."""
        unseen = set(self.unseen())
        return {
            party_of(key)
            for key, number in self._numbers.items()
            if number < self._listed and key not in unseen
        }

    def keys(self) -> Iterator[str]:
        """Yield all known keys, including those that this run added."""
        return iter(self._numbers)

    def _set(self, object_key: str, mark: bytes) -> None:
        number = self._numbers.get(object_key)
        if number is None:
            self._numbers[object_key] = len(self._numbers)
            self._marks += mark
        else:
            self._marks[number * MARK_BYTES : (number + 1) * MARK_BYTES] = mark
