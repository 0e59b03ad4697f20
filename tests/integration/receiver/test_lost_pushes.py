"""What is stored is counted, and what is lost: a refusal after which the Hub does not send it again."""

from typing import Any

import pytest

from tests.integration.house import OUR_TOKEN, House
from tests.integration.samples import cdr, path_of, session
from tests.template.cloudwatch import printed

SESSION = path_of(session())
RESULT = "/ocpi/2.2.1/commands/START_SESSION/2c2f8c9e-6f0c-4a55-9d0b-0d5d2f3f5a10"


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    lines = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    found = printed("\n".join(lines))
    return {metric: sum(values) for (_, metric, _), values in found.items() if metric.startswith("Pushes")}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PUT", SESSION, session()), ("POST", "/ocpi/2.2.1/cdrs", cdr())],
)
def test_what_is_stored_is_counted_once(
    house: House, capsys: pytest.CaptureFixture[str], method: str, path: str, body: Any
) -> None:
    house.call(method, path, body)
    assert counted(capsys) == {"PushesStored": 1}
    house.call("PUT", SESSION, session())
    house.call("PUT", SESSION, session())
    assert counted(capsys).get("PushesStored", 0) <= 1, "the same again is nothing new"


PATCH_OF_UNKNOWN = {"last_updated": "2026-11-22T10:00:00Z"}


@pytest.mark.parametrize(
    ("called", "lost"),
    [
        (("PUT", SESSION, "wrong"), True),
        (("PATCH", SESSION, "wrong"), True),
        (("POST", "/ocpi/2.2.1/cdrs", "wrong"), True),
        (("POST", RESULT, "wrong"), True),
        (("GET", SESSION, "wrong"), False),
        (("GET", "/ocpi/versions", "wrong"), False),
        (("POST", "/ocpi/2.2.1/credentials", "wrong"), False),
        (("POST", "/wp-login.php", "wrong"), False),
        (("POST", "/ocpi/2.2.1/cdr", OUR_TOKEN), True),
        (("POST", SESSION, OUR_TOKEN), True),
        (("PATCH", SESSION, OUR_TOKEN), False),  # unknown: it asks for a PUT
        (("GET", "/ocpi/2.2.1/cdrs", OUR_TOKEN), False),
    ],
)
def test_a_refusal_is_counted_where_the_push_is_lost(
    house: House, capsys: pytest.CaptureFixture[str], called: tuple[str, str, str], *, lost: bool
) -> None:
    method, path, token = called
    assert house.call(method, path, PATCH_OF_UNKNOWN, token=token).status_code != 1000
    assert counted(capsys) == ({"PushesRefused": 1} if lost else {})


def test_what_is_kept_as_rejected_is_not_lost(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.call("PUT", SESSION, raw=b"{not json")
    house.call("POST", "/ocpi/2.2.1/cdrs", {"id": "C-1"})
    assert len(house.rejected()) == 2
    assert counted(capsys) == {}
