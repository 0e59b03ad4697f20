"""The last line of an error's text is JSON, for callers and for Step Functions."""

import json
from typing import Any

import pytest

from emsp.commands.evse_not_available import EvseNotAvailable
from emsp.hub.errors import Delivery, NoEndpoint, NotFound, RateLimited, RequestTrace, Unavailable
from emsp.invocation import InvalidInvocation, invocation_handler

TRACE = RequestTrace("POST", "/commands", "r-1", "c-1")
IDS = {"request_id": "r-1", "correlation_id": "c-1"}
ERRORS: list[tuple[Exception, dict[str, Any]]] = [
    (
        RateLimited("wait", retry_after_s=7.5, trace=TRACE, http_status=429, status_code=2004),
        {"delivery": "ANSWERED", "http_status": 429, "status_code": 2004, "retry_after_s": 7.5, **IDS},
    ),
    (RateLimited("wait", retry_after_s=1), {"delivery": "ANSWERED", "retry_after_s": 1}),
    (Unavailable("no", trace=TRACE, delivery=Delivery.UNKNOWN), {"delivery": "UNKNOWN", **IDS}),
    (NotFound("no"), {"delivery": "ANSWERED"}),
    (NoEndpoint("no", missing="tokens"), {"delivery": "ANSWERED", "missing": "tokens"}),
    (EvseNotAvailable("taken", "CHARGING"), {"evse_status": "CHARGING"}),
    (InvalidInvocation("no: a\nb"), {}),
]


@pytest.mark.parametrize(("error", "data"), ERRORS)
def test_the_last_line_is_the_errors_data(error: Exception, data: dict[str, Any]) -> None:
    told = str(error)

    @invocation_handler
    def handler(event: object) -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        handler({})
    text, _, line = str(raised.value).rpartition("\n")
    assert text == told
    assert json.loads(line) == {"error": type(error).__name__, **data}


def test_an_error_that_is_not_ours_stays_as_it_is() -> None:
    @invocation_handler
    def handler() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError) as raised:
        handler()
    assert raised.value.args == ("x",)
