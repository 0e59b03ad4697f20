"""What the environment must say for the Hub to reach us safely."""

import pytest

from emsp.settings import InvalidSetting, Settings


@pytest.mark.parametrize("url", ["http://emsp.example.com", "emsp.example.com", "ftp://emsp.example.com"])
def test_the_hub_is_never_given_an_address_without_tls(url: str) -> None:
    with pytest.raises(InvalidSetting, match="https"):
        _ = Settings({"PUBLIC_BASE_URL": url}).public_base_url
    assert Settings({"PUBLIC_BASE_URL": "https://e.example.com/"}).public_base_url == "https://e.example.com"


def test_a_local_hub_may_be_given_one() -> None:
    local = {"PUBLIC_BASE_URL": "http://127.0.0.1:1/live", "ALLOW_HTTP_HUB": "true"}
    assert Settings(local).public_base_url == "http://127.0.0.1:1/live"
