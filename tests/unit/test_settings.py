"""What the environment must say, and how it is told where it does not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from emsp.settings import InvalidSetting, MissingSetting, Settings


@pytest.mark.parametrize("url", ["http://emsp.example.com", "emsp.example.com", "ftp://emsp.example.com"])
def test_the_hub_is_never_given_an_address_without_tls(url: str) -> None:
    with pytest.raises(InvalidSetting, match="https"):
        _ = Settings({"PUBLIC_BASE_URL": url}).public_base_url
    assert Settings({"PUBLIC_BASE_URL": "https://e.example.com/"}).public_base_url == "https://e.example.com"


def test_a_local_hub_may_be_given_one() -> None:
    local = {"PUBLIC_BASE_URL": "http://127.0.0.1:1/live", "ALLOW_HTTP_HUB": "true"}
    assert Settings(local).public_base_url == "http://127.0.0.1:1/live"


def test_a_function_needs_only_what_it_asks_for() -> None:
    settings = Settings({"CDRS_TABLE": "cdrs", "SESSIONS_TABLE": " "})
    assert settings.cdrs_table == "cdrs"
    with pytest.raises(MissingSetting, match="SESSIONS_TABLE is not set: add it under"):
        _ = settings.sessions_table
    with pytest.raises(MissingSetting, match="PUBLIC_BASE_URL"):
        _ = settings.public_base_url
    assert settings.optional_public_base_url is None
    assert settings.our_website is None


def test_values_are_typed() -> None:
    settings = Settings(
        {
            "OUR_COUNTRY_CODE": "in",
            "TOKEN_OVERLAP_HOURS": "2",
            "PULL_OVERLAP_MINUTES": "7",
            "GST_PERCENT": "18",
            "CHECK_TOLERANCE": "0.01",
            "QUOTA_COMMANDS_PER_MINUTE": "49",
        }
    )
    assert settings.our_country_code == "IN"
    assert (settings.token_overlap, settings.pull_overlap) == (timedelta(hours=2), timedelta(minutes=7))
    assert (settings.gst_percent, settings.check_tolerance) == (Decimal(18), Decimal("0.01"))
    assert (settings.quota_commands_per_minute, settings.quota_lists_per_minute) == (49, 200)
    assert Settings({"GST_PERCENT": "none"}).gst_percent is None


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("QUOTA_LISTS_PER_MINUTE", "many", "a whole number"),
        ("QUOTA_LISTS_PER_MINUTE", "0", "a number above zero"),
        ("QUOTA_LISTS_PER_MINUTE", "-3", "a number above zero"),
        ("TOKEN_OVERLAP_HOURS", "0", "a whole number above zero"),
        ("SESSION_RETENTION_DAYS", "29", "0, which is for ever, or a number of days from 30 on"),
        ("CDR_RETENTION_DAYS", "-1", "0, which is for ever, or a number of days from 30 on"),
        ("TOKEN_OVERLAP_HOURS", "a day", "a whole number above zero"),
        ("ALLOW_HTTP_HUB", "perhaps", '"true" or "false"'),
        ("GST_PERCENT", "18%", "a number"),
        ("GST_PERCENT", "NaN", "a number from 0 to below 1000"),
        ("GST_PERCENT", "1000", "a number from 0 to below 1000"),
        ("CHECK_TOLERANCE", "-1", "a number from 0 to below 1000"),
    ],
)
def test_a_value_that_can_not_be_read_is_told_with_what_it_must_be(
    name: str, value: str, expected: str
) -> None:
    with pytest.raises(InvalidSetting) as raised:
        Settings({name: value})
    assert str(raised.value).startswith(f"{name} is {value!r}, which is not {expected}: correct it")
