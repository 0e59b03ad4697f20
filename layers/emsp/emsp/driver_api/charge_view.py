"""A charge as an app sees it: its state, energy, time and cost at the last push."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.credible_times import Seen, start_of, until
from emsp.charges.found_charge import charge_json
from emsp.charges.gather_charge import GatheredCharge
from emsp.commands.states import CommandState
from emsp.driver_api.charge_ids import id_of
from emsp.driver_api.charge_state import OVER, State, state_of
from emsp.driver_api.money import Money, money_of, text_of
from emsp.driver_api.problems import Problems
from emsp.ocpi.json_text import JsonObject, as_object, dump_json, parse_json, stored_object
from emsp.pricing.read_tariff import moment_of
from emsp.pushes.current_session import current_session


class Station(BaseModel):
    """The key of a CPO's location."""

    country_code: str
    party_id: str
    location_id: str


class StartFailure(BaseModel):
    """The problem that prevented a charge from starting."""

    type: str
    message: str = Field(description="The message for the driver, in the language of Accept-Language")


class ChargeView(BaseModel):
    """A charge of the driver."""

    id: str
    state: State
    station: Station | None = None
    evse_uid: str | None = None
    connector_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = Field(None, description="The time of the CPO's last push")
    kwh: float | None = Field(None, description="The energy of the session, or of its CDRs")
    minutes: int | None = Field(None, description="The minutes from the start until updated_at")
    cost: Money | None = Field(None, description="The cost by the CPO's tariff. When a CDR exists, its claim")
    price: Money | None = Field(None, description="What the driver pays, if the driver has a price plan")
    limit: dict[str, float] | None = None
    limit_reached: bool = False
    receipt_ready: bool = Field(False, description="Whether a CDR exists and the driver's price is decided")
    reason: StartFailure | None = None


@dataclass(frozen=True)
class ViewCharge:
    """Builds the view of a charge, with the same prices as find_charges. Raises StoreUnavailable."""

    cost: CostSoFar
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def state(self, charge: GatheredCharge) -> State:
        return state_of(charge.command, charge.session, has_cdr=bool(charge.cdrs), now=self.now())

    def etag(self, charge: GatheredCharge, language: str) -> str:
        """Return the ETag. It changes when the view may have changed. No location or tariff is read for
        it.
        """
        command, session = charge.command, charge.session
        of_command = [command.state, command.limit_reached, command.session_key] if command else []
        of_session = [session.object_key, session.revision, session.closed_by_cdr] if session else []
        of_cdrs: list[Any] = [
            [each.object_key, each.credited_by, each.check_revision, each.retail_revision]
            for each in charge.cdrs
        ]
        content = dump_json([self.state(charge).value, language, of_command, of_session, of_cdrs])
        return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'

    def as_found(self, charge: GatheredCharge) -> JsonObject:
        """Return the charge in the form of find_charges."""
        return charge_json(charge, lambda value: self.cost.pricing_context(value).time_zone, self.cost)

    def __call__(self, charge: GatheredCharge, language: str) -> ChargeView:
        answered, state = self.as_found(charge), self.state(charge)
        session, bill = as_object(answered["session"]), _first(answered["cdrs"])
        so_far = as_object(answered["cost_so_far"])
        shown = session or bill
        command, request = charge.command, _asked(charge)
        party = command.to.split("*") if command and "*" in command.to else ["", ""]
        country_code = str(shown.get("country_code") or party[0])
        party_id = str(shown.get("party_id") or party[1])
        location_id = shown.get("location_id") or request.get("location_id")
        start, end = _times(charge, bill)
        is_open = self._price_is_open(charge, answered)
        return ChargeView(
            id=id_of(charge),
            state=state,
            station=Station(country_code=country_code, party_id=party_id, location_id=str(location_id))
            if location_id and country_code
            else None,
            evse_uid=text_of(shown.get("evse_uid") or request.get("evse_uid")),
            connector_id=text_of(shown.get("connector_id") or request.get("connector_id")),
            started_at=start,
            ended_at=end if state in OVER else None,
            updated_at=charge.session.received_at if charge.session else None,
            kwh=_number(session.get("kwh") if session.get("kwh") is not None else bill.get("total_energy")),
            minutes=round((end - start).total_seconds()) // 60 if start and end and end >= start else None,
            cost=money_of(as_object(answered["net"]).get("currency"), answered["net"]) or _so_far(so_far),
            price=_price(answered.get("retail"), answered["net"]) or _price(so_far.get("retail"), so_far),
            limit=_limit(charge),
            limit_reached=bool(command and command.limit_reached),
            receipt_ready=bool(charge.cdrs) and not is_open,
            reason=_reason(charge, state, language),
        )

    def _price_is_open(self, charge: GatheredCharge, answered: JsonObject) -> bool:
        """Whether check_cdr has not decided yet what this driver pays. Until then the CPO's claim is not
        shown as the price.
        """
        checks = answered["cdrs"]
        if not isinstance(checks, list) or all(as_object(each).get("check") for each in checks):
            return False
        cdr = stored_object(charge.cdrs[0].body, f"CDR {charge.cdrs[0].object_key}")
        began = moment_of(cdr.get("start_date_time"))
        return began is not None and self.cost.plan_of(cdr, began) is not None


def _times(charge: GatheredCharge, bill: JsonObject) -> tuple[datetime | None, datetime | None]:
    """Return when the charge started, and its end or the time of its last push."""
    if charge.session is not None:
        session, seen = current_session(charge.session), Seen.of(charge.session)
        start = start_of(session, seen).latest
        return start, until(session, start, seen) if start else None
    return _moment(bill.get("start_date_time")), _moment(bill.get("end_date_time"))


def _so_far(so_far: JsonObject) -> Money | None:
    by_tariff, by_cpo = as_object(so_far.get("by_tariff")), as_object(so_far.get("by_cpo"))
    found = by_tariff or by_cpo
    return money_of(so_far.get("currency"), found)


def _price(retail: Any, beside: Any) -> Money | None:  # noqa: ANN401
    """Return what the driver pays by a price plan, in the currency of `beside`, or None without a plan."""
    return money_of(as_object(beside).get("currency"), as_object(retail).get("cost"))


_PROBLEMS = {
    CommandState.EVSE_OCCUPIED: Problems.EVSE_OCCUPIED,
    CommandState.EVSE_INOPERATIVE: Problems.EVSE_OUT_OF_ORDER,
}


def _reason(charge: GatheredCharge, state: State, language: str) -> StartFailure | None:
    if state not in (State.FAILED, State.TIMED_OUT) or charge.command is None:
        return None
    refused = _PROBLEMS.get(CommandState(charge.command.state), Problems.CPO_REFUSED)
    problem = Problems.CPO_TIMEOUT if state is State.TIMED_OUT else refused
    return StartFailure(type=problem.type, message=problem.message(language))


def _asked(charge: GatheredCharge) -> JsonObject:
    return stored_object(charge.command.body, "a command") if charge.command else {}


def _limit(charge: GatheredCharge) -> dict[str, float] | None:
    value = parse_json(charge.command.limit) if charge.command and charge.command.limit else None
    return {name: float(str(each)) for name, each in value.items()} if isinstance(value, dict) else None


def _first(value: Any) -> JsonObject:  # noqa: ANN401
    return value[0] if isinstance(value, list) and value else {}


def _number(value: Any) -> float | None:  # noqa: ANN401
    return None if value is None else float(str(value))


def _moment(value: Any) -> datetime | None:  # noqa: ANN401
    return datetime.fromisoformat(str(value)) if value else None
