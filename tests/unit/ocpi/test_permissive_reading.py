"""What peers really send is read, kept as it came, and told of as deviations."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from emsp.ocpi.cdrs import CDR, CdrIdentity
from emsp.ocpi.deviations import MAX_VALUE_LENGTH, Deviation, InvalidObject, deviations
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from emsp.ocpi.locations import EVSE, Connector, Location, RegularHours
from emsp.ocpi.parties import PartyId
from emsp.ocpi.session_status import SessionStatus
from emsp.ocpi.sessions import Session, SessionIdentity
from emsp.ocpi.tariffs import Tariff
from tests.contract.hub_answers import AuthorizationInfo
from tests.unit.ocpi.specification import complete, minimal


def session(**fields: JsonValue) -> JsonObject:
    return complete("Session") | fields


def told(value: JsonObject) -> list[tuple[str, str, str]]:
    return [(d.path, d.problem, d.value) for d in deviations(Session, value)]


# --- one oddity at a time


@pytest.mark.parametrize("text", ["8.10", "8", "-1.5", "1e3", "0.1234567890123456789"])
def test_a_number_as_a_string_is_read_exactly(text: str) -> None:
    value = session(kwh=text)
    parsed = Session.parse(value)
    assert parsed.kwh == Decimal(text)
    assert told(value) == [("kwh", "is not a number", text)]


@pytest.mark.parametrize(
    "wrong", ["", " ", "8,10", "8.10 kWh", "NaN", "Infinity", "1_000", "٣", "0x10", True, [], {}]
)
def test_what_is_no_number_is_refused(wrong: JsonValue) -> None:
    with pytest.raises(InvalidObject, match="kwh is not a number"):
        Session.parse(session(kwh=wrong))


@pytest.mark.parametrize("huge", ["1E+999999999", "1E-999999999"])
def test_a_number_that_no_one_can_calculate_with_is_refused(huge: str) -> None:
    for value in (huge, Decimal(huge)):
        with pytest.raises(InvalidObject, match="kwh is not a number"):
            Session.parse(session(kwh=value))
        assert [d.path for d in deviations(Session, session(kwh=value))] == ["kwh"]


@pytest.mark.parametrize(
    ("written", "volts"), [("230", 230), ("230.0", 230), (Decimal("230.0"), 230), ("2.3E2", 230)]
)
def test_a_whole_number_in_another_form_is_read(written: JsonValue, volts: int) -> None:
    value = complete("Connector") | {"max_voltage": written}
    connector = Connector.parse(value)
    assert connector.max_voltage == volts
    assert [(d.path, d.problem) for d in deviations(Connector, value)] == [
        ("max_voltage", "is not a whole number")
    ]


@pytest.mark.parametrize("wrong", [Decimal("230.5"), "230.5", "high", True, Decimal("1E+999999999")])
def test_what_is_no_whole_number_is_refused(wrong: JsonValue) -> None:
    with pytest.raises(InvalidObject, match="max_voltage is not a"):
        Connector.parse(complete("Connector") | {"max_voltage": wrong})


def test_a_string_as_a_number_is_read() -> None:
    value = complete("EVSE") | {"physical_reference": 3, "floor_level": -1, "uid": Decimal("7.0")}
    evse = EVSE.parse(value)
    assert (evse.physical_reference, evse.floor_level, evse.uid) == ("3", "-1", "7.0")
    assert [(d.path, d.problem) for d in deviations(EVSE, value)] == [
        ("uid", "is not a string"),
        ("floor_level", "is not a string"),
        ("physical_reference", "is not a string"),
    ]


@pytest.mark.parametrize(("written", "meant"), [("true", True), ("false", False), (1, True), (0, False)])
def test_a_boolean_in_another_form_is_read(written: JsonValue, meant: bool) -> None:
    value = complete("Location") | {"publish": written}
    assert Location.parse(value).publish is meant
    assert [(d.path, d.problem) for d in deviations(Location, value)] == [("publish", "is not true or false")]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:00:00+00:00",
        "2026-11-22T15:30:00+05:30",
        "2026-11-22T15:30:00+0530",
        "2026-11-22 10:00:00",
        "2026-11-22T10:00:00z",
        "2026-11-22T10:00:00.000000001Z",
    ],
)
def test_a_datetime_in_another_form_is_read_and_told_of(text: str) -> None:
    value = session(last_updated=text)
    parsed = Session.parse(value)
    assert parsed.last_updated == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert [(d.path, d.value) for d in deviations(Session, value)] == [("last_updated", text)]


@pytest.mark.parametrize("text", ["2026-11-22T10:00:00", "2026-11-22T10:00:00.5", "2026-11-22T10:00:00.123Z"])
def test_a_datetime_without_z_or_with_a_fraction_is_no_deviation(text: str) -> None:
    value = session(last_updated=text)
    assert told(value) == []
    assert Session.parse(value).last_updated.replace(microsecond=0) == datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize("wrong", ["", "yesterday", "2026-02-30T10:00:00Z", 1795341600, True])
def test_what_is_no_datetime_is_refused(wrong: JsonValue) -> None:
    with pytest.raises(InvalidObject, match="last_updated"):
        Session.parse(session(last_updated=wrong))


def test_null_for_an_absent_field_is_read_as_absent() -> None:
    value = session(end_date_time=None, charging_periods=None, total_cost=None)
    parsed = Session.parse(value)
    assert parsed.end_date_time is None
    assert parsed.charging_periods == ()
    assert told(value) == []


@pytest.mark.parametrize("written", ["active", "Active", " ACTIVE "])
def test_an_enum_value_in_another_case_is_understood(written: str) -> None:
    value = session(status=written)
    parsed = Session.parse(value)
    assert parsed.status == SessionStatus.ACTIVE
    assert {SessionStatus.ACTIVE: "found"}[parsed.status] == "found"  # type: ignore[index]  # equal, so alike
    assert [(d.path, d.value) for d in deviations(Session, value)] == [("status", written)]


def test_an_unknown_enum_value_is_kept_as_a_string() -> None:
    value = session(status="PAUSED")
    parsed = Session.parse(value)
    assert parsed.status == "PAUSED"
    assert not isinstance(parsed.status, SessionStatus)
    problem = "is none of 'ACTIVE', 'COMPLETED', 'INVALID', 'PENDING' or 'RESERVATION'"
    assert told(value) == [("status", problem, "PAUSED")]


def test_the_hubs_own_word_for_an_unreachable_cpo_is_kept() -> None:
    assert (
        AuthorizationInfo.parse(complete("AuthorizationInfo") | {"allowed": "UNKNOWN"}).allowed == "UNKNOWN"
    )


def test_unknown_fields_are_kept_at_every_level_and_are_no_deviation() -> None:
    value = session(vendor={"a": [None, Decimal("1.10")]}, model_config="a name that pydantic uses")
    token = value["cdr_token"]
    assert isinstance(token, dict)
    token["rfid_type"] = "ISO14443"
    assert told(value) == []
    for parsed in (Session.parse(value), Session.model_validate(value)):
        assert (parsed.model_extra or {}).keys() == {"vendor", "model_config"}
        assert parsed.cdr_token.model_extra == {"rfid_type": "ISO14443"}


def test_a_gstin_rides_along_in_business_details() -> None:
    value = complete("Location") | {"operator": {"name": "Charge Bharat", "gstin": "29ABCDE1234F1Z5"}}
    assert deviations(Location, value) == []
    operator = Location.parse(value).operator
    assert operator is not None
    assert operator.model_extra == {"gstin": "29ABCDE1234F1Z5"}


def test_lower_case_codes_are_kept_and_name_the_same_party() -> None:
    value = session(country_code="in", party_id="abc")
    parsed = Session.parse(value)
    assert (parsed.country_code, parsed.party_id) == ("in", "abc")
    assert PartyId(parsed.country_code, parsed.party_id) == PartyId("IN", "ABC")
    assert told(value) == []


def test_empty_strings_are_read_but_an_empty_identifier_is_told_of() -> None:
    value = session(meter_id="", authorization_reference="", location_id="")
    parsed = Session.parse(value)
    assert (parsed.meter_id, parsed.authorization_reference, parsed.location_id) == ("", "", "")
    assert told(value) == [("authorization_reference", "is empty", ""), ("location_id", "is empty", "")]


def test_characters_that_a_string_may_not_hold_are_told_of() -> None:
    value = session(id="साझा-1", meter_id="a\tb", location_id="LOC 1", currency="inr")
    parsed = Session.parse(value)
    assert (parsed.id, parsed.meter_id, parsed.currency) == ("साझा-1", "a\tb", "inr")
    assert [d.path for d in deviations(Session, value)] == ["id", "meter_id", "currency"]


def test_a_byte_order_mark_and_an_odd_body_together() -> None:
    value = parse_json(b'\xef\xbb\xbf{"result":"ACCEPTED","message":null,"timeout":"30"}')
    assert isinstance(value, dict)
    assert value["timeout"] == "30"


@pytest.mark.parametrize("value", [None, True, 1, "text", [], [{}]])
def test_what_is_no_object_is_refused_and_told_of(value: JsonValue) -> None:
    (deviation,) = deviations(Session, value)
    assert deviation.path == ""
    with pytest.raises(InvalidObject, match="the value is"):
        Session.parse(value)


def test_paths_lead_into_lists_and_long_values_are_cut() -> None:
    periods: JsonValue = [
        {"start_date_time": "2026-11-22T10:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 1}]},
        {"start_date_time": "2026-11-22T11:00:00Z", "dimensions": [{"type": "TIME", "volume": ["x" * 500]}]},
    ]
    (deviation,) = deviations(Session, session(charging_periods=periods))
    assert deviation.path == "charging_periods.1.dimensions.0.volume"
    assert len(deviation.value) == MAX_VALUE_LENGTH
    assert deviation.value.startswith('["xxx')


def test_a_long_string_is_cut_in_the_deviation_and_kept_in_the_object() -> None:
    value = session(meter_id="x" * 5000)
    assert told(value) == [("meter_id", "has more than 255 characters", "x" * 200)]
    assert Session.parse(value).meter_id == "x" * 5000


@pytest.mark.parametrize(("weekday", "problem"), [(0, "is less than 1"), (8, "is more than 7")])
def test_a_week_has_seven_days(weekday: int, problem: str) -> None:
    value = complete("RegularHours") | {"weekday": weekday}
    assert deviations(RegularHours, value) == [Deviation("weekday", problem, str(weekday))]


def test_a_missing_field_is_told_without_the_object_around_it() -> None:
    value = session()
    del value["kwh"]
    assert told(value) == [("kwh", "is missing", "")]


def test_the_error_names_the_first_problems_and_counts_the_rest() -> None:
    with pytest.raises(InvalidObject) as raised:
        Session.parse({"id": "1"})
    assert str(raised.value).startswith("not a valid Session: country_code is missing; party_id is missing;")
    assert str(raised.value).endswith("; and 7 more")
    assert len(raised.value.deviations) == 12


# --- the Hub's own samples


def hub_cdr() -> JsonObject:
    """As in the Hub's sample: no auth_method, no charging_periods, total_time in seconds for 45 minutes."""
    cdr = minimal("CDR") | {
        "start_date_time": "2026-11-22T10:00:00Z",
        "end_date_time": "2026-11-22T10:45:00Z",
        "total_time": 2700,
    }
    del cdr["auth_method"], cdr["charging_periods"]
    return cdr


