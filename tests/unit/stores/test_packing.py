"""Packed texts come back as they were, are small, and stay readable when there is a newer dictionary."""

import gzip
import zlib

import pytest

from emsp.stores import packing
from emsp.stores.packing import DICTIONARIES, WORDS, pack, unpack

EVSE = (
    b'{"uid":"3256","evse_id":"BE*BEC*E041503001","status":"AVAILABLE","capabilities":["RESERVABLE"],'
    b'"connectors":[{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE",'
    b'"max_voltage":220,"max_amperage":16,"tariff_ids":["11"],"last_updated":"2015-03-16T10:10:02Z"}],'
    b'"physical_reference":"1","floor_level":"-1","last_updated":"2015-06-28T08:12:01Z"}'
)


@pytest.mark.parametrize("text", [b"", b"{}", "ಬೆಂಗಳೂರು €".encode(), EVSE, EVSE * 5_000], ids=len)
def test_a_text_comes_back_as_it_was(text: bytes) -> None:
    assert unpack(pack(text)) == text


def test_an_evse_takes_half_of_what_gzip_needs() -> None:
    assert len(pack(EVSE)) < len(gzip.compress(EVSE)) / 2


def test_the_first_dictionary_never_changes() -> None:
    """What is stored names it. Words that serve better are a second dictionary, beside it."""
    assert next(iter(DICTIONARIES)).hex() == "5719174c"


def test_a_newer_dictionary_leaves_the_older_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pack(EVSE)
    newer = WORDS.encode()[::-1]
    monkeypatch.setattr(packing, "DICTIONARIES", DICTIONARIES | {zlib.adler32(newer).to_bytes(4): newer})
    after = pack(EVSE)
    assert before != after
    assert unpack(before) == unpack(after) == EVSE


@pytest.mark.parametrize(
    ("packed", "error"), [(pack(EVSE)[:-1], zlib.error), (gzip.compress(EVSE), KeyError)], ids=["cut", "gzip"]
)
def test_other_bytes_are_refused(packed: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        unpack(packed)
