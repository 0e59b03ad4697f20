"""The Hub's integration checklist: what is done, the evidence, and the next step.

Source: the Hub's eMSP guide, "Before going live".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from emsp.connection.checklist import ChecklistItem, Readiness, seen
from emsp.connection.pull_results import CatalogueEvidence, Pulled
from emsp.connection.reach_ourselves import Reached, ReachOurselves
from emsp.connection.registration_status import missing_modules
from emsp.connection.routing import CONNECTED, CPO
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import HubError
from emsp.hub.request import HubRequest
from emsp.invocation import Payload, in_upper_case, read_payload
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.parties import PartyId
from emsp.stores.hub_credentials import HubCredentials
from emsp.stores.parties import PartyState
from emsp.stores.readiness_evidence import Evidence

OLD: Final = timedelta(hours=48)
"""The largest age of the last pull. An older catalogue is too old for drivers."""


Party = Annotated[str, BeforeValidator(in_upper_case), Field(pattern=r"^[A-Z]{2}\*[A-Z0-9]{3}$")]
"""A party, for example `IN*ABC`."""


class CheckReadinessRequest(Payload):
    """The payload of check_readiness. `target_cpos` are the CPOs that must be routed."""

    target_cpos: tuple[Party, ...] = ()


@dataclass(frozen=True)
class CheckReadiness:
    """Builds the checklist. `hub` is None before the registration. `parties` are those of the last
    check_hub.
    """

    us: PartyId
    known: HubCredentials
    hub: HubClient | None
    parties: tuple[PartyState, ...]
    catalogue: CatalogueEvidence
    evidence: Evidence
    ourselves: ReachOurselves
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Return `{"ready", "checked_at", "items": [{"item", "status", "evidence", "next"}]}`. `status` is a
        Readiness.

        Without `target_cpos`, at least one CPO must be routed. Raises InvalidInvocation and StoreUnavailable.
        An error of the Hub is reported in its item.
        """
        targets = tuple(dict.fromkeys(read_payload(CheckReadinessRequest, payload).target_cpos))
        now = self.now()
        pulled = {module: self.catalogue.pulled(module) for module in ("locations", "tariffs")}
        session, cdr = self.evidence.last_session(now), self.evidence.last_cdr(now)
        items = [
            self._credentials(deadline),
            self._our_state(),
            *self._routing(targets, pulled),
            self._authorization(),
            self._command(
                "START_SESSION", "send a START_SESSION with send_command to an EVSE, or a RemoteStart"
            ),
            self._command("STOP_SESSION", "stop that session with a STOP_SESSION by send_command"),
            _receiver("session_receiver", self.ourselves.receiver("sessions"), session, "session"),
            _receiver("cdr_receiver", self.ourselves.receiver("cdrs"), cdr, "CDR"),
            *(_pulled(f"{module}_pulled", each, now) for module, each in pulled.items()),
            _versions(self.ourselves.versions()),
        ]
        return {
            "ready": all(each.status is Readiness.DONE for each in items),
            "checked_at": now.isoformat(),
            "items": [each.as_json() for each in items],
        }

    def _credentials(self, deadline: Deadline) -> ChecklistItem:
        item, known = "credentials_exchanged", self.known
        if self.hub is None:
            return ChecklistItem(
                item,
                Readiness.NOT_YET,
                next="ask the Hub for an initial token, then run register with "
                '{"action": "register", "versions_url": "...", "token": "..."}',
            )
        evidence: dict[str, JsonValue] = {
            "versions_url": known.versions_url,
            "registered_at": known.registered_at,
            "verified_at": known.verified_at,
        }
        try:
            self.hub.call(HubRequest("GET", known.versions_url, routed=False, deadline=deadline))
        except HubError as error:
            return ChecklistItem(item, Readiness.FAILED, evidence, f"{type(error).__name__}: {error}")
        missing = missing_modules(known)
        if missing or known.pending:
            step = (
                "run the same action of register again"
                if known.pending
                else (
                    f"ask the Hub to enable {', '.join(map(str, missing))}, then run register with "
                    '{"action": "verify"}'
                )
            )
            return ChecklistItem(item, Readiness.NOT_YET, evidence | {"missing_modules": missing}, step)
        return ChecklistItem(item, Readiness.DONE, evidence)

    def _our_state(self) -> ChecklistItem:
        item = "our_party_connected"
        states = [each for each in self.parties if each.party == str(self.us) and each.role == "EMSP"]
        if not states:
            return ChecklistItem(
                item, Readiness.NOT_YET, next="run check_hub, which reads the parties' states"
            )
        [state, *_] = states
        evidence: dict[str, JsonValue] = {"status": state.status, "last_updated": state.last_updated}
        if state.status == CONNECTED:
            return ChecklistItem(item, Readiness.DONE, evidence)
        step = "ask the Hub why, and run check_hub when it has changed"
        return ChecklistItem(item, Readiness.FAILED, evidence, step)

    def _routing(self, targets: tuple[str, ...], pulled: Mapping[str, Pulled]) -> list[ChecklistItem]:
        """Return an item for all CPOs, and one for each target. A CPO is routed if its locations are
        listed.
        """
        cpos = self._cpos(pulled)
        routed = {party: stated for party, stated in cpos.items() if stated["locations"]}
        stated: dict[str, JsonValue] = {party: dict(each) for party, each in cpos.items()}
        step = "ask the Hub to turn on routing rules for the CPOs that you want, then pull locations"
        items = [
            ChecklistItem(
                "routing",
                Readiness.DONE if routed else Readiness.NOT_YET,
                {"routed": len(routed), "cpos": stated},
                None if routed else step,
            )
        ]
        for target in targets:
            state = cpos.get(target)
            item = f"routing_{target}"
            if state is None or not state["locations"]:
                wanted = f"ask the Hub to turn on the routing rule for {target}, then pull locations"
                items.append(ChecklistItem(item, Readiness.NOT_YET, state or {}, wanted))
            elif state["status"] not in (None, CONNECTED):
                wanted = f"{target} is {state['status']}: ask the Hub, and run check_hub when it has changed"
                items.append(ChecklistItem(item, Readiness.FAILED, state, wanted))
            else:
                items.append(ChecklistItem(item, Readiness.DONE, state))
        return items

    def _cpos(self, pulled: Mapping[str, Pulled]) -> dict[str, dict[str, JsonValue]]:
        states = {each.party: each.status for each in self.parties if each.role == CPO}
        counts = {module: each.by_party for module, each in pulled.items()}
        names = sorted({*states, *counts["locations"], *counts["tariffs"]})
        return {
            name: {
                "status": states.get(name),
                "locations": counts["locations"].get(name, 0),
                "tariffs": counts["tariffs"].get(name, 0),
            }
            for name in names
        }

    def _authorization(self) -> ChecklistItem:
        found = self.evidence.authorization()
        return seen(
            "token_authorization_tested",
            None if found is None else dict(found),
            "authorize a token at an EVSE with authorize_token, and start with its authorization_reference",
        )

    def _command(self, command: str, step: str) -> ChecklistItem:
        item = f"{command.lower()}_tested"
        found = self.evidence.command(command)
        if found is None:
            return ChecklistItem(item, Readiness.NOT_YET, next=step)
        evidence: dict[str, JsonValue] = dict(found)
        if found.get("state") in ("ACCEPTED", "LATE_ACCEPTED"):
            return ChecklistItem(item, Readiness.DONE, evidence)
        if found.get("state") in ("PENDING", "SENT"):
            return ChecklistItem(item, Readiness.NOT_YET, evidence, "wait for its result, then check again")
        return ChecklistItem(item, Readiness.FAILED, evidence, f"look at it with get_command, then {step}")