def test_the_hubs_sample_cdr_is_identified_though_it_is_not_complete() -> None:
    cdr = hub_cdr()
    assert deviations(CDR, cdr) == [
        Deviation("auth_method", "is missing", ""),
        Deviation("charging_periods", "is missing", ""),
        Deviation("total_time", "is more hours than the CDR spans", "2700"),
    ]
    with pytest.raises(InvalidObject, match="auth_method is missing; charging_periods is missing"):
        CDR.parse(cdr)
    identity = CdrIdentity.parse(cdr)
    assert identity.total_energy == Decimal("8.10")


def test_the_hubs_sample_tariff_element_without_vat_follows_the_specification() -> None:
    tariff = minimal("Tariff")
    tariff["elements"] = [
        {"price_components": [{"type": "ENERGY", "price": Decimal("18.50"), "step_size": 1}]}
    ]
    assert deviations(Tariff, tariff) == []
    assert Tariff.parse(tariff).elements[0].price_components[0].vat is None


def test_the_hubs_sample_location_without_a_time_zone_is_told_of() -> None:
    location = complete("Location")
    del location["time_zone"]
    assert deviations(Location, location) == [Deviation("time_zone", "is missing", "")]


# --- what identifies


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country_code", "IND"),
        ("country_code", "I#"),
        ("country_code", ""),
        ("party_id", ""),
        ("party_id", "A#B"),
        ("party_id", "TOOLONG"),
        ("id", ""),
        ("id", "सत्र"),
        ("id", None),
        ("id", {"a": 1}),
        ("status", None),
        ("last_updated", "soon"),
    ],
)
def test_without_what_identifies_it_a_session_is_refused(field: str, value: JsonValue) -> None:
    with pytest.raises(InvalidObject, match=field):
        SessionIdentity.parse(session(**{field: value}))


