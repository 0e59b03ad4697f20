"""A small client for AWS services that speak JSON over one POST: DynamoDB, Secrets Manager, SQS, EventBridge.

It stands in for boto3's clients where a cold start counts: the same methods, arguments and answers, and
errors with the same `response`, without the time and memory that importing botocore takes (figures in
tests/benchmarks/README.md). It does what boto3 does with standard retries and parameter_validation=False, for
the operations listed in SERVICES. S3 and rare things stay with boto3.
"""

import http.client
import json
import os
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from emsp.stores.sigv4 import Credentials, signed

CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 2.0
ATTEMPTS = 2
AMAZON_ROOTS = os.path.join(os.path.dirname(__file__), "amazon_roots.pem")  # noqa: PTH118, PTH120  # 3 ms less
LONGEST_BACKOFF_S = 1.0
IDLE_CONNECTIONS_AT_MOST = 10

RETRIED_STATUSES = {429, 500, 502, 503, 504}
RETRIED_CODES = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}


@dataclass(frozen=True)
class Service:
    """A service as AWS's API reference has it: the names in its host and signature, and in X-Amz-Target.

    `operations` maps boto3's method names to the API's. `idempotent` are those whose ClientRequestToken makes
    a repeated request one request.
    """

    name: str
    target: str
    json_version: str
    operations: Mapping[str, str]
    idempotent: frozenset[str] = frozenset()


def _operations(*names: str) -> dict[str, str]:
    return {name: "".join(word.title() for word in name.split("_")) for name in names}


SERVICES = {
    "dynamodb": Service(
        "dynamodb",
        "DynamoDB_20120810",
        "1.0",
        _operations(
            "batch_get_item",
            "get_item",
            "put_item",
            "query",
            "transact_write_items",
            "update_item",
        ),
        frozenset({"TransactWriteItems"}),
    ),
    "events": Service("events", "AWSEvents", "1.1", _operations("put_events")),
    "secretsmanager": Service(
        "secretsmanager",
        "secretsmanager",
        "1.1",
        _operations("get_secret_value", "put_secret_value"),
        frozenset({"PutSecretValue"}),
    ),
    "sqs": Service(
        "sqs",
        "AmazonSQS",
        "1.0",
        _operations("delete_message", "receive_message", "send_message"),
    ),
    "states": Service(
        "states", "AWSStepFunctions", "1.0", _operations("send_task_failure", "send_task_success")
    ),
}

# How boto3's variables for another endpoint name these services.
ENDPOINT_VARIABLES = {
    "dynamodb": "AWS_ENDPOINT_URL_DYNAMODB",
    "events": "AWS_ENDPOINT_URL_EVENTBRIDGE",
    "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "sqs": "AWS_ENDPOINT_URL_SQS",
    "states": "AWS_ENDPOINT_URL_SFN",
}


class AwsRefused(Exception):
    """AWS answered with an error.

    `response` is as boto3's ClientError has it: `Error` with `Code` and `Message`, and what the service adds
    beside it (`Item`, `CancellationReasons`).
    """

    def __init__(self, operation: str, http_status: int, response: dict[str, Any]) -> None:
        error = response["Error"]
        super().__init__(
            f"{operation}: AWS answered {error['Code']} (HTTP {http_status}): {error['Message']}"
        )
        self.http_status = http_status
        self.response = response

    @property
    def code(self) -> str:
        return str(self.response["Error"]["Code"])


class AwsUnreachable(Exception):
    """No answer from AWS: no connection, none in time, or one that can't be read."""


