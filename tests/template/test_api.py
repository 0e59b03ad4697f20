"""What API Gateway answers by itself, and in which form a body reaches a function."""

from typing import Any

import pytest

from tests.template.template import template

API: dict[str, Any] = template()["Resources"]["Api"]["Properties"]
RESPONSES: dict[str, Any] = API["GatewayResponses"]

# The Hub sends again what was answered 5xx; a 4xx it parks for good.
COMES_AGAIN = {"THROTTLED", "QUOTA_EXCEEDED", "WAF_FILTERED"}


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_what_the_gateway_answers_is_enveloped_with_a_code_that_fits_its_status(name: str) -> None:
    body = RESPONSES[name]["ResponseTemplates"]["application/json"]
    status = RESPONSES[name].get("StatusCode", 500 if name == "DEFAULT_5XX" else 400)
    assert '"status_message"' in body
    assert f'"status_code": {3 if status >= 500 else 2}' in body


@pytest.mark.parametrize("name", sorted(COMES_AGAIN))
def test_what_was_held_back_before_it_was_read_comes_again(name: str) -> None:
    assert RESPONSES[name]["StatusCode"] == 503
    assert '"status_code": 3000' in RESPONSES[name]["ResponseTemplates"]["application/json"]


def test_bodies_reach_the_functions_byte_for_byte() -> None:
    assert API["BinaryMediaTypes"] == ["*~1*"]