def test_an_odd_but_clear_identity_is_taken() -> None:
    value = session(
        id=12345, country_code="in", last_updated="2026-11-22 10:00:00+05:30", status="PAUSED", kwh=[]
    )
    identity = SessionIdentity.parse(value)
    assert (identity.id, identity.country_code, identity.status) == ("12345", "in", "PAUSED")
    assert SessionIdentity.parse(session(id="x" * 60)).id == "x" * 60


@pytest.mark.parametrize("token", [None, {}, "T-1", {"uid": 7}])
def test_a_session_whose_token_is_odd_still_has_an_identity(token: JsonValue) -> None:
    value = session(cdr_token=token)
    assert SessionIdentity.parse(value).id == value["id"]


@pytest.mark.parametrize(
    "field",
    [
        "cdr_token",
        "start_date_time",
        "end_date_time",
        "currency",
        "total_cost",
        "total_energy",
        "last_updated",
    ],
)
def test_without_what_bills_it_a_cdr_is_refused(field: str) -> None:
    cdr = complete("CDR")
    del cdr[field]
    with pytest.raises(InvalidObject, match=f"{field} is missing"):
        CdrIdentity.parse(cdr)


# --- rules between fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"credit": False, "id": "x" * 37}, "id"),
        ({"credit": True, "id": "x" * 39}, None),
        ({"credit": True, "credit_reference_id": None}, "credit_reference_id"),
        ({"end_date_time": "2026-11-22T09:59:59Z"}, "end_date_time"),
        ({"total_time": Decimal("24.01")}, None),
        ({"total_time": Decimal("24.02")}, "total_time"),
        ({"total_time": Decimal(0)}, None),
        ({"total_time": "2700", "end_date_time": "2026-11-22 16:15:00+05:30"}, "total_time"),
    ],
)
def test_the_fields_of_a_cdr_fit_each_other(fields: JsonObject, expected: str | None) -> None:
    problems = {d.problem for d in deviations(CDR, complete("CDR") | fields) if d.path == expected}
    assert problems or expected is None
    if expected is None:
        assert deviations(CDR, complete("CDR") | fields) == []


