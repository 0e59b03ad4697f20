"""A driver's charge, as the demo drives it: from the credentials exchange to the CDR and its event."""

import pytest

from tests.demo.charge import Charge
from tests.demo.event_tap import tap
from tests.demo.narrator import Narrator
from tests.demo.stored import Stored
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack

STEPS = (
    "register",
    "pull_locations",
    "pull_tariffs",
    "authorize_token",
    "send_command",
    "sessions table",
    "cdrs table",
    "event bus",
)


def test_a_charge_from_credentials_to_cdr(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    pace = {"pending_s": 2.0, "update_every_s": 1.0}
    with HubSimulator(locations=40, charging=pace) as hub, tap(stack) as events:
        Charge(stack, hub.versions_url, hub.admin, events, Stored(stack), Narrator()).drive()
        assert hub.admin.dead_letters() == []

    told = capsys.readouterr().out
    for number, step in enumerate(STEPS, start=1):
        assert f"[{number}] {step}" in told
    for seen in ("ALLOWED", "Command Completed", "Session Updated", "CDR Received"):
        assert seen in told
