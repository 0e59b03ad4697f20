"""events/driver_api: what the gateway brings, and how each is answered."""

import json
from types import ModuleType
from typing import Any

from tests.integration.driver_api.phone import Phone
from tests.integration.test_handlers import EVENTS

ANSWERS = {
    "stations": 200,
    "station": 200,
    "estimate": 200,
    "start": 202,
    "start_without_a_key": 400,
    "charges": 200,
    "charge_of_nobody": 404,
    "reserve": 202,
    "me": 200,
    "no_token_uid": 403,
    "document": 200,
}


def test_every_sample_is_answered(
    app: ModuleType, places: list[dict[str, Any]], pulled: list[dict[str, Any]]
) -> None:
    samples = {path.stem: path for path in (EVENTS / "driver_api").glob("*.json")}
    assert samples.keys() == ANSWERS.keys()
    phone = Phone(app, None)
    for name, status in ANSWERS.items():
        answer = phone.event(json.loads(samples[name].read_text(encoding="utf-8")))
        assert answer.status == status, (name, answer.text)
