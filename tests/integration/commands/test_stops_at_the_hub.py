"""A session over its limit is stopped at the simulated Hub, as soon as that reaches the CPO, once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.enforce_limits import EnforceLimits, LimitResult
from emsp.charges.pricing_context import LookUpPricingContext
from emsp.commands.get_command import get_command
from emsp.deadline import Deadline
from emsp.invocation import InvalidInvocation
from emsp.ocpi.parties import object_key
from emsp.stores import aws
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.sessions import SessionStore, StoredSession
from emsp.stores.table import LargeBodies
from emsp.stores.tariff_versions import TariffVersions
from tests.integration.commands.commands_as_sent import start
from tests.integration.emsp_side import Emsp
from tests.integration.samples import session

MINUTE = timedelta(minutes=1)


def use_case(emsp: Emsp) -> EnforceLimits:
    bodies = LargeBodies("large-bodies", aws.s3_client)
    dynamodb = aws.dynamodb_client()
    return EnforceLimits(
        limited=LimitedCommands(dynamodb, "commands"),
        commands=emsp.commands,
        sessions=SessionStore(dynamodb, "sessions", bodies),
        cost=CostSoFar(
            LookUpPricingContext(
                CatalogueTable(dynamodb, "locations", bodies),
                CatalogueTable(dynamodb, "tariffs", bodies),
                TariffVersions(dynamodb, "tariff_versions", bodies),
            ),
            None,
            lambda *_: None,
        ),
        send=emsp.send_command_use_case,
    )


def running(emsp: Emsp, command_id: str, location: dict[str, Any], kwh: float, now: datetime) -> None:
    """Its session is here and linked, and has used so much."""
    party = {name: location[name] for name in ("country_code", "party_id")}
    text = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    value = session("S-1", at=text, start_date_time=text, kwh=kwh, **party)
    key = object_key(value["country_code"], value["party_id"], "S-1")
    stored = StoredSession(
        object_key=key,
        body=json.dumps(value),
        status="ACTIVE",
        last_updated=text,
        put_last_updated=text,
        put_hash="hash",
        received_at=now,
    )
    SessionStore(
        aws.dynamodb_client(), "sessions", LargeBodies("large-bodies", aws.s3_client)
    ).write_if_newer(stored)
    link = {"session_id": "S-1", "session_key": key, "linked_by": "test"}
    assert emsp.commands.link_session(command_id, link)
    LimitedCommands(aws.dynamodb_client(), "commands").check_at(command_id, now)


def stops(emsp: Emsp) -> list[dict[str, Any]]:
    return [each["body"] for each in emsp.hub.admin.commands() if each["command"] == "STOP_SESSION"]


def test_the_stop_waits_for_the_cpo_and_reaches_it_once(emsp: Emsp) -> None:
    emsp.registered()
    [location, *_] = emsp.hub.admin.objects("locations")
    for _ in range(3):
        emsp.hub.admin.add_command_behaviour(callback=False)
    told = emsp.send_command(**start(location, limit={"energy_kwh": 10}))
    command_id, now = str(told["command_id"]), datetime.now(UTC)
    running(emsp, command_id, location, 10.5, now)
    enforce = use_case(emsp)

    emsp.hub.admin.set_party(location["country_code"], location["party_id"], "OFFLINE")
    assert enforce(now, Deadline.after(180)) == {LimitResult.REACHED: 1}
    assert stops(emsp) == []
    assert enforce(now, Deadline.after(180)) == {}, "not before the pause is over"

    emsp.hub.admin.set_party(location["country_code"], location["party_id"], "CONNECTED")
    assert enforce(now + MINUTE, Deadline.after(180)) == {LimitResult.STOPPED: 1}
    for minute in range(2, 6):
        enforce(now + minute * MINUTE, Deadline.after(180))
    [stop] = stops(emsp)
    assert stop["session_id"] == "S-1"
    kept = get_command(emsp.commands, {"command_id": command_id})
    assert (kept["limit"], kept["stop_if_late"]) == ({"energy_kwh": 10}, False)
    assert str(stop["response_url"]).endswith(str(kept["stop_command_id"]))


@pytest.mark.parametrize(
    ("limit", "problem"),
    [
        ({}, "must give cost_incl_vat, energy_kwh or minutes"),
        ({"minutes": 0}, "limit.minutes"),
        ({"minutes": -3}, "limit.minutes"),
        ({"cost_incl_vat": "500"}, "must be a number above 0"),
        ({"cost_incl_vat": True}, "must be a number above 0"),
        ({"energy_kwh": float("nan")}, "limit.energy_kwh"),
        ({"energy_kwh": 1e12}, "limit.energy_kwh"),
        ({"kwh": 5}, "unknown field 'limit.kwh'"),
        (5, "limit must be an object"),
    ],
)
def test_a_limit_that_is_none_is_refused_with_what_it_must_be(emsp: Emsp, limit: Any, problem: str) -> None:
    emsp.registered()
    [location, *_] = emsp.hub.admin.objects("locations")
    with pytest.raises(InvalidInvocation, match=problem):
        emsp.send_command(**start(location, limit=limit))
    assert emsp.hub.admin.commands() == []


@pytest.mark.parametrize("field", [{"limit": {"minutes": 5}}, {"stop_if_late": True}])
def test_only_a_start_takes_a_limit(emsp: Emsp, field: dict[str, Any]) -> None:
    emsp.registered()
    with pytest.raises(InvalidInvocation, match="unknown field"):
        emsp.send_command(command="STOP_SESSION", session_id="S-1", **field)
