"""A driver's charge, as the demo drives it: from the credentials exchange to the CDR and its event."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.browser.chromium import Page
from tests.browser.legible import SCREENS, hold_legible
from tests.demo.charge import Charge
from tests.demo.event_tap import tap
from tests.demo.journal import Lane
from tests.demo.narrator import Narrator
from tests.demo.report.page import Journey, write
from tests.demo.stored import Stored
from tests.e2e.misuse_rules import misuse_rules
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.places import LOCAL
from tests.local_cloud.stack import Stack

STEPS = (
    "register",
    "pull_locations",
    "pull_tariffs",
    "put_price_plan",
    "estimate_price",
    "authorize_token",
    "send_command",
    "sessions table",
    "cdrs table",
    "find_charges",
    "check_cdr",
    "list_disputes",
    "list_misuse",
    "event bus",
)


def _tells_the_end(event: dict[str, Any]) -> bool:
    ended = event["detail-type"] == "Session Updated" and event["detail"]["object"]["status"] == "COMPLETED"
    return bool(ended)


@pytest.fixture(scope="module")
def driven() -> list[Journey]:
    """The charge that the first test drives, for those that look at it."""
    return []


def test_a_charge_from_credentials_to_cdr(
    stack: Stack, capsys: pytest.CaptureFixture[str], tmp_path: Path, driven: list[Journey]
) -> None:
    pace = {"pending_s": 4.0, "update_every_s": 1.0}
    hub_simulator, rules = HubSimulator(locations=40, charging=pace), misuse_rules(stack, on=True)
    with hub_simulator as hub, rules, tap(stack) as events:
        journey = Charge(stack, hub.versions_url, hub.admin, events, Stored(stack), Narrator()).drive()
        driven.append(journey)
        assert hub.admin.dead_letters() == []
        checked = [each["detail"]["id"] for each in events.taken if each["detail-type"] == "CDR Checked"]
        checked = [each for each in checked if not each.endswith("-M")]  # of the copied token
        ended = next(filter(_tells_the_end, events.taken))["detail"]

    told = capsys.readouterr().out
    for number, step in enumerate(STEPS, start=1):
        assert f"[{number}] {step}" in told
    for seen in (
        "ALLOWED",
        "Command Completed",
        "Session Updated",
        "CDR Received",
        "AGREES",
        "OVERCHARGED",
        "CREDITED",
        "Charge Priced",
        "the margin is",
    ):
        assert seen in told

    assert checked == [check["cdr"]["id"] for check in journey.checks], "once for each"

    cost = ended["cost_so_far"]
    assert (
        cost["by_tariff"]["excl_vat"]
        == cost["by_cpo"]["excl_vat"]
        == journey.checks[0]["computed"]["excl_vat"]
    )

    assert told.count("    the driver pays ") == 3, "before, during and after"

    assert len(journey.features) == 40
    assert [kwh for _, kwh in journey.curve] == sorted(kwh for _, kwh in journey.curve)
    report = write(journey, tmp_path / "report.html").read_text(encoding="utf-8")
    for lane in Lane:
        assert lane in {entry.lane for entry in journey.entries}
    for seen in (
        "START_SESSION",
        "STOP_SESSION",
        "PUT /ocpi/2.2.1/sessions",
        "CDR Received",
        "AGREES",
        journey.cdr["id"],
    ):
        assert seen in report
    secrets = boto3.client("secretsmanager", **stack.client_settings)
    hubs_token = json.loads(secrets.get_secret_value(SecretId=stack.secrets["hub"])["SecretString"])["token"]
    assert hubs_token not in report


@pytest.mark.parametrize("screen", SCREENS)
def test_its_report_is_legible_in_a_browser(browser_page: Page, driven: list[Journey], screen: str) -> None:
    """The screenshots stay in .local/browser, for people."""
    if not driven:
        pytest.skip("the test that drives the charge did not run, or failed")
    [journey] = driven
    report = write(journey, LOCAL / "browser" / "report.html")
    hold_legible(browser_page, report, [entry.title for entry in journey.entries], screen)
