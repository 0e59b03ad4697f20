"""What is measured: each function as built, with the event that it meets cold; what they are held against."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.cold_start import events
from tests.benchmarks.cold_start.events import Event
from tests.benchmarks.cold_start.lambda_process import Code, MeasurementFailed
from tests.benchmarks.cold_start.surroundings import Surroundings

HERE = Path(__file__).parent
PUT_ITEM = "bare PutItem (boto3)"
FASTAPI = "FastAPI + Mangum"


@dataclass(frozen=True)
class Subject:
    """`event(n)` is what call n gets; `check` raises MeasurementFailed unless the answer is a success."""

    name: str
    code: Code
    environment: Mapping[str, str]
    event: Callable[[int], Event]
    check: Callable[[Any], None]
    warm: bool = True
    """Whether its warm calls say something: not for what the clock or an operator calls."""


def subjects(surroundings: Surroundings, build: Path, fastapi_packages: Path) -> list[Subject]:
    """All of them, the bare handler first."""
    layers = surroundings.layers(build)
    environment = surroundings.environment("receive_session")
    held_against = [
        Subject("bare handler", Code(HERE / "bare_handler"), {}, lambda _: {}, no_check),
        Subject(
            PUT_ITEM,
            Code(HERE / "bare_dynamodb", layers),
            environment,
            events.session_put,
            enveloped,
        ),
        Subject(
            FASTAPI,
            Code(HERE / "fastapi_receiver", (fastapi_packages,)),
            environment,
            events.session_put,
            enveloped,
        ),
    ]
    own = [
        Subject(
            name,
            Code(build / f"{''.join(part.title() for part in name.split('_'))}Function", layers),
            surroundings.environment(name),
            event,
            check,
            warm=name not in COLD_ONLY,
        )
        for name, (event, check) in own_events(surroundings).items()
    ]
    return held_against + own


def no_check(answer: Any) -> None:
    pass


def enveloped(answer: Any) -> None:
    if answer["statusCode"] not in (200, 201) or json.loads(answer["body"])["status_code"] != 1000:
        raise MeasurementFailed(f"refused: {answer}")


def found(answer: Any) -> None:
    if answer["statusCode"] != 200:
        raise MeasurementFailed(f"refused: {answer}")


def has(name: str) -> Callable[[Any], None]:
    def check(answer: Any) -> None:
        if name not in answer:
            raise MeasurementFailed(f"no {name!r} in the answer: {answer}")

    return check


def is_equal(wanted: Any) -> Callable[[Any], None]:
    def check(answer: Any) -> None:
        if answer != wanted:
            raise MeasurementFailed(f"not {wanted}: {answer}")

    return check


def stream_event(surroundings: Surroundings) -> Event:
    """A session that came new, as Lambda reads it from the table's stream."""
    item = {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in surroundings.session_item.items()
    }
    change = {
        "Keys": {"object_key": item["object_key"]},
        "NewImage": item,
        "SequenceNumber": "111",
        "ApproximateCreationDateTime": 1795305600,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    record = {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": surroundings.session_stream,
        "dynamodb": change,
    }
    return {"Records": [record]}


def own_events(
    surroundings: Surroundings,
) -> dict[str, tuple[Callable[[int], Event], Callable[[Any], None]]]:
    """What each function is called with, and how its answer is judged."""
    command_id = surroundings.command_id
    near = {"latitude": 12.9716, "longitude": 77.5946, "radius_m": 10_000}
    expiry = {"messageId": "1", "body": json.dumps({"command_id": command_id})}
    none_failed = is_equal({"batchItemFailures": []})
    return {
        "versions": (events.versions, enveloped),
        "receive_session": (events.session_put, enveloped),
        "receive_cdr": (events.cdr_post, enveloped),
        "receive_command_result": (lambda _: events.command_result(command_id), enveloped),
        "credentials": (events.credentials, enveloped),
        "authorize_token": (events.authorize, has("allowed")),
        "send_command": (lambda _: events.start_session(surroundings.location), has("command_id")),
        "get_command": (lambda _: {"command_id": command_id}, has("state")),
        "driver_api": (lambda _: events.charge(surroundings.session_item["object_key"]["S"]), found),
        "find_locations": (lambda _: near, has("locations")),
        "publish_changes": (lambda _: stream_event(surroundings), none_failed),
        "link_session": (lambda _: stream_event(surroundings), none_failed),
        "resume_workflow": (lambda _: {"Records": []}, none_failed),
        "expire_command": (lambda _: {"Records": [expiry]}, none_failed),
        "check_hub": (lambda _: {}, no_check),
        "register": (lambda _: {"action": "status"}, no_check),
        "pull_locations": (lambda _: {"mode": "delta"}, no_check),
        "pull_tariffs": (lambda _: {"mode": "delta"}, no_check),
    }


COLD_ONLY = {"check_hub", "register", "pull_locations", "pull_tariffs", "resume_workflow", "expire_command"}
