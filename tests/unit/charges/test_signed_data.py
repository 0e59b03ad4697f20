"""What the signatures of a CDR's meter values are worth, whoever signed and however it is written."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.charges.signed_data import VERIFIED_AT_MOST, Signed, Verification, verify_signed_data
from emsp.ocpi.json_text import parse_json
from tests.unit.charges.signing import CURVES, READINGS, Meter, signed_data

METER, OTHER = Meter(), Meter()
RECORD = METER.record()


def verified(signed: Any, *registered: str, energy: float = 12.5) -> tuple[Verification, list[str]]:
    """And the codes of its findings."""
    cdr = parse_json(json.dumps({"total_energy": energy, "signed_data": signed}))
    assert isinstance(cdr, dict)
    asked: list[str] = []

    def keys_of(meter: str) -> Sequence[str]:
        asked.append(meter)
        return registered if meter == METER.serial else ()

    found = verify_signed_data(cdr, keys_of)
    assert len(asked) == len(set(asked))
    return found, [each.code for each in found.findings(cdr)]


def result(signed: Any, *registered: str) -> Signed:
    return verified(signed, *registered)[0].result


@pytest.mark.parametrize(
    "key", [METER.public_key, METER.der.hex(), METER.der.hex().upper(), METER.pem, f" {METER.public_key}\n"]
)
def test_valid_is_only_what_is_signed_by_a_key_that_was_registered(key: str) -> None:
    mine, another = signed_data(RECORD, public_key=key), signed_data(RECORD, public_key=OTHER.public_key)
    assert result(mine) is Signed.SELF_CONSISTENT
    assert result(mine, key) is Signed.VALID
    assert result(another, OTHER.public_key, key) is Signed.VALID, "an older and a newer key of one meter"
    assert result(another) is Signed.INVALID
    forged = signed_data(OTHER.record(), public_key=OTHER.public_key)
    assert result(forged) is Signed.SELF_CONSISTENT, "nobody has registered the meter"
    assert result(forged, key) is Signed.INVALID, "another key than the meter's"


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("digest", ["SHA256", "SHA512"])
def test_each_algorithm(curve: str, digest: str) -> None:
    meter = Meter(curve=curve)
    record = meter.record(digest=digest)
    assert result(signed_data(record), meter.public_key) is Signed.VALID
    assert result(signed_data(record.replace("2948.1", "2949.1")), meter.public_key) is Signed.INVALID
    if curve != METER.curve:
        assert result(signed_data(record), METER.public_key) is Signed.INVALID


def as_base64(record: str) -> str:
    head, signature = record.rsplit("|", 1)
    told = json.loads(signature)
    told |= {"SE": "base64", "SD": base64.b64encode(bytes.fromhex(told["SD"])).decode()}
    return f"{head}|{json.dumps(told)}"


@pytest.mark.parametrize(
    "value",
    [
        {"signed_data": RECORD},
        {"signed_data": RECORD.encode().hex()},
        {"signed_data": as_base64(RECORD)},
        {"signed_data": "x", "plain_data": RECORD},
        {"signed_data": f"{RECORD}|{METER.public_key}"},
        {"signed_data": RECORD, "plain_data": METER.record([READINGS[0], {"RV": 9999.0}])},
    ],
)
def test_however_it_is_written(value: dict[str, Any]) -> None:
    found, codes = verified({"encoding_method": "ocmf", "signed_values": [value]}, METER.public_key)
    assert (found.result, codes, found.meters) == (Signed.VALID, [], ("M-1",))
    assert found.as_json()["kwh"] == ["12.5"]


def test_a_curve_that_is_not_supported_is_named() -> None:
    found, _ = verified(signed_data(METER.record(SA="ECDSA-secp192k1-SHA256")), METER.public_key)
    assert found.result is Signed.UNKNOWN_FORMAT
    assert found.says == "the curve secp192k1 is not supported (algorithm ECDSA-secp192k1-SHA256)"


@pytest.mark.parametrize(
    ("signed", "expected"),
    [
        (None, Signed.NOT_SIGNED),
        ("x", Signed.NOT_SIGNED),
        (signed_data(), Signed.NOT_SIGNED),
        (signed_data(RECORD.rsplit("|", 1)[0]), Signed.NOT_SIGNED),
        (signed_data(RECORD.rsplit("|", 1)[0] + '|{"SD": ""}'), Signed.NOT_SIGNED),
        (signed_data(RECORD, "AAAA"), Signed.UNKNOWN_FORMAT),
        (signed_data("<signedMeterValue/>"), Signed.UNKNOWN_FORMAT),
        ({**signed_data(RECORD), "encoding_method": "EDL40"}, Signed.UNKNOWN_FORMAT),
        (signed_data(METER.record(SA="ECDSA-secp192k1-SHA256")), Signed.UNKNOWN_FORMAT),
        (signed_data(METER.record(SA="RSA")), Signed.UNKNOWN_FORMAT),
        (signed_data(METER.record(SE="base85")), Signed.UNKNOWN_FORMAT),
        (signed_data(METER.record(SD="no hex")), Signed.UNKNOWN_FORMAT),
        (signed_data(METER.record(SD="3045")), Signed.INVALID),
        (signed_data(RECORD, OTHER.record()), Signed.INVALID),
        (signed_data(RECORD.replace('"M-1"', '"M-2"'), public_key=METER.public_key), Signed.INVALID),
    ],
)
def test_what_is_not_valid(signed: Any, expected: Signed) -> None:
    found, codes = verified(signed, METER.public_key)
    assert found.result is expected
    assert found.says
    assert ("SIGNATURE_INVALID" in codes) == (expected is Signed.INVALID)


@pytest.mark.parametrize("key", ["", "zz", "30", METER.der[:-1].hex(), "A" * 2001])
def test_a_key_that_cannot_be_used(key: str) -> None:
    assert result(signed_data(RECORD, public_key=key)) is Signed.UNKNOWN_FORMAT


@pytest.mark.parametrize(
    ("energy", "differs"), [(12.5, False), (12.509, False), (12.52, True), (15, True), (10, True)]
)
def test_energy_that_is_not_what_the_signed_values_say(energy: float, differs: bool) -> None:
    assert verified(signed_data(RECORD), METER.public_key, energy=energy)[1] == (
        ["SIGNED_ENERGY_DIFFERS"] if differs else []
    )


def test_several_registers_and_readings_in_several_records() -> None:
    compensated = [*READINGS, {"RI": "1-b:1.8.0*198", "RV": 100, "TX": "B"}, {"RV": 112, "TX": "E"}]
    for energy in (12.5, 12):
        assert verified(signed_data(METER.record(compensated)), energy=energy)[1] == []
    first, last = METER.record(READINGS[:1]), METER.record([{**READINGS[0], **READINGS[1]}])
    assert verified(signed_data(first, last), METER.public_key)[0].as_json()["kwh"] == ["12.5"]
    wrong = [READINGS[0], {**READINGS[1], "EF": "E"}]
    assert verified(signed_data(METER.record(wrong)), energy=99)[1] == [], (
        "a reading with an error tells nothing"
    )


def test_no_more_is_verified_than_the_bound_and_the_first_and_last_are() -> None:
    between = {"nature": "Intermediate", "signed_data": OTHER.record()}
    ends = [{"nature": name, "signed_data": RECORD} for name in ("Start", "End")]
    good = [{"nature": "Intermediate", "signed_data": RECORD}] * (VERIFIED_AT_MOST - 2)
    values = {"encoding_method": "OCMF", "signed_values": [ends[0], *good, between, ends[1]]}
    found = verified(values, METER.public_key)[0]
    assert (found.result, found.says) == (
        Signed.VALID,
        "20 of its signed values were verified, which is the limit.",
    )
    longest = "M" * 101
    assert result(signed_data(Meter(longest).record()), METER.public_key) is Signed.UNKNOWN_FORMAT


@given(st.integers(0, len(RECORD) - 1), st.characters())
def test_no_other_record_is_valid(place: int, character: str) -> None:
    changed = RECORD[:place] + character + RECORD[place + 1 :]
    found = verified(signed_data(changed), METER.public_key)[0]
    same = changed.split("|")[1:2] == RECORD.split("|")[1:2]
    assert found.result is not Signed.VALID or same


@given(st.binary(max_size=120), st.text(max_size=60), st.text(max_size=60))
def test_nothing_raises_an_error(key: bytes, signature: str, payload: str) -> None:
    for record in (
        f"OCMF|{payload}|{signature}",
        RECORD.replace("MS", signature),
        METER.record(SD=signature),
    ):
        for given_key in (key.hex(), (METER.der[:26] + key).hex(), payload):
            assert result(signed_data(record, public_key=given_key)) in Signed
