"""DateTimes are read in every form, written as OCPI wants them, and compare as texts when canonical."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.ocpi.datetimes import (
    canonical_datetime,
    parse_datetime,
    parse_ocpi_datetime,
    write_datetime,
)

TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T10:00:00Z", TEN),
        ("2026-11-22T10:00:00z", TEN),
        ("2026-11-22T10:00:00", TEN),
        ("2026-11-22t10:00:00Z", TEN),
        ("2026-11-22 10:00:00Z", TEN),
        ("2026-11-22 10:00:00", TEN),
        ("2026-11-22T10:00:00+00:00", TEN),
        ("2026-11-22T10:00:00-00:00", TEN),
        ("2026-11-22T15:30:00+05:30", TEN),
        ("2026-11-22T15:30:00+0530", TEN),
        ("2026-11-22T06:30:00-03:30", TEN),
        ("2026-11-22T12:00:00+02", TEN),
        ("2026-11-22T10:00:00.5Z", TEN.replace(microsecond=500_000)),
        ("2026-11-22T10:00:00,5", TEN.replace(microsecond=500_000)),
        ("2026-11-22T15:30:00.123456789+05:30", TEN.replace(microsecond=123_456)),
        ("2026-11-22T10:00:00.000000001Z", TEN),
        ("2026-11-22T10:00Z", TEN),
        ("2026-11-22 15:30+05:30", TEN),
        ("2026-11-22T10:00:00UTC", TEN),
        ("2026-11-22T10:00:00 GMT", TEN),
        ("2026-11-21T24:00:00Z", TEN.replace(hour=0)),
        ("2026-11-22T24:00+14:00", TEN),
        ("2026-11-22T09:59:60Z", TEN),
        ("2026-11-22T09:59:60.5Z", TEN.replace(microsecond=500_000)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_every_form_is_read(text: str, moment: datetime) -> None:
    read = parse_datetime(text)
    assert read == moment
    assert read.utcoffset() == timedelta()
    assert write_datetime(read) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-11-22",
        "10:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-11-22T25:00:00Z",
        "2026-11-22T10:60:00Z",
        "2026-11-22T10Z",
        "2026-11-22T24:00:01Z",
        "2026-11-22T24:00:00.5Z",
        "2026-11-22T24:01Z",
        "2026-11-22T10:00:61Z",
        "9999-12-31T24:00:00Z",
        "2026-11-22T10:00:00IST",
        "2026-11-22T10:00:00ZZ",
        "2026-11-22T10:00:00.Z",
        "2026-11-22T10:00:00+24:00",
        "2026-11-22T10:00:00+05:60",
        "2026-11-22T10.00.00Z",
        "2026-W47-7T10:00:00Z",
        "20261122T100000Z",
        "1795341600",
        "22-11-2026T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+05:30",
        "9999-12-31T23:59:59-05:30",
        "२०२६-११-२२T१०:००:००Z",
        "2026-11-22T10:00:00Z\n",
        "null",
    ],
)
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_datetime(text)


@given(
    st.text(max_size=40) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,+Zz-]{0,24}", fullmatch=True)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return
    assert moment.utcoffset() == timedelta()
    assert write_datetime(moment) == text


@pytest.mark.parametrize(
    "text",
    [
        "2015-06-29T20:39:09Z",
        "2015-06-29T20:39:09",
        "2016-12-29T17:45:09.2Z",
        "2016-12-29T17:45:09.2",
        "2018-01-01T01:08:01.123Z",
        "2018-01-01T01:08:01.123",
    ],
)
def test_the_forms_of_the_specification_are_its_forms(text: str) -> None:
    assert write_datetime(parse_ocpi_datetime(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "2015-06-29 20:39:09Z",
        "2015-06-29T20:39:09z",
        "2015-06-29T20:39:09+00:00",
        "2015-06-29T20:39:09+05:30",
        "2015-06-29T20:39:09,2Z",
        "2015-06-29T20:39:09.123456Z",
        "2015-13-29T20:39:09Z",
        "2015-06-29",
    ],
)
def test_other_forms_are_not_the_specifications(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_ocpi_datetime(text)


moments = st.integers(-30_600_000_000, 253_402_200_000).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
offsets = st.integers(-14 * 60, 14 * 60)


@st.composite
def written(draw: st.DrawFn) -> tuple[int, str]:
    """A moment in nanoseconds, and one of the texts that name it."""
    moment = draw(moments)
    digits = draw(st.text("0123456789", max_size=9))
    offset = draw(st.none() | offsets)
    local = moment if offset is None else moment.astimezone(timezone(timedelta(minutes=offset)))
    text = local.strftime(f"%Y-%m-%d{draw(st.sampled_from('T '))}%H:%M:%S") + (f".{digits}" if digits else "")
    if offset is None:
        text += draw(st.sampled_from(["", "Z", "z"]))
    else:
        zone = local.strftime("%z")
        text += draw(st.sampled_from([zone, f"{zone[:3]}:{zone[3:]}"]))
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return seconds * 10**9 + int(f"{digits:0<9}"), text


@given(written(), written())
def test_canonical_texts_compare_as_the_moments_do(one: tuple[int, str], other: tuple[int, str]) -> None:
    assert (canonical_datetime(one[1]) < canonical_datetime(other[1])) == (one[0] < other[0])
    assert (canonical_datetime(one[1]) == canonical_datetime(other[1])) == (one[0] == other[0])


@given(written())
def test_a_canonical_text_has_one_width_and_stays_as_it_is(one: tuple[int, str]) -> None:
    canonical = canonical_datetime(one[1])
    assert len(canonical) == 30
    assert canonical_datetime(canonical) == canonical
    assert canonical_datetime(parse_datetime(one[1])) == canonical


def test_a_canonical_text_keeps_nanoseconds_and_cuts_the_rest() -> None:
    assert canonical_datetime("2026-11-22T15:30:00.123456789+05:30") == "2026-11-22T10:00:00.123456789Z"
    assert canonical_datetime("2026-11-22T10:00:00.1234567899") == "2026-11-22T10:00:00.123456789Z"
    assert canonical_datetime(TEN) == "2026-11-22T10:00:00.000000000Z"
    assert canonical_datetime(TEN.replace(microsecond=12)) == "2026-11-22T10:00:00.000012000Z"
    assert canonical_datetime(datetime(33, 1, 1, tzinfo=UTC)) == "0033-01-01T00:00:00.000000000Z"


@given(st.datetimes(timezones=st.just(UTC) | st.builds(lambda m: timezone(timedelta(minutes=m)), offsets)))
def test_a_datetime_of_ours_is_written_in_the_specifications_form(moment: datetime) -> None:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return
    text = write_datetime(moment)
    assert len(text) <= 25
    assert parse_ocpi_datetime(text) == utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def test_what_is_calculated_from_a_datetime_forgets_its_text() -> None:
    read = parse_datetime("2026-11-22T15:30:00.5+05:30")
    assert write_datetime(read + timedelta(hours=1)) == "2026-11-22T11:00:00.500Z"
    assert write_datetime(read.replace(year=2027)) == "2027-11-22T10:00:00.500Z"
    assert canonical_datetime(read + timedelta(hours=1)) == "2026-11-22T11:00:00.500000000Z"


def test_a_datetime_without_a_time_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22)  # noqa: DTZ001  # the mistake that is to be refused
    for function in (write_datetime, canonical_datetime):
        with pytest.raises(ValueError, match="no time zone"):
            function(naive)
