"""An app that was built with the last version's OpenAPI document goes on with this one's."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.compatibility.kept import OPENAPI, versions
from tests.compatibility.openapi import document_breaks
from tests.driver_api.document import document_now

WHAT_TO_DO = (
    "An app in a driver's pocket fails: add a field, a parameter or a route beside it instead, or serve a "
    "`/v2` beside `/v1`. While 0.1.0 is not released: `make compatibility`."
)


def test_an_app_of_the_last_version_goes_on() -> None:
    before = json.loads((versions()[-1] / OPENAPI).read_text(encoding="utf-8"))
    assert document_breaks(before, document_now()) == [], WHAT_TO_DO


# ------------------------------------------------------------------------------------------ the rule itself
type Change = Callable[[dict[str, Any]], object]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def answer(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}, **more}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "security": [{"driver": []}],
    "paths": {
        "/charges": {
            "post": {
                "operationId": "start_charge",
                "tags": ["charges"],
                "parameters": [
                    {
                        "in": "header",
                        "name": "Idempotency-Key",
                        "required": True,
                        "schema": {"type": "string"},
                    }
                ],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Start")}}},
                "responses": {
                    "202": answer(ref("Charge"), headers={"Location": {"schema": {"type": "string"}}}),
                    "default": answer(ref("Problem")),
                },
            },
            "get": {
                "operationId": "list_charges",
                "parameters": [
                    {
                        "in": "query",
                        "name": "limit",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 100},
                    },
                    {"in": "query", "name": "order", "schema": {"enum": ["UP", "DOWN"], "type": "string"}},
                ],
                "responses": {
                    "200": answer({"type": "array", "items": ref("Charge")}),
                    "default": answer(ref("Problem")),
                },
            },
        },
        "/openapi.json": {"get": {"security": [], "responses": {"200": answer({"type": "object"})}}},
    },
    "components": {
        "schemas": {
            "Start": {
                "type": "object",
                "additionalProperties": False,
                "required": ["evse_uid"],
                "properties": {
                    "evse_uid": {"type": "string", "maxLength": 36},
                    "mode": {"enum": ["NORMAL", "ECO"], "type": "string"},
                    "limit": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
                },
            },
            "Charge": {
                "type": "object",
                "required": ["id", "state"],
                "properties": {
                    "id": {"type": "string"},
                    "state": {"enum": ["CHARGING", "FINISHED"], "type": "string"},
                    "kwh": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                    "cost": {"anyOf": [ref("Money"), {"type": "null"}]},
                    "started_at": {"type": "string", "format": "date-time"},
                },
            },
            "Money": {"type": "object", "properties": {"incl_vat": {"type": "string"}}},
            "Problem": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}]}
                },
            },
        }
    },
}


def route(document: dict[str, Any], method: str = "post", path: str = "/charges") -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method]
    return found


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def fields(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema(document, name)["properties"]
    return found


def query(document: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = route(document, "get")["parameters"][number]
    return found


BREAKING: dict[str, tuple[Change, list[str]]] = {
    "a route is gone": (lambda d: d["paths"]["/charges"].pop("get"), ["GET /charges: gone"]),
    "a path is gone": (lambda d: d["paths"].pop("/openapi.json"), ["GET /openapi.json: gone"]),
    "an operation has another name": (
        lambda d: route(d).update(operationId="start"),
        ["POST /charges operationId"],
    ),
    "an operation stands elsewhere in a generated client": (
        lambda d: route(d).update(tags=["charging"]),
        ["POST /charges tags"],
    ),
    "a model has another name in a generated client": (
        lambda d: (
            d["components"]["schemas"].update(Cost=d["components"]["schemas"].pop("Money")),
            fields(d, "Charge").update(cost={"anyOf": [ref("Cost"), {"type": "null"}]}),
        ),
        ["schema Money: gone"],
    ),
    "a route wants a sign-in": (
        lambda d: route(d, "get", "/openapi.json").update(security=[{"driver": []}]),
        ["GET /openapi.json security"],
    ),
    "a new parameter is required": (
        lambda d: route(d, "get")["parameters"].append({"in": "query", "name": "from", "required": True}),
        ["GET /charges query from: required"],
    ),
    "a parameter becomes required": (
        lambda d: query(d, 0).update(required=True),
        ["GET /charges query limit: required"],
    ),
    "a parameter is gone": (
        lambda d: route(d, "get")["parameters"].pop(0),
        ["GET /charges query limit: gone"],
    ),
    "a parameter takes less": (
        lambda d: query(d, 0)["schema"].update(maximum=50),
        ["GET /charges query limit: maximum"],
    ),
    "a parameter has a value less": (
        lambda d: query(d, 1)["schema"].update(enum=["UP"]),
        ["GET /charges query order: DOWN"],
    ),
    "a parameter has another type": (
        lambda d: query(d, 0).update(schema={"type": "string"}),
        ["GET /charges query limit: integer"],
    ),
    "a new field of the request is required": (
        lambda d: (
            fields(d, "Start").update(connector_id={"type": "string"}),
            schema(d, "Start")["required"].append("connector_id"),
        ),
        ["POST /charges body.connector_id: required or not"],
    ),
    "a field of the request becomes required": (
        lambda d: schema(d, "Start")["required"].append("mode"),
        ["POST /charges body.mode: required or not"],
    ),
    "a field of the request is gone": (
        lambda d: fields(d, "Start").pop("mode"),
        ["POST /charges body.mode: gone"],
    ),
    "a field of the request takes less": (
        lambda d: fields(d, "Start")["evse_uid"].update(maxLength=20),
        ["POST /charges body.evse_uid: maxLength"],
    ),
    "a field of the request has a pattern": (
        lambda d: fields(d, "Start")["evse_uid"].update(pattern="^[A-Z]+$"),
        ["POST /charges body.evse_uid: pattern"],
    ),
    "a value of the request is gone": (
        lambda d: fields(d, "Start")["mode"].update(enum=["NORMAL"]),
        ["POST /charges body.mode: ECO"],
    ),
    "a field of the request may not be null": (
        lambda d: fields(d, "Start").update(limit={"type": "number", "minimum": 0}),
        ["POST /charges body.limit: {'type': 'null'}"],
    ),
    "a field of the request has another type": (
        lambda d: fields(d, "Start").update(evse_uid={"type": "integer"}),
        ["POST /charges body.evse_uid: string"],
    ),
    "the body is of another content type": (
        lambda d: route(d)["requestBody"].update(content={"text/plain": {}}),
        ["POST /charges body application/json: gone"],
    ),
    "a body is required": (
        lambda d: route(d, "get").update(requestBody={"required": True, "content": {}}),
        ["GET /charges body: required"],
    ),
    "a field of the answer is gone": (
        lambda d: fields(d, "Charge").pop("kwh"),
        ["GET /charges 200[].kwh: gone", "POST /charges 202.kwh: gone"],
    ),
    "a field deep in the answer is gone": (
        lambda d: fields(d, "Money").pop("incl_vat"),
        ["GET /charges 200[].cost.incl_vat: gone", "POST /charges 202.cost.incl_vat: gone"],
    ),
    "a field of the answer may be missing": (
        lambda d: schema(d, "Charge").update(required=["id"]),
        ["GET /charges 200[].state: required or not", "POST /charges 202.state: required or not"],
    ),
    "a field of the answer may be null": (
        lambda d: fields(d, "Charge").update(id={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ["GET /charges 200[].id: {'type': 'null'}", "POST /charges 202.id: {'type': 'null'}"],
    ),
    "a field of the answer has another type": (
        lambda d: fields(d, "Charge").update(id={"type": "integer"}),
        ["GET /charges 200[].id: integer", "POST /charges 202.id: integer"],
    ),
    "a field of the answer has another format": (
        lambda d: fields(d, "Charge").update(started_at={"type": "string"}),
        ["GET /charges 200[].started_at: format", "POST /charges 202.started_at: format"],
    ),
    "a field of the answer has another type, or is null": (
        lambda d: (
            fields(d, "Charge").update(kwh={"type": "string"}),
            fields(d, "Charge").update(cost={"type": "null"}),
        ),
        ["GET /charges 200[].kwh: {'type': 'string'}", "POST /charges 202.kwh: {'type': 'string'}"],
    ),
    "a value more in the answer, which a generated client refuses": (
        lambda d: fields(d, "Charge")["state"]["enum"].append("PAUSED"),
        ["GET /charges 200[].state: PAUSED", "POST /charges 202.state: PAUSED"],
    ),
    "an answer is wrapped": (
        lambda d: route(d, "get")["responses"].update({"200": answer(ref("Charge"))}),
        ["GET /charges 200: object"],
    ),
    "an answer has another status": (
        lambda d: route(d)["responses"].update({"201": route(d)["responses"].pop("202")}),
        ["POST /charges 201: new", "POST /charges 202: gone"],
    ),
    "an answer is of another content type": (
        lambda d: route(d)["responses"]["202"].update(content={"text/html": {}}),
        ["POST /charges 202 application/json: gone"],
    ),
    "a header of the answer is gone": (
        lambda d: route(d)["responses"]["202"].pop("headers"),
        ["POST /charges 202 Location: gone"],
    ),
    "problems are no problems any more": (
        lambda d: route(d)["responses"].update({"404": answer({"type": "string"})}),
        ["POST /charges 404: string"],
    ),
    "nothing is said of problems": (
        lambda d: route(d)["responses"].pop("default"),
        ["POST /charges default: gone"],
    ),
}

ADDITIVE: dict[str, Change] = {
    "nothing": lambda d: None,
    "a route": lambda d: d["paths"].update({"/me": copy.deepcopy(d["paths"]["/charges"])}),
    "an optional parameter": lambda d: route(d, "get")["parameters"].append({"in": "query", "name": "from"}),
    "a parameter becomes optional": lambda d: route(d)["parameters"][0].pop("required"),
    "a header in other letters": lambda d: route(d)["parameters"][0].update(name="idempotency-key"),
    "a parameter takes more": lambda d: query(d, 0)["schema"].update(maximum=200),
    "a value more in the request": lambda d: query(d, 1)["schema"]["enum"].append("BOTH"),
    "an optional field of the request": lambda d: fields(d, "Start").update(note={"type": "string"}),
    "a field of the request becomes optional": lambda d: schema(d, "Start").update(required=[]),
    "a field of the request may be null": lambda d: fields(d, "Start").update(
        evse_uid={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "a field of the request takes more": lambda d: fields(d, "Start")["evse_uid"].update(maxLength=300),
    "a field of the request takes any number": lambda d: fields(d, "Start").update(
        limit={"type": ["number", "string", "null"]}
    ),
    "a request may hold what is not known": lambda d: schema(d, "Start").pop("additionalProperties"),
    "a field of the answer": lambda d: (
        fields(d, "Charge").update(minutes={"type": "integer"}),
        schema(d, "Charge")["required"].append("minutes"),
    ),
    "a field of the answer is always there": lambda d: schema(d, "Charge")["required"].append("kwh"),
    "a field of the answer is never null": lambda d: fields(d, "Charge").update(kwh={"type": "number"}),
    "a number of the answer is whole": lambda d: fields(d, "Charge").update(kwh={"type": "integer"}),
    "a value less in the answer": lambda d: fields(d, "Charge")["state"].update(enum=["FINISHED"]),
    "a problem more, as clients are told": lambda d: fields(d, "Problem")["type"]["anyOf"][0]["enum"].append(
        "c"
    ),
    "a status of a problem": lambda d: route(d)["responses"].update({"409": answer(ref("Problem"))}),
    "a content type of an answer": lambda d: route(d)["responses"]["202"]["content"].update(
        {"text/html": {}}
    ),
    "a header of an answer": lambda d: route(d)["responses"]["202"]["headers"].update({"ETag": {}}),
    "a route needs no sign-in": lambda d: route(d, "get").update(security=[]),
    "another description": lambda d: schema(d, "Charge").update(description="said otherwise", title="C"),
}


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return document


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_an_app_is_found(name: str) -> None:
    change, expected = BREAKING[name]
    assert document_breaks(DOCUMENT, changed(change)) == expected


@pytest.mark.parametrize("name", ADDITIVE)
def test_what_is_added_passes(name: str) -> None:
    assert document_breaks(DOCUMENT, changed(ADDITIVE[name])) == []
