"""CDRs, tariffs and plans by few words."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.check_claim import CheckRules, check
from emsp.retail.plan import PricePlan
from emsp.retail.price import PlanInForce
from emsp.retail.price_decision import Decision, decide, plug_of


def component(kind: str, price: Any, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "price": price, "step_size": 1, **fields}


def tariff(*components: dict[str, Any], **fields: Any) -> JsonObject:
    return {
        "country_code": "IN",
        "party_id": "CPO",
        "id": "T1",
        "currency": "INR",
        "elements": [{"price_components": list(components)}],
        "last_updated": "2026-01-01T00:00:00Z",
        **fields,
    }


def cdr(cpo_tariff: JsonObject | None, cost: Any, *periods: dict[str, Any], **fields: Any) -> JsonObject:
    """From 10:00 UTC to 11:00; each of `periods` is volumes by dimension, and may have a `start`."""
    charging: list[Any] = [
        {
            "start_date_time": each.pop("start", "2026-11-22T10:00:00Z"),
            "tariff_id": "T1",
            "dimensions": [{"type": kind, "volume": volume} for kind, volume in each.items()],
        }
        for each in (dict(period) for period in periods)
    ]
    return {
        "country_code": "IN",
        "party_id": "CPO",
        "id": "C1",
        "session_id": "S1",
        "start_date_time": "2026-11-22T10:00:00Z",
        "end_date_time": "2026-11-22T11:00:00Z",
        "currency": "INR",
        "cdr_location": {"id": "LOC1", "country": "IND", "connector_power_type": "DC"},
        "tariffs": [cpo_tariff] if cpo_tariff else [],
        "charging_periods": charging,
        "total_energy": sum(Decimal(str(each.get("ENERGY", 0))) for each in periods),
        "total_cost": {"excl_vat": cost},
        **fields,
    }


def plan(price: dict[str, Any], gst: Any = 18, **fields: Any) -> PlanInForce:
    value = {"id": "P", "currency": "INR", "rules": [{"price": price}], **fields}
    return PlanInForce(PricePlan.model_validate(value), 1, None if gst is None else Fraction(gst))


def decided(
    price: PlanInForce, value: JsonObject, *published: JsonObject, zone: str = "Asia/Kolkata"
) -> Decision:
    found = check(value, (), zone, CheckRules(), published=published)
    return decide(price, plug_of(value, None, None), value, found, zone)
