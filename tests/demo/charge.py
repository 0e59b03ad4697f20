"""The charge, step by step. Every number that is printed comes from the stack or from the Hub."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.demo.event_tap import EventTap
from tests.demo.journal import Journal, energy_curve, is_of_the_charge
from tests.demo.narrator import Narrator
from tests.demo.report.page import Journey
from tests.demo.report.price import money
from tests.demo.stored import Stored, polled, wait_until
from tests.hub_simulator.admin_client import AdminClient
from tests.local_cloud.stack import Stack

TOKEN_UID = "DRIVER-0001"
INDIA = timezone(timedelta(hours=5, minutes=30), "IST")
ENOUGH_KWH = 5
DELHI = {"latitude": "28.613900", "longitude": "77.209000"}
SESSION_STATUSES = ["PENDING", "ACTIVE", "COMPLETED"]


class NotAsExpected(Exception):
    """A step had another result than it should. The message says which."""


@dataclass
class Charge:
    """One driver, one car, one charge."""

    stack: Stack
    versions_url: str
    hub: AdminClient
    events: EventTap
    stored: Stored
    narrator: Narrator
    journal: Journal = field(default_factory=Journal)

    def drive(self) -> Journey:
        """Run all steps, from the credentials to the CDR and its events. Returns everything that the report
        shows.
        """
        self._register()
        self._pull()
        location, evse, connector = self._choose_connector()
        self._plan_and_estimate(location, evse, connector)
        authorization = self._authorize(location, evse)
        command_id = self._start(location, evse, connector, authorization)
        session = self._charge_until_stopped(authorization)
        cdr = self._cdr(session)
        self._driver_pays(session)
        checks = self._checks(cdr)
        self._misused(cdr)
        self._events(command_id, session, checks)
        self.journal.gather(self.hub, self.events)
        return Journey(
            entries=self.journal.entries,
            features=self.stored.features(),
            location=location,
            curve=energy_curve(self.hub, session["id"]),
            cdr=cdr,
            checks=checks,
        )

    def _register(self) -> None:
        with self.narrator.step("register: exchange credentials with the Hub"):
            told = self._invoke(
                "register", action="register", versions_url=self.versions_url, token=self.hub.invite()
            )
            modules = ", ".join(endpoint["identifier"] for endpoint in told["endpoints"])
            self.narrator.say(f"registered and verified at {told['versions_url']}")
            self.narrator.say(f"  its modules: {modules}")
            known = self.hub.registrations()[-1]
            self.narrator.say(
                f"the Hub knows us as {known['country_code']}*{known['party_id']}, and calls us:"
            )
            for probe in self.hub.probe():
                answer = f"HTTP {probe['http_status']}, status_code {probe['status_code']}"
                self.narrator.say(f"  GET {told['our_versions_url']} -> {answer}")

    def _pull(self) -> None:
        for function in ("pull_locations", "pull_tariffs"):
            with self.narrator.step(f"{function}: read all that the Hub lists"):
                pulled = self._invoke(function, mode="full")
                counts = pulled["counts"]
                self.narrator.say(
                    f"{pulled['state']}: {counts['objects']} listed, {counts['added']} of them new"
                )
                self.narrator.say(f"snapshot: {pulled['snapshot']}")

    def _choose_connector(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The most powerful AVAILABLE connector in the stored catalogue."""
        choices = [
            (location, evse, connector)
            for location in self.stored.locations()
            for evse in location.get("evses") or []
            if evse["status"] == "AVAILABLE"
            for connector in evse["connectors"]
        ]
        if not choices:
            raise NotAsExpected("no EVSE in the locations table is AVAILABLE")
        return max(choices, key=lambda choice: float(choice[2].get("max_electric_power") or 0))

    def _plan_and_estimate(
        self, location: dict[str, Any], evse: dict[str, Any], connector: dict[str, Any]
    ) -> None:
        with self.narrator.step(f"put_price_plan: what {TOKEN_UID} pays"):
            price = {"cost_plus": {"percent": "10", "per_session": "5"}}
            plan = {"id": "DEMO", "currency": "INR", "round_to": "0.01", "rules": [{"price": price}]}
            put = self._invoke("put_price_plan", plan=plan)
            self._invoke("assign_price_plan", token_uid=TOKEN_UID, plan_id="DEMO")
            self.narrator.say("the CPO's price plus 10 %, plus 5.00 INR for each session")
            self.narrator.say(
                f"that is less than the CPO's price at {put['below_cost']} of "
                f"{put['compared_connectors']} connectors"
            )
        with self.narrator.step(f"estimate_price: before the charge, {ENOUGH_KWH} kWh"):
            where = {**_party(location), "location_id": location["id"], "evse_uid": evse["uid"]}
            found = self._invoke(
                "estimate_price",
                connector={**where, "connector_id": connector["id"]},
                energy_kwh=ENOUGH_KWH,
                token_uid=TOKEN_UID,
            )
            currency = found["currency"]
            if found["cost"] is None:  # several tariffs may apply
                for whose, price in (("the CPO's price is", found), ("the driver pays", found["retail"])):
                    low, high = (money(price[name], currency) for name in ("least", "most"))
                    self.narrator.say(f"{whose} from {low} to {high}")
            else:
                self._say_price(found["retail"], currency, found["cost"])

    def _say_price(self, retail: dict[str, Any], currency: str, of_cpo: Any) -> None:
        self.narrator.say(f"the CPO's price is {money(of_cpo, currency)}")
        self.narrator.say(f"the driver pays {money(retail['cost'], currency)}")

    def _driver_pays(self, session: dict[str, Any]) -> None:
        with self.narrator.step("find_charges: what the driver pays, and our margin"):
            charge = wait_until(
                lambda: found if "retail" in (found := self._charge_of(session)) else None,
                f"the driver's price of session {session['id']}",
            )
            retail, currency = charge["retail"], charge["net"]["currency"]
            self._say_price(retail, currency, charge["net"])
            for line in retail["lines"]:
                self.narrator.say(f"  {line['kind']}: {line['excl_vat']} without VAT")
            self.narrator.say(f"the margin is {retail['margin']['excl_vat']} {currency} without VAT")

    def _charge_of(self, session: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.stack.invoke("find_charges", {"session": _reference(session)})
        charge: dict[str, Any] = found["charges"][0]
        return charge

    def _authorize(self, location: dict[str, Any], evse: dict[str, Any]) -> dict[str, Any]:
        with self.narrator.step(f"authorize_token: may {TOKEN_UID} charge at {_place(location)}?"):
            authorization = self._invoke(
                "authorize_token",
                token_uid=TOKEN_UID,
                location_id=location["id"],
                evse_uids=[evse["uid"]],
                to=_party(location),
            )
            self.narrator.say(
                f"{authorization['allowed']}, reference {authorization.get('authorization_reference')}"
            )
            if authorization["allowed"] != "ALLOWED":
                raise NotAsExpected(f"the token is {authorization['allowed']}")
            return authorization

    def _start(
        self,
        location: dict[str, Any],
        evse: dict[str, Any],
        connector: dict[str, Any],
        authorization: dict[str, Any],
    ) -> str:
        with self.narrator.step(f"send_command: START_SESSION at EVSE {evse['uid']}, {_socket(connector)}"):
            sent = self._invoke(
                "send_command",
                command="START_SESSION",
                token=authorization["token"],
                location_id=location["id"],
                evse_uid=evse["uid"],
                connector_id=connector["id"],
                authorization_reference=authorization["authorization_reference"],
                to=_party(location),
                idempotency_key=authorization["authorization_reference"],
            )
            self.narrator.say(
                f"the CPO answers {sent['result']}, and will send a result within {sent['timeout']} s; "
                f"state {sent['state']}"
            )
            self._outcome(sent["command_id"])
            return str(sent["command_id"])

    def _outcome(self, command_id: str) -> None:
        record = wait_until(
            lambda: (
                found if (found := self._invoke("get_command", command_id=command_id)).get("result") else None
            ),
            f"the result of command {command_id}",
        )
        self.narrator.say(
            f"get_command: {record['state']}; the result at our response_url: {json.dumps(record['result'])}"
        )
        if record["state"] != "ACCEPTED":
            raise NotAsExpected(f"the command ended as {record['state']}")

    def _charge_until_stopped(self, authorization: dict[str, Any]) -> dict[str, Any]:
        """Watch the sessions table, and send STOP_SESSION when the car has received some energy."""
        reference = authorization["authorization_reference"]
        statuses: list[str] = []
        stopped = False
        with self.narrator.step("sessions table: the Hub's pushes while the car charges"):
            for session in polled(lambda: self._session_of(reference), within_s=60):
                if session is None:
                    continue
                if session["status"] not in statuses:
                    statuses.append(session["status"])
                    self.narrator.say(_shown(session))
                if session["status"] == "COMPLETED":
                    break
                if session["status"] == "ACTIVE" and float(session["kwh"]) > ENOUGH_KWH and not stopped:
                    self.narrator.say(_shown(session))
                    self._stop(session)
                    stopped = True
            if session is None or statuses != SESSION_STATUSES:
                raise NotAsExpected(f"the session was seen as {statuses}, not as {SESSION_STATUSES}")
            return session

    def _stop(self, session: dict[str, Any]) -> None:
        so_far = self._charge_of(session)["cost_so_far"]
        if so_far:
            self.narrator.say("the price so far:")
            self._say_price(so_far["retail"], so_far["currency"], so_far["by_tariff"])
        sent = self._invoke(
            "send_command", command="STOP_SESSION", session_id=session["id"], to=_party(session)
        )
        self.narrator.say(f"send_command: STOP_SESSION {session['id']} -> the CPO answers {sent['result']}")
        self._outcome(sent["command_id"])

    def _session_of(self, authorization_reference: str) -> dict[str, Any] | None:
        mine = [
            s for s in self.stored.sessions() if s.get("authorization_reference") == authorization_reference
        ]
        return mine[0] if mine else None

    def _cdr(self, session: dict[str, Any]) -> dict[str, Any]:
        with self.narrator.step("cdrs table: the charge detail record"):
            cdr = wait_until(
                lambda: next(
                    (cdr for cdr in self.stored.cdrs() if cdr.get("session_id") == session["id"]), None
                ),
                f"the CDR of session {session['id']}",
            )
            cost = money(cdr["total_cost"], cdr["currency"])
            self.narrator.say(f"CDR {cdr['id']}: {cdr['total_energy']} kWh for {cost}")
            began, ended = _local(cdr["start_date_time"]), _local(cdr["end_date_time"])
            self.narrator.say(f"  from {began} to {ended}")
            return cdr

    def _checks(self, cdr: dict[str, Any]) -> list[dict[str, Any]]:
        """The checks of two CDRs by their tariff: the CDR of the charge, and one that claims the amount with
        VAT as the amount without VAT.
        """
        with self.narrator.step("check_cdr: does the CDR agree with the tariff?"):
            check = checked = self._invoke("check_cdr", cdr=_reference(cdr))
            self._told(cdr, checked)
            if checked["verdict"] != "AGREES":
                raise NotAsExpected(f"the check of CDR {cdr['id']} says {checked['verdict']}")
            taxed = float(checked["computed"]["incl_vat"])
            wrong = {name: value for name, value in cdr.items() if name != "session_id"} | {
                "id": f"{cdr['id']}-X"[-36:],
                "total_cost": {"excl_vat": taxed},
            }
            owner = f"{cdr['country_code']}*{cdr['party_id']}"
            self.narrator.say("now the CPO sends the CDR again with another id and a wrong amount:")
            self.hub.push("cdrs", wrong, cpo=owner, wait=True)
            checked = wait_until(
                lambda: next(
                    (each for each in self.stored.checks() if each["cdr"]["id"] == wrong["id"]), None
                ),
                f"the check of CDR {wrong['id']}",
            )
            self._told(wrong, checked)
            if checked["verdict"] != "OVERCHARGED":
                raise NotAsExpected(f"the check of CDR {wrong['id']} says {checked['verdict']}")
            self.narrator.say(f"  likely cause: {checked['likely_cause']['message']}")
        self._disputed(wrong, owner)
        return [check, checked]

    def _disputed(self, wrong: dict[str, Any], owner: str) -> None:
        with self.narrator.step("list_disputes: the case about the wrong CDR"):
            case = wait_until(lambda: self._case_of(wrong), f"the dispute case of CDR {wrong['id']}")
            self._told_case(case)
            note = {"note": "mail to the CPO", "who": "the demo"}
            self._invoke("answer_dispute", id=case["id"], state="SENT", **note)
            credit = {
                **wrong,
                "id": f"{wrong['id'][:-2]}-C"[-36:],
                "credit": True,
                "credit_reference_id": wrong["id"],
                "total_cost": {"excl_vat": -wrong["total_cost"]["excl_vat"]},
            }
            self.narrator.say("we send the case to the CPO, and the CPO sends a credit CDR:")
            self.hub.push("cdrs", credit, cpo=owner, wait=True)
            closed = wait_until(
                lambda: told if (told := self._case_of(wrong)) and told["state"] == "CREDITED" else None,
                f"the credit of dispute {case['id']}",
            )
            self._told_case(closed)
            self.events.wait_for("Dispute Closed", case["id"])

    def _misused(self, cdr: dict[str, Any]) -> None:
        """Charge with a copy of the driver's token in another city at the same time."""
        with self.narrator.step("list_misuse: does anybody misuse the token?"):
            copied = {name: value for name, value in cdr.items() if name != "session_id"} | {
                "id": f"{cdr['id']}-M"[-36:],
                "cdr_location": {**cdr["cdr_location"], "id": "ELSEWHERE", "coordinates": DELHI},
            }
            self.narrator.say("a copy of the driver's token charges in Delhi at the same time:")
            self.hub.push("cdrs", copied, cpo=f"{cdr['country_code']}*{cdr['party_id']}", wait=True)
            far = wait_until(lambda: self._found_far(copied), f"a finding about CDR {copied['id']}")
            for each in self._invoke("list_misuse", token_uid=cdr["cdr_token"]["uid"])["findings"]:
                self.narrator.say(f"{each['severity']} {each['kind']}: {each['message']}")
            self.narrator.say(
                "  (TOO_MUCH_ENERGY, because the car of this demo charges in seconds, not in an hour)"
            )
            self.events.wait_for("Token Misuse Suspected", far["id"])

    def _found_far(self, cdr: dict[str, Any]) -> dict[str, Any] | None:
        asked = {"token_uid": cdr["cdr_token"]["uid"]}
        found = self.stack.invoke("list_misuse", asked)["findings"]
        return next(
            (each for each in found if each["kind"] == "FAR_APART" and cdr["id"] in json.dumps(each)), None
        )

    def _case_of(self, cdr: dict[str, Any]) -> dict[str, Any] | None:
        listed = self.stack.invoke("list_disputes", {"cpo": _party(cdr)})["disputes"]
        return next((each for each in listed if each["cdr"]["id"] == cdr["id"]), None)

    def _told_case(self, case: dict[str, Any]) -> None:
        self.narrator.say(
            f"{case['id']}: {case['state']}, {case['amount']} {case['currency']} too much, "
            f"of which {case['left']} {case['currency']} is not credited"
        )

    def _told(self, cdr: dict[str, Any], checked: dict[str, Any]) -> None:
        currency = checked["currency"]
        claimed, computed = money(checked["claimed"], currency), money(checked["computed"], currency)
        self.narrator.say(f"CDR {cdr['id']}: {checked['verdict']}")
        self.narrator.say(f"  claimed {claimed}; by the tariff {computed}")

    def _events(self, command_id: str, session: dict[str, Any], checks: list[dict[str, Any]]) -> None:
        with self.narrator.step("event bus: the events that your own services receive"):
            self.events.wait_for("Command Completed", command_id)
            for check in checks:
                self.events.wait_for("CDR Checked", check["cdr"]["id"])
                self.events.wait_for("Charge Priced", check["cdr"]["id"])
            wait_until(lambda: self._completed(session["id"]), "the event of the COMPLETED session")
            catalogue = Counter(e["detail-type"] for e in self.events.taken if not is_of_the_charge(e))
            self.narrator.say(", ".join(f"{count} times {kind}" for kind, count in catalogue.items()))
            for event in filter(is_of_the_charge, self.events.taken):
                told = event["detail"]
                about = told.get("object", {})
                status = about.get("status") or about.get("state") or ""
                self.narrator.say(f"{event['detail-type']}: {told['id']} {status}".rstrip())

    def _completed(self, session_id: str) -> bool | None:
        self.events.take()
        return any(_completes(event, session_id) for event in self.events.taken) or None

    def _invoke(self, function: str, **payload: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.journal.invoked(
            function, payload, lambda: self.stack.invoke(function, payload)
        )
        return answer


def _completes(event: dict[str, Any], session_id: str) -> bool:
    told = event["detail"]
    updated = event["detail-type"] == "Session Updated" and told["id"] == session_id
    return bool(updated and told["object"]["status"] == "COMPLETED")


def _party(owned: dict[str, Any]) -> dict[str, str]:
    return {"country_code": owned["country_code"], "party_id": owned["party_id"]}


def _reference(cdr: dict[str, Any]) -> dict[str, str]:
    return {**_party(cdr), "id": cdr["id"]}


def _place(location: dict[str, Any]) -> str:
    cpo = f"{location['country_code']}*{location['party_id']}"
    return f"{location.get('name') or location['id']}, {location['city']} ({cpo})"


def _socket(connector: dict[str, Any]) -> str:
    power = connector.get("max_electric_power", "?")
    return f"connector {connector['id']} ({connector['standard']}, {power} W)"


def _shown(session: dict[str, Any]) -> str:
    updated = _local(session["last_updated"])
    return f"session {session['id']}: {session['status']}, {session['kwh']} kWh, updated {updated}"


def _local(text: str) -> str:
    """A time of the Hub in the local time of the driver."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(INDIA).strftime("%H:%M:%S %Z")