class AwsJsonClient:
    """One service in the function's own region. Keeps its connections open; threads may share it."""

    def __init__(self, service: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._service = SERVICES[service]
        self._region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
        url = urlsplit(_endpoint_url(service, self._region))
        self._https = url.scheme == "https"
        self._host, self._netloc = url.hostname or "", url.netloc
        self._port, self._path = url.port, url.path or "/"
        self._now = now
        self._idle: list[http.client.HTTPConnection] = []
        if self._https:
            _trust_amazon()  # read while INIT has a full CPU

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        """`client.get_item(...)` is the operation GetItem."""
        operation = self._service.operations.get(method)
        if operation is None:
            raise AttributeError(
                f"{self._service.name} has no {method} here: add it to SERVICES in aws_json.py"
            )
        return partial(self._call, operation)

    def _call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """The answer, as boto3 would give it. Raises AwsRefused, AwsUnreachable."""
        if operation in self._service.idempotent and "ClientRequestToken" not in parameters:
            parameters["ClientRequestToken"] = os.urandom(16).hex()
        body = json.dumps(parameters, separators=(",", ":"), default=_in_json).encode()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(operation, body)
            except AwsUnreachable:
                if attempt == ATTEMPTS:
                    raise
            except AwsRefused as refused:
                retried = refused.http_status in RETRIED_STATUSES or refused.code in RETRIED_CODES
                if attempt == ATTEMPTS or not retried:
                    raise
            _back_off()
        raise AssertionError("the last attempt returns or raises")

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        try:
            status, raw = self._exchange(self._headers(operation, body), body)
        except (OSError, http.client.HTTPException) as error:
            raise AwsUnreachable(f"{operation}: {type(error).__name__} at {self._netloc}: {error}") from error
        try:
            # Binary attributes are told by their key, and searched for only where one can be.
            answer = json.loads(raw or b"{}", object_hook=_binary if b'"B"' in raw else None)
        except ValueError as error:
            raise AwsUnreachable(f"{operation}: HTTP {status} without JSON from {self._netloc}") from error
        if status == http.client.OK:
            return dict(answer)
        raise AwsRefused(operation, status, _error_response(answer))

    def _headers(self, operation: str, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": f"application/x-amz-json-{self._service.json_version}",
            "host": self._netloc,
            "x-amz-target": f"{self._service.target}.{operation}",
        }
        headers = signed(
            headers,
            body,
            credentials=_credentials(),
            region=self._region,
            service=self._service.name,
            now=self._now(),
            path=self._path,
        )
        trace = os.environ.get("_X_AMZN_TRACE_ID")
        return headers | {"x-amzn-trace-id": trace} if trace else headers

    def _exchange(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Over a connection that is open already, if one is left and still good, else over a new one.

        A Lambda can be frozen for minutes, after which AWS has closed what was open: that costs no attempt.
        """
        open_already = self._taken()
        if open_already:
            with suppress(ConnectionError, ssl.SSLEOFError):
                return self._send(open_already, headers, body)
        return self._send(self._connected(), headers, body)

    def _taken(self) -> http.client.HTTPConnection | None:
        """An open connection that no other thread uses."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _send(
        self, connection: http.client.HTTPConnection, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        try:
            connection.request("POST", self._path, body, dict(headers))
            answer = connection.getresponse()
            raw = answer.read()
        except BaseException:
            connection.close()
            self._idle.clear()  # what broke one has most likely broken all
            raise
        if answer.will_close or len(self._idle) >= IDLE_CONNECTIONS_AT_MOST:
            connection.close()
        else:
            self._idle.append(connection)
        return answer.status, raw

    def _connected(self) -> http.client.HTTPConnection:
        if not self._https:
            return self._opened(None)
        try:
            return self._opened(_trust_amazon())
        except ssl.SSLCertVerificationError:
            if os.environ.get("AWS_CA_BUNDLE"):
                raise
            return self._opened(_trust_all())

    def _opened(self, trust: ssl.SSLContext | None) -> http.client.HTTPConnection:
        connection = (
            http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT_TIMEOUT_S, context=trust)
            if trust
            else http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_TIMEOUT_S)
        )
        connection.connect()
        connection.sock.settimeout(READ_TIMEOUT_S)
        return connection


def _endpoint_url(service: str, region: str) -> str:
    own = os.environ.get(ENDPOINT_VARIABLES[service]) or os.environ.get("AWS_ENDPOINT_URL")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return own or f"https://{service}.{region}.{suffix}"


def _credentials() -> Credentials:
    """From the environment, as Lambda gives them; else (SnapStart) botocore finds and renews them."""
    access_key_id = os.environ.get("AWS_ACCESS_KEY_ID")
    if access_key_id:
        secret = os.environ["AWS_SECRET_ACCESS_KEY"]
        return Credentials(access_key_id, secret, os.environ.get("AWS_SESSION_TOKEN"))
    found = _renewed_credentials()
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


@cache
def _renewed_credentials() -> Any:  # noqa: ANN401  botocore's credentials, which are imported where needed only
    from botocore.session import get_session  # noqa: PLC0415

    found = get_session().get_credentials()
    if found is None:
        raise AwsUnreachable("there are no AWS credentials: give the function a role")
    return found


@cache
def _trust_amazon() -> ssl.SSLContext:
    """Trusts the five roots that AWS's endpoints have: all of the system's 140 take 23 ms more to read."""
    return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or AMAZON_ROOTS)


@cache
def _trust_all() -> ssl.SSLContext:
    """Trusts what the system trusts, should AWS ever have other roots."""
    return ssl.create_default_context()


def _back_off() -> None:
    """Any time up to a second, so that those who were refused together do not come back together."""
    time.sleep(int.from_bytes(os.urandom(2)) / 0xFFFF * LONGEST_BACKOFF_S)


def _in_json(value: object) -> str | float:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} can't be sent to AWS")


def _binary(value: dict[str, Any]) -> dict[str, Any]:
    """`{"B": "<Base64>"}`, DynamoDB's binary attribute, with its bytes; any other object as it is."""
    if len(value) == 1 and isinstance(value.get("B"), str):
        return {"B": b64decode(value["B"])}
    return value


def _error_response(answer: dict[str, Any]) -> dict[str, Any]:
    """`{"__type": "prefix#Code", "message": ..., ...}` in boto3's form."""
    code = str(answer.pop("__type", "")).rpartition("#")[2] or "UnknownError"
    message = answer.pop("message", None) or answer.pop("Message", None) or ""
    return {"Error": {"Code": code, "Message": message}, **answer}