def _receiver(item: str, reached: Reached, last: Mapping[str, str] | None, what: str) -> ChecklistItem:
    evidence: dict[str, JsonValue] = {**reached.as_json(), "last_push": dict(last) if last else None}
    if reached.problem:
        return ChecklistItem(item, Readiness.FAILED, evidence, _unreached(reached))
    if last is None:
        step = f"charge once: the Hub then pushes the first {what} to {reached.url.rsplit('/', 3)[0]}"
        return ChecklistItem(item, Readiness.NOT_YET, evidence, step)
    return ChecklistItem(item, Readiness.DONE, evidence)


def _versions(reached: Reached) -> ChecklistItem:
    if reached.problem:
        return ChecklistItem("versions_reachable", Readiness.FAILED, reached.as_json(), _unreached(reached))
    return ChecklistItem("versions_reachable", Readiness.DONE, reached.as_json())


def _unreached(reached: Reached) -> str:
    return (
        f"{reached.problem}. Check PublicBaseUrl or DomainName; if the API accepts only the Hub's "
        "addresses, ask the Hub whether its own probe succeeds"
    )


def _pulled(item: str, pulled: Pulled, now: datetime) -> ChecklistItem:
    evidence: dict[str, JsonValue] = {
        "completed_at": pulled.completed_at,
        "objects": pulled.objects,
        "run_id": pulled.run_id,
        "age_hours": None,
    }
    if pulled.error:
        step = f"the last pull failed ({pulled.error}): pull again"
        return ChecklistItem(item, Readiness.FAILED, evidence, step)
    if pulled.completed_at is None:
        step = f'run pull_{item.removesuffix("_pulled")} with {{"mode": "full"}}'
        return ChecklistItem(item, Readiness.NOT_YET, evidence, step)
    age = now - datetime.fromisoformat(pulled.completed_at)
    evidence["age_hours"] = round(age.total_seconds() / 3600)
    if age > OLD:
        return ChecklistItem(item, Readiness.FAILED, evidence, "turn SchedulesState on, or pull again")
    return ChecklistItem(item, Readiness.DONE, evidence)
