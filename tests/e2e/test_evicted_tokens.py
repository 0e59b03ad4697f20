"""How tokens and the registration end, deployed: the runbook's page for a token that leaked, and DELETE."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.receiver.token_cache import CACHE_SECONDS
from tests.e2e.inbound import add_tokens, push
from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.integration.connection.test_receive_credentials import VersionsOfTheHub, credentials
from tests.integration.http_server import serving
from tests.integration.samples import path_of, session
from tests.local_cloud.stack import Stack
from tests.template.template import REPOSITORY

LEAKED = "token-that-leaked"
THIEFS = "token-of-the-thief"


@pytest.fixture
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=1) as simulator:
        yield simulator


@contextmanager
def a_thief() -> Iterator[dict[str, Any]]:
    """Credentials of somebody whose versions can be read as a Hub's can."""
    served = VersionsOfTheHub(accepted={THIEFS})

    def answer(path: str, authorization: str) -> tuple[int, bytes]:
        status, body = served.answer(path, authorization)
        return status, json.dumps(body).encode()

    with serving(answer) as url:
        served.url = url.replace("127.0.0.1", "localhost")
        yield credentials(served, token=THIEFS)


def commands_of(heading: str) -> list[tuple[str, dict[str, Any]]]:
    """What a part of the runbook has invoked, in its order."""
    runbook = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    part = runbook.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"`invoke (\w+) '(\{.*?\})'`", part, flags=re.DOTALL)
    return [(function, json.loads(payload)) for function, payload in found]


def test_the_runbooks_page_for_a_token_that_leaked(stack: Stack, hub: HubSimulator) -> None:
    """Step by step, with a thief who has taken over the connection and comes back after each."""
    steps = commands_of("A token leaked")
    assert [payload["action"] for _, payload in steps] == [
        "status",
        "rotate",
        "register",
        "revoke",
        "verify",
    ]
    assert {function for function, _ in steps} == {"register"}
    (_, status), (_, rotate), (_, register), (_, revoke), (_, verify) = steps
    add_tokens(stack, {LEAKED: TokenKind.LIVE})
    with a_thief() as thief:
        put = ("PUT", "/ocpi/2.2.1/credentials", thief)
        assert push(stack, LEAKED, *put).status_code == 1000

        told = stack.invoke("register", status)
        assert told["versions_url"] == thief["url"]

        register |= {"versions_url": hub.versions_url, "token": hub.admin.invite()}
        told = stack.invoke("register", register)
        assert told["versions_url"] == hub.versions_url
        assert push(stack, LEAKED, *put).status_code == 2002, "the thief is out"
        value = session("E2E-LEAKED")
        assert push(stack, LEAKED, "PUT", path_of(value), value).status_code == 1000, "but for pushes"

        told = stack.invoke("register", revoke)
        assert len(told["revoked"]) >= 2
        assert push(stack, LEAKED, *put).http_status == 401, "at once"
        began = time.monotonic()
        while push(stack, LEAKED, "GET", path_of(value)).http_status != 401:
            assert time.monotonic() - began < CACHE_SECONDS + 5
            time.sleep(0.5)

        told = stack.invoke("register", verify)
        assert [each["kind"] for each in told["inbound_tokens"]] == ["LIVE"]
        [pushed] = hub.admin.push("sessions", session("E2E-HUBS", party_id="TZC"), wait=True)
        assert [attempt["http_status"] for attempt in pushed["attempts"]] == [200]

        assert stack.invoke("register", rotate)["versions_url"] == hub.versions_url
        assert push(stack, LEAKED, *put).http_status == 401


@pytest.mark.usefixtures("hub")
def test_a_live_token_ends_the_registration(stack: Stack) -> None:
    add_tokens(stack, {"e2e-ends": TokenKind.LIVE})
    assert push(stack, "e2e-ends", "DELETE", "/ocpi/2.2.1/credentials").status_code == 1000
    assert push(stack, "e2e-ends", "GET", "/ocpi/2.2.1/credentials").http_status == 401
    assert stack.invoke("register", {"action": "status"})["registered"] is False
