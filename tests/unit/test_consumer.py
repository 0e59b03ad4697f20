"""events/consumer/, on the sample events of the bus: its models are of the schemas, and it bills right."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from consume import DETAILS, Charges
from tests.schemas.bus_samples import SAMPLES, event_of, name_of
from tests.schemas.consumer_models import DETAIL_TYPES, header, models_file

FOR_IT = [sample for sample in SAMPLES if event_of(sample)["detail-type"] in DETAIL_TYPES]
DRIVER = ("IN-EMS-C0001", "INR")


def sample(name: str) -> dict[str, Any]:
    [path] = [each for each in SAMPLES if name_of(each) == name]
    return event_of(path)


def nothing_is_large(bucket: str, key: str) -> bytes:
    raise AssertionError(f"nothing should be read from {bucket}/{key}")


def taken(*events: dict[str, Any]) -> Charges:
    charges = Charges(nothing_is_large)
    for event in events:
        charges.take(json.dumps(event))
    return charges


@pytest.mark.parametrize("detail_type", DETAIL_TYPES)
def test_the_models_are_of_the_schema_as_it_is(detail_type: str) -> None:
    text = models_file(detail_type).read_text(encoding="utf-8")
    assert text.startswith(header(detail_type)), "run `make consumer`"


@pytest.mark.parametrize("path", FOR_IT, ids=name_of)
def test_a_sample_is_read(path: Path) -> None:
    event = event_of(path)
    detail = DETAILS[event["detail-type"]].validate_python(event["detail"])
    assert detail.event_id == event["detail"]["event_id"]
    del event["detail"]["event_id"]
    with pytest.raises(ValueError, match="event_id"):
        DETAILS[event["detail-type"]].validate_python(event["detail"])


def test_all_samples_come_to_the_right_amounts() -> None:
    large = {**sample("CDR_Received/one")["detail"]["object"], "id": "CDR5"}
    charges = Charges(lambda bucket, key: gzip.compress(json.dumps(large).encode()))
    for path in SAMPLES:
        charges.take(path.read_text(encoding="utf-8"))
    assert charges.owed == {DRIVER: Decimal("295.12")}
    assert charges.sessions.keys() == {"IN*ABC S1", "IN*ABC S2"}
    session = charges.sessions["IN*ABC S1"]
    assert (session.status, session.kwh) == ("COMPLETED", Decimal("12.5"))
    left = " ".join(charges.to_review)
    assert [each.split(":")[0] for each in charges.to_review] == [
        "CDR Received IN*ABC CDR4",
        "CDR Received IN*ABC CDR5",
        "Session Updated IN*ABC 123",
        "Session Updated IN*ABC S3",
    ]
    assert "the session has 1.5" in left
    assert "id is not a string" in left


def test_money_is_exact_to_the_digit() -> None:
    event = json.dumps(sample("CDR_Received/one")).replace("295.0", "0.1")
    charges = Charges(nothing_is_large)
    for number in range(3):
        charges.take(event.replace(sample("CDR_Received/one")["detail"]["event_id"], f"event-{number}"))
    assert charges.owed[DRIVER] == Decimal("0.3")


def test_the_same_event_again_is_passed_by_and_a_credit_undoes_its_cdr() -> None:
    one, credit = sample("CDR_Received/one"), sample("CDR_Received/credit")
    assert taken(one, one).owed[DRIVER] == Decimal("295.0")
    assert taken(one, credit).owed[DRIVER] == 0


def test_a_cpo_that_claims_no_amount_with_vat_is_billed_with_gst() -> None:
    one = sample("CDR_Received/one")
    one["detail"]["object"]["total_cost"] = {"excl_vat": 902}
    charges = taken(one)
    assert charges.owed == {DRIVER: Decimal("1064.36")}
    assert charges.to_review == []


@pytest.mark.parametrize("late", ["2026-11-22T09:55:02Z", "2026-11-22T09:55:02"])
def test_an_older_state_of_a_session_changes_nothing_with_or_without_a_z(late: str) -> None:
    before, after = sample("Session_Updated/pending"), sample("Session_Updated/active")
    before["detail"]["object"]["last_updated"] = late
    for events in ((before, after), (after, before)):
        assert taken(*events).sessions["IN*ABC S1"].status == "ACTIVE"


def test_what_a_later_version_tells_besides_is_no_error() -> None:
    one = sample("CDR_Received/one")
    one["detail"]["something_new"] = 1
    assert taken(one).owed[DRIVER] == Decimal("295.0")
