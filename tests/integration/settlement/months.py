"""A month of CDRs that were pushed and checked, settled and read back as accounts would."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

from tests.integration.charges.test_check_cdr import a_cdr, tariff
from tests.integration.house import House
from tests.integration.lambda_context import Context


def pushed(cdr_id: str, day: str = "2026-10-15", *, cost: float = 250, **changes: Any) -> dict[str, Any]:
    """A CDR of a session of its own, by a tariff of 20 a kWh: 250 is right."""
    fields: dict[str, Any] = {
        "session_id": f"S-{cdr_id}",
        "start_date_time": f"{day}T09:55:00Z",
        "end_date_time": f"{day}T10:40:00Z",
        "charging_periods": [
            {
                "start_date_time": f"{day}T09:55:00Z",
                "dimensions": [{"type": "ENERGY", "volume": 12.5}],
                "tariff_id": "T1",
            }
        ],
        "tariffs": [tariff(20)],
    }
    return a_cdr(cdr_id, cost=cost, **{**fields, **changes})


def credit(of: dict[str, Any], cdr_id: str, **changes: Any) -> dict[str, Any]:
    total = {name: -amount for name, amount in of["total_cost"].items()}
    return {
        **of,
        "id": cdr_id,
        "credit": True,
        "credit_reference_id": of["id"],
        "total_cost": total,
        **changes,
    }


def push(house: House, *cdrs: dict[str, Any], checked: bool = True) -> None:
    for each in cdrs:
        assert house.call("POST", "/ocpi/2.2.1/cdrs", each).status_code == 1000
    if checked:
        days = [each["end_date_time"][:10] for each in cdrs]
        span = {"from": f"{min(days)}T00:00:00Z", "to": f"{max(days)}T23:59:59.999999999Z"}
        house.app("check_cdr").handler(span, Context())


def settle(house: House, month: str = "2026-10", *seconds: float, **more: Any) -> Any:
    answered = house.app("settle").handler({"month": month, **more}, Context(*seconds))
    return json.loads(json.dumps(answered))


def text_of(house: House, key: str) -> str:
    return bytes(house.s3.get_object(Bucket="settlements", Key=key)["Body"].read()).decode()


def rows(house: House, answer: Any, name: str) -> list[dict[str, str]]:
    text = text_of(house, answer["manifest"]["files"][name]["key"])
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def total(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))
