"""Who is signed in, what is answered to others, and the form of every refusal."""

import json
import re
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, cast

import boto3
import pytest

from emsp.driver_api.http_api import HttpApi, new_resolver
from emsp.driver_api.me_routes import Me
from emsp.ocpi.parties import PartyId
from emsp.stores.forgotten_tokens import ForgottenTokens
from tests.driver_api.document import document_now
from tests.integration.driver_api.phone import DRIVER, Phone, event
from tests.integration.emsp_side import Emsp
from tests.integration.lambda_context import Context


def uids(phone: Phone) -> list[str]:
    return [each["uid"] for each in phone("GET", "/me").json["tokens"]]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("DRIVER-0001", ["DRIVER-0001"]),
        ("[DRIVER-0001 DRIVER-0002]", ["DRIVER-0001", "DRIVER-0002"]),
        ('["DRIVER-0001", "DRIVER 2"]', ["DRIVER-0001", "DRIVER 2"]),
        ("[DRIVER-0001 DRIVER-0001]", ["DRIVER-0001"]),
        (" DRIVER-0001 ", ["DRIVER-0001"]),
    ],
)
def test_the_claim_is_a_uid_or_a_list_of_them(app: ModuleType, claim: str, expected: list[str]) -> None:
    phone = Phone(app, {"token_uid": claim})
    assert uids(phone) == expected
    assert [each["starts_charges"] for each in phone("GET", "/me").json["tokens"]] == [
        not number for number in range(len(expected))
    ]


@pytest.mark.parametrize(
    "claims",
    [
        None,
        {},
        {"sub": DRIVER},
        {"token_uid": ""},
        {"token_uid": "[]"},
        {"token_uid": "[ ]"},
        {"token_uid": None},
        {"token_uid": "A" * 5000},
        {"token_uid": "A\nB"},
        {"token_uid": "[" + " ".join(f"T{each}" for each in range(21)) + "]"},
        {"token_uid": "[" * 50_000 + "]"},
    ],
)
def test_without_a_uid_nothing_is_told(app: ModuleType, claims: Any) -> None:
    answer = Phone(app, claims)("GET", "/me")
    assert (answer.status, answer.problem) == (403, "no-token")


@pytest.mark.parametrize("asked", [{"query": {"token_uid": "DRIVER-0002"}}, {"token_uid": "DRIVER-0002"}])
def test_nothing_in_a_request_says_who_it_is(phone: Phone, asked: dict[str, Any]) -> None:
    answer = phone("GET", "/me", **asked)
    assert [each["uid"] for each in answer.json["tokens"]] == [DRIVER]


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("", "en"), ("hi", "hi"), ("hi-IN,en;q=0.8", "hi"), ("en-IN,hi;q=0.9", "en"), ("fr, hi;q=0.1", "hi")],
)
def test_the_driver_is_told_in_a_language_of_the_drivers(phone: Phone, wanted: str, language: str) -> None:
    answer = phone("GET", "/nowhere", accept_language=wanted)
    assert (answer.status, answer.problem) == (404, "not-found")
    assert answer.headers["Content-Language"] == language
    assert answer.json["message"] == {"en": "We could not find that.", "hi": "हमें वह नहीं मिला।"}[language]
    assert answer.json["detail"].isascii()


def test_a_forgotten_driver_is_told_so(phone: Phone, emsp: Emsp) -> None:
    forgotten = ForgottenTokens(boto3.client("dynamodb"), "control")
    forgotten.mark(f"IN#EMS#{DRIVER}", "FORGOTTEN-1", datetime.now(UTC))
    assert phone("GET", "/me").json["tokens"][0]["state"] == "FORGOTTEN"


@pytest.mark.parametrize(
    ("raw", "content_type", "problem"),
    [
        ("{", "application/json", "bad-request"),
        ("[" * 15_000, "application/json", "bad-request"),
        ("[1" + "0" * 19_000 + "]", "application/json", "bad-request"),
        ('"\\ud800"', "application/json", "bad-request"),
        ("x" * 20_001, "application/json", "too-large"),
        ("a=1", "application/x-www-form-urlencoded", "unsupported-media-type"),
        ("--x", "multipart/form-data; boundary=x", "unsupported-media-type"),
        ("{}", "application/xml", "unsupported-media-type"),
    ],
)
def test_a_body_is_bounded_before_it_is_read(phone: Phone, raw: str, content_type: str, problem: str) -> None:
    answer = phone("POST", "/me", raw=raw, content_type=content_type)
    assert answer.problem == problem


def test_a_body_that_is_missing_is_a_bad_request_whatever_its_type(phone: Phone) -> None:
    answer = phone("POST", "/charges", content_type="text/plain", idempotency_key="tap-1")
    assert (answer.status, answer.problem) == (400, "bad-request")


def test_the_document_needs_no_sign_in(app: ModuleType) -> None:
    document = Phone(app, None)("GET", "/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert document["security"] == [{"driver": []}]
    for path in document["paths"].values():
        for operation in path.values():
            assert "422" not in operation["responses"]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert document == document_now()


def test_each_reference_of_the_document_is_there() -> None:
    """A generator of clients refuses a document without."""
    document = document_now()
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert named == document["components"]["schemas"].keys()


def test_an_answer_that_is_not_as_its_model_is_a_problem_too() -> None:
    resolver = new_resolver()

    @resolver.get("/me")
    def _() -> Me:
        return cast("Me", {"tokens": "none"})

    api = HttpApi(resolver, lambda _method, _path: None, "token_uid", PartyId("IN", "EMS"))
    answer = api(event("GET", "/me", {"token_uid": DRIVER}), Context(30))
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(answer["body"])["type"] == "urn:problem-type:failed"


def test_the_path_is_that_of_the_route_whatever_domain_it_came_by(app: ModuleType) -> None:
    asked = event("GET", "/me", {"token_uid": DRIVER})
    phone = Phone(app, None)
    assert phone.event({**asked, "rawPath": "/drivers/me"}).status == 200
    assert phone.event({**asked, "rawPath": "/me"}).status == 200
