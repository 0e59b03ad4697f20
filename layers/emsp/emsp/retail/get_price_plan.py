"""Return a price plan at a given time, or list all plans."""

from datetime import UTC, datetime

from emsp.invocation import InvalidInvocation, Moment, Payload, read_payload
from emsp.ocpi.datetimes import canonical_datetime, write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from emsp.retail.plan import PlanId
from emsp.stores.price_plans import PlanVersion, PlanVersions, PricePlans


class GetPricePlanRequest(Payload):
    """The payload of get_price_plan: the plan, and the time at which its version applies (default: now)."""

    plan_id: PlanId
    at: Moment | None = None


class ListPricePlansRequest(Payload):
    """The payload of list_price_plans. It has no fields."""


def get_price_plan(plans: PricePlans, payload: JsonObject, now: datetime) -> JsonObject:
    """Return `{"plan_id", "version", "from", "plan", "later"}`. Raises InvalidInvocation and
    StoreUnavailable.
    """
    request = read_payload(GetPricePlanRequest, payload)
    moment = canonical_datetime(request.at or now)
    version = plans.in_force(request.plan_id, moment)
    if version is None:
        raise InvalidInvocation(unknown_plan(plans, request.plan_id, moment))
    return {
        **_as_json(version),
        "plan": parse_json(plans.text(version)),
        "later": _later(plans, version, moment),
    }


def list_price_plans(plans: PlanVersions, payload: JsonObject, now: datetime) -> JsonObject:
    """Return `{"plans": [{"plan_id", "version", "from", "later"}]}`. Raises InvalidInvocation,
    StoreUnavailable.

    `version` and `from` are null if no version of the plan applies yet.
    """
    read_payload(ListPricePlansRequest, payload)
    moment = canonical_datetime(now)
    found: list[JsonValue] = []
    for plan_id in plans.ids():
        version = plans.in_force(plan_id, moment)
        unversioned: JsonObject = {"plan_id": plan_id, "version": None, "from": None}
        later = _later(plans, version or PlanVersion(plan_id, 0, ""), moment)
        if version is not None or later:
            found.append({**(unversioned if version is None else _as_json(version)), "later": later})
    return {"plans": found}


def unknown_plan(plans: PlanVersions, plan_id: str, moment: str) -> str:
    """Return the message for a plan that has no version at `moment`."""
    first = next(plans.later(plan_id, moment), None)
    if first is not None:
        return f"price plan {plan_id} applies only from {_time(first.valid_from)} on: give a later time"
    return f"there is no price plan {plan_id}: list_price_plans returns the existing ones"


def _later(plans: PlanVersions, version: PlanVersion, moment: str) -> list[JsonValue]:
    return [
        {"version": each.version, "from": _time(each.valid_from)}
        for each in plans.later(version.plan_id, moment)
    ]


def _as_json(version: PlanVersion) -> JsonObject:
    return {"plan_id": version.plan_id, "version": version.version, "from": _time(version.valid_from)}


def _time(canonical: str) -> str:
    return write_datetime(datetime.fromisoformat(canonical).astimezone(UTC))
