"""The events that functions are measured with, as API Gateway and the eMSP's services make them."""

import base64
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

OUR_TOKEN = "benchmark-inbound-token"
START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

Event = Mapping[str, Any]

CDR_TOKEN = {
    "country_code": "IN",
    "party_id": "EMS",
    "uid": "RFID-0001",
    "type": "RFID",
    "contract_id": "IN-EMS-C00000001-1",
}


def http_event(method: str, route: str, parameters: dict[str, str], body: object = None) -> Event:
    """An API Gateway proxy event, as small as they come."""
    path = route.format(**parameters)
    return {
        "resource": route,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Authorization": f"Token {base64.b64encode(OUR_TOKEN.encode()).decode()}",
            "Content-Type": "application/json",
            "Host": "abc123.execute-api.ap-south-1.amazonaws.com",
            "X-Request-ID": "5a1f8c2e-6f3f-4b53-9d0a-8e4f6a0f0001",
            "X-Correlation-ID": "5a1f8c2e-6f3f-4b53-9d0a-8e4f6a0f0002",
        },
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": route,
            "httpMethod": method,
            "path": f"/live{path}",
            "stage": "live",
            "domainName": "abc123.execute-api.ap-south-1.amazonaws.com",
            "identity": {"sourceIp": "203.0.113.7"},
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def versions(_: int) -> Event:
    return http_event("GET", "/ocpi/versions", {})


def credentials(_: int) -> Event:
    return http_event("GET", "/ocpi/2.2.1/credentials", {})


def charging_periods(count: int) -> list[dict[str, Any]]:
    return [
        {
            "start_date_time": text(START + timedelta(minutes=5 * index)),
            "dimensions": [{"type": "ENERGY", "volume": 1.25 + index}, {"type": "POWER", "volume": 28.4}],
            "tariff_id": "TARIFF-1",
        }
        for index in range(count)
    ]


def session(number: int) -> dict[str, Any]:
    return {
        "country_code": "IN",
        "party_id": "CPA",
        "id": f"S-{random.getrandbits(40):010x}-{number}",
        "start_date_time": text(START),
        "kwh": 12.4,
        "cdr_token": CDR_TOKEN,
        "auth_method": "COMMAND",
        "authorization_reference": "AUTH-1",
        "location_id": "LOC-1",
        "evse_uid": "EVSE-1",
        "connector_id": "1",
        "currency": "INR",
        "charging_periods": charging_periods(6),
        "total_cost": {"excl_vat": 210.5, "incl_vat": 248.39},
        "status": "ACTIVE",
        "last_updated": text(START + timedelta(minutes=30)),
    }


def session_put(number: int) -> Event:
    body = session(number)
    route = "/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}"
    parameters = {"country_code": "IN", "party_id": "CPA", "session_id": body["id"]}
    return http_event("PUT", route, parameters, body)


def cdr_post(number: int) -> Event:
    taken_over = (
        "country_code",
        "party_id",
        "cdr_token",
        "auth_method",
        "authorization_reference",
        "currency",
    )
    of_session = session(number)
    body = {name: of_session[name] for name in taken_over} | {
        "id": f"CDR-{of_session['id']}",
        "session_id": of_session["id"],
        "start_date_time": text(START),
        "end_date_time": text(START + timedelta(minutes=30)),
        "cdr_location": {
            "id": "LOC-1",
            "name": "MG Road",
            "address": "MG Road 12",
            "city": "Bengaluru",
            "postal_code": "560001",
            "country": "IND",
            "coordinates": {"latitude": "12.975300", "longitude": "77.605200"},
            "evse_uid": "EVSE-1",
            "evse_id": "IN*CPA*E1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2_COMBO",
            "connector_format": "CABLE",
            "connector_power_type": "DC",
        },
        "tariffs": [
            {
                "country_code": "IN",
                "party_id": "CPA",
                "id": "TARIFF-1",
                "currency": "INR",
                "elements": [
                    {"price_components": [{"type": "ENERGY", "price": 17.0, "vat": 18.0, "step_size": 1}]}
                ],
                "last_updated": text(START),
            }
        ],
        "charging_periods": charging_periods(6),
        "total_cost": {"excl_vat": 210.5, "incl_vat": 248.39},
        "total_energy": 12.4,
        "total_time": 0.5,
        "last_updated": text(START + timedelta(minutes=31)),
    }
    return http_event("POST", "/ocpi/2.2.1/cdrs", {}, body)


def authorize(_: int) -> Event:
    return {"token_uid": "RFID-0001"}


def start_session(location: Mapping[str, Any]) -> Event:
    return {
        "command": "START_SESSION",
        "token": {
            **CDR_TOKEN,
            "issuer": "Example eMSP",
            "valid": True,
            "whitelist": "ALLOWED",
            "last_updated": text(START),
        },
        "location_id": location["id"],
        "to": {"country_code": location["country_code"], "party_id": location["party_id"]},
    }


def charge(session_key: str) -> Event:
    """A driver's app asks how a charge stands: an event of the HTTP API, payload format 2.0."""
    charge_id = "s-" + base64.urlsafe_b64encode(session_key.encode()).decode().rstrip("=")
    route = "GET /{proxy+}"
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": f"/v1/charges/{charge_id}",
        "rawQueryString": "",
        "headers": {"authorization": "Bearer a.b.c", "accept-language": "en"},
        "requestContext": {
            "http": {"method": "GET", "path": f"/v1/charges/{charge_id}"},
            "stage": "v1",
            "routeKey": route,
            "requestId": "r-1",
            "authorizer": {"jwt": {"claims": {"token_uid": CDR_TOKEN["uid"]}, "scopes": None}},
        },
        "pathParameters": {"proxy": f"charges/{charge_id}"},
        "isBase64Encoded": False,
    }


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def command_result(command_id: str) -> Event:
    route = "/ocpi/2.2.1/commands/{command}/{command_id}"
    return http_event(
        "POST", route, {"command": "START_SESSION", "command_id": command_id}, {"result": "ACCEPTED"}
    )
