"""The checklist on the deployed stack, with the role that it has: ready once a charge was driven."""

from typing import Any

from tests.demo.charge import Charge
from tests.demo.event_tap import tap
from tests.demo.narrator import Narrator
from tests.demo.stored import Stored
from tests.e2e.misuse_rules import misuse_rules
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack


def items(stack: Stack, *targets: str) -> dict[str, dict[str, Any]]:
    told = stack.invoke("check_readiness", {"target_cpos": list(targets)})
    return {each["item"]: each for each in told["items"]}


def test_the_checklist_follows_a_charge(stack: Stack) -> None:
    with HubSimulator(locations=40, charging={"pending_s": 2.0, "update_every_s": 1.0}) as hub:
        with misuse_rules(stack, on=True), tap(stack) as events:
            Charge(stack, hub.versions_url, hub.admin, events, Stored(stack), Narrator()).drive()
        checked = stack.invoke("check_hub", {})
        cpo = hub.admin.objects("locations")[0]["party_id"]
        after = items(stack, f"IN*{cpo}")
        hub.admin.revoke_tokens("all")
        shut_out = items(stack)["credentials_exchanged"]
    # A charge may well end by itself, so a STOP_SESSION need not have been sent.
    undone = {name: each for name, each in after.items() if each["status"] != "DONE"}
    assert set(undone) <= {"stop_session_tested"}, undone
    assert after["versions_reachable"]["evidence"]["url"] == stack.outputs["VersionsUrl"]
    url = after["session_receiver"]["evidence"]["url"]
    assert url.startswith(stack.outputs["SessionsReceiverUrl"] + "/")
    assert after["cdr_receiver"]["evidence"]["last_push"]["id"]
    assert after[f"routing_IN*{cpo}"]["evidence"]["locations"] > 0
    parties = stack.invoke("find_parties", {"role": "CPO"})
    assert parties["checked_at"]
    assert len(parties["parties"]) == len([each for each in checked["states"] if each["role"] == "CPO"])
    assert shut_out["status"] == "FAILED"
    assert "verify" in shut_out["next"]
