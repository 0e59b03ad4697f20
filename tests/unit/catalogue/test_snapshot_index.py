"""The index in memory: what is known, what was seen."""

from emsp.catalogue.fingerprint import content_hash, text_hash
from emsp.catalogue.snapshot_index import CatalogueIndex, index_line, key_of

LINES = [
    index_line(
        f"IN#ABC#{n}", text_hash(str(n)), content_hash({"n": n, "last_updated": "z"}), ("e1", "E1", "a\tb")
    )
    + b"\n"
    for n in range(20)
]


def test_an_index_knows_texts_and_contents() -> None:
    index = CatalogueIndex(LINES)
    assert len(index) == 20
    assert index.has_text("IN#ABC#7", text_hash("7"))
    assert not index.has_text("IN#ABC#7", text_hash("8"))
    assert not index.has_text("IN#ABC#99", text_hash("7"))
    assert index.has_content("IN#ABC#7", content_hash({"n": 7, "last_updated": "x"}))
    assert key_of(LINES[3]) == "IN#ABC#3"
    assert LINES[3].endswith(b"\tE1\t\n")


def test_what_is_forgotten_has_to_be_asked_for() -> None:
    index = CatalogueIndex(LINES)
    index.forget(["IN#ABC#7", "IN#ABC#NEW"])
    assert not index.has_text("IN#ABC#7", text_hash("7"))
    assert "IN#ABC#NEW" in index
    index.put("IN#ABC#7", text_hash("8"), content_hash(8))
    assert index.has_text("IN#ABC#7", text_hash("8"))
    assert index.has_text("IN#ABC#8", text_hash("8"))


def test_what_was_seen_survives_and_what_was_added_can_not_vanish() -> None:
    index = CatalogueIndex(LINES)
    index.put("IN#ABC#NEW", text_hash("x"), content_hash("x"))
    for n in range(0, 20, 2):
        index.see(f"IN#ABC#{n}")
    index.see("IN#ABC#NEW")
    resumed = CatalogueIndex(LINES)
    resumed.restore_seen(index.seen())
    resumed.see("IN#ABC#1")
    assert sorted(index.unseen()) == sorted(f"IN#ABC#{n}" for n in range(1, 20, 2))
    assert sorted(resumed.unseen()) == sorted(f"IN#ABC#{n}" for n in range(3, 20, 2))


def test_content_ignores_last_updated_and_order_and_nothing_else() -> None:
    one = {"a": "1", "evses": [{"uid": "1", "last_updated": "x"}], "last_updated": "y"}
    other = {"last_updated": 'z", \\"', "evses": [{"last_updated": "", "uid": "1"}], "a": "1"}
    assert content_hash(one) == content_hash(other)
    assert content_hash({"a": '"last_updated":"x"'}) != content_hash({"a": '"last_updated":"y"'})
    assert content_hash(one) != content_hash({**one, "a": "2"})
    assert content_hash(["1", "2"]) != content_hash(["2", "1"])