# --- strict construction


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kwh", "8.10"),
        ("kwh", 8.1),
        ("kwh", Decimal("NaN")),
        ("status", "PAUSED"),
        ("start_date_time", None),
        ("last_updated", "2026-11-22T10:00:00+05:30"),
        ("last_updated", datetime(2026, 11, 22)),  # noqa: DTZ001  # the mistake that is to be refused
        ("id", 1),
        ("charging_periods", [None]),
        ("currency", "Rs"),
    ],
)
def test_what_the_specification_forbids_can_not_be_made(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        Session(**(session() | {field: value}))  # type: ignore[arg-type]  # wrong on purpose


def test_what_is_made_from_python_values_is_read_alike() -> None:
    fields = session() | {"kwh": Decimal("8.10"), "status": SessionStatus.ACTIVE}
    moment = datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)
    made = Session(**(fields | {"last_updated": moment}))  # type: ignore[arg-type]  # fields of many types
    assert made.last_updated == datetime(2026, 11, 22, 10, 0, 0, 123000, UTC)
    assert (made.kwh, made.status) == (Decimal("8.10"), SessionStatus.ACTIVE)


def test_an_object_can_not_be_changed() -> None:
    parsed = Session.parse(session())
    with pytest.raises(ValidationError, match="frozen"):
        parsed.kwh = Decimal(0)
