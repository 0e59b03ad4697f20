"""The zone of the accounts, from a function's environment."""

import pytest

from emsp.settings import InvalidSetting, MissingSetting, Settings
from emsp.settlement.accounts_time_zone import zone_of_accounts


def test_a_zone_is_named_as_iana_does() -> None:
    assert zone_of_accounts(Settings({"SETTLEMENT_TIME_ZONE": "Asia/Kolkata"})).key == "Asia/Kolkata"


@pytest.mark.parametrize("name", ["India", "1", "../etc/passwd"])
def test_another_name_is_told_of(name: str) -> None:
    with pytest.raises(InvalidSetting, match=r"SETTLEMENT_TIME_ZONE is '.*', which is not an IANA time zone"):
        zone_of_accounts(Settings({"SETTLEMENT_TIME_ZONE": name}))


def test_none_at_all_is_missing() -> None:
    with pytest.raises(MissingSetting, match="SETTLEMENT_TIME_ZONE is not set"):
        zone_of_accounts(Settings({}))
