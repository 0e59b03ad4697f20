"""Sessions and CDRs to push, complete by the specification, and as the Hub's own samples have them."""

from copy import deepcopy
from typing import Any

CPO = ("IN", "CPO")


def session(session_id: str = "S-1", *, at: str = "2026-11-22T10:00:00Z", **changes: Any) -> dict[str, Any]:
    value = {
        "country_code": "IN",
        "party_id": "CPO",
        "id": session_id,
        "start_date_time": "2026-11-22T09:55:00Z",
        "kwh": 1.5,
        "cdr_token": cdr_token(),
        "auth_method": "COMMAND",
        "location_id": "LOC1",
        "evse_uid": "EVSE1",
        "connector_id": "1",
        "currency": "INR",
        "status": "ACTIVE",
        "last_updated": at,
    }
    return without_absent({**value, **changes})


def cdr(cdr_id: str = "C-1", **changes: Any) -> dict[str, Any]:
    value = {
        "country_code": "IN",
        "party_id": "CPO",
        "id": cdr_id,
        "start_date_time": "2026-11-22T09:55:00Z",
        "end_date_time": "2026-11-22T10:40:00Z",
        "session_id": "S-1",
        "cdr_token": cdr_token(),
        "auth_method": "COMMAND",
        "cdr_location": {
            "id": "LOC1",
            "address": "1 MG Road",
            "city": "Bengaluru",
            "postal_code": "560001",
            "country": "IND",
            "coordinates": {"latitude": "12.975600", "longitude": "77.606800"},
            "evse_uid": "EVSE1",
            "evse_id": "IN*CPO*E1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2_COMBO",
            "connector_format": "CABLE",
            "connector_power_type": "DC",
        },
        "currency": "INR",
        "charging_periods": [
            {"start_date_time": "2026-11-22T09:55:00Z", "dimensions": [{"type": "ENERGY", "volume": 12.5}]}
        ],
        "total_cost": {"excl_vat": 250.10, "incl_vat": 295.12},
        "total_energy": 12.5,
        "total_time": 0.75,
        "last_updated": "2026-11-22T10:41:00Z",
    }
    return without_absent({**value, **changes})


def hub_sample_cdr() -> dict[str, Any]:
    """As the Hub's guide has it: no auth_method, no charging_periods, total_time in seconds."""
    return cdr("HUB-SAMPLE", auth_method=None, charging_periods=None, total_time=2700)


def cdr_token(uid: str = "TOKEN1") -> dict[str, Any]:
    return {
        "country_code": "IN",
        "party_id": "EMS",
        "uid": uid,
        "type": "APP_USER",
        "contract_id": "IN-EMS-C00000001",
    }


def period(minute: int, volume: float = 1.0) -> dict[str, Any]:
    return {
        "start_date_time": f"2026-11-22T10:{minute:02}:00Z",
        "dimensions": [{"type": "ENERGY", "volume": volume}],
    }


def without_absent(value: dict[str, Any]) -> dict[str, Any]:
    return {name: deepcopy(member) for name, member in value.items() if member is not None}


def path_of(value: dict[str, Any]) -> str:
    return f"/ocpi/2.2.1/sessions/{value['country_code']}/{value['party_id']}/{value['id']}"
