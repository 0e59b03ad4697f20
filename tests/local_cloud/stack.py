"""A deployed stack: its address, its resources, and calls of its functions."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypedDict

import boto3
from botocore.config import Config

CALL_WITHIN = Config(read_timeout=910, retries={"total_max_attempts": 1})


class InvocationFailed(Exception):
    """A function raised an error: `error_type` is its class, `message` its text."""

    def __init__(self, function: str, error_type: str, message: str) -> None:
        super().__init__(f"{function} raised {error_type}: {message}")
        self.error_type = error_type
        self.message = message


def invoke(client: Any, function_name: str, payload: Any) -> Any:
    """Calls a function by its physical name and waits for its answer. Raises InvocationFailed."""
    answer = client.invoke(FunctionName=function_name, Payload=json.dumps(payload).encode())
    result = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        raise InvocationFailed(
            function_name, result.get("errorType", "?"), result.get("errorMessage", str(result))
        )
    return result


class ClientSettings(TypedDict):
    """Keyword arguments for boto3.client."""

    endpoint_url: str
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str


@dataclass(frozen=True)
class Stack:
    """The content of `.local/stack.json`. `functions`, `tables`, ... map the names of the design to physical
    names.
    """

    endpoint_url: str
    region: str
    account_id: str
    access_key_id: str
    secret_access_key: str
    api_url: str
    outputs: dict[str, str]
    functions: dict[str, str]
    tables: dict[str, str]
    buckets: dict[str, str]
    secrets: dict[str, str]
    event_bus: str

    @property
    def client_settings(self) -> ClientSettings:
        """For clients of any service, e.g. `boto3.client("s3", **stack.client_settings)`."""
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": self.region,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
        }

    def invoke(self, function: str, payload: Any) -> Any:
        """Calls a function by its design name and waits for its answer. Raises InvocationFailed."""
        client = boto3.client("lambda", config=CALL_WITHIN, **self.client_settings)
        return invoke(client, self.functions[function], payload)

    def log_lines(self, function: str) -> list[str]:
        """All log lines of a function so far."""
        lambda_ = boto3.client("lambda", **self.client_settings)
        configuration = lambda_.get_function_configuration(FunctionName=self.functions[function])
        logs = boto3.client("logs", **self.client_settings)
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=configuration["LoggingConfig"]["LogGroup"]
        )
        return [event["message"] for page in pages for event in page["events"]]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Stack | None":
        """The stack that a file describes, or None if there is none."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
