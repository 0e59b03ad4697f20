"""Payloads of send_command, as our services would send them."""

from datetime import UTC, datetime, timedelta
from typing import Any


def token(**changes: Any) -> dict[str, Any]:
    return {
        "country_code": "IN",
        "party_id": "EMS",
        "uid": "APP-1",
        "type": "APP_USER",
        "contract_id": "IN-EMS-C1",
        "issuer": "Bijli Drive",
        "valid": True,
        "whitelist": "NEVER",
        "last_updated": "2026-11-22T10:00:00Z",
        **changes,
    }


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def start(location: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "command": "START_SESSION",
        "token": token(),
        "location_id": location["id"],
        "evse_uid": location["evses"][0]["uid"],
        "to": {"country_code": location["country_code"], "party_id": location["party_id"]},
        **changes,
    }


def reserve(location: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "command": "RESERVE_NOW",
        "token": token(),
        "location_id": location["id"],
        "reservation_id": "R-1",
        "expiry_date": in_an_hour(),
        **changes,
    }
