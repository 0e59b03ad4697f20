"""A Hub of the test's own: a live token beside those that are there, and calls with it."""

import hashlib
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3

from emsp.ocpi.credentials_token_kinds import TokenKind
from tests.inbound_tokens import live_token as a_live_token
from tests.inbound_tokens import store_tokens, stored_tokens
from tests.integration.house import Answer
from tests.local_cloud.stack import Stack


@contextmanager
def live_token(stack: Stack, token: str) -> Iterator[str]:
    """`token` is live until left; a Lambda that is warm already looks for it at its first use."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    issued = {"sha256": digest, "issued_at": "2026-11-22T10:00:00+00:00", "not_after": None}
    _change(stack, lambda tokens: [*tokens, issued])
    try:
        yield token
    finally:
        _change(stack, lambda tokens: [each for each in tokens if each["sha256"] != digest])


def _change(stack: Stack, change: Callable[[list[Any]], list[Any]]) -> None:
    dynamodb, table = boto3.client("dynamodb", **stack.client_settings), stack.tables["control"]
    store_tokens(dynamodb, table, change(stored_tokens(dynamodb, table)))


def push(stack: Stack, token: str, method: str, path: str, body: Any = None) -> Answer:
    """One call as the Hub makes it; `body` is an object, or text or bytes as they are; `path` may be a URL of
    ours.
    """
    base = urlsplit(stack.api_url)
    connection = http.client.HTTPConnection(base.netloc, timeout=60)
    text = None if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    target = urlsplit(path).path if path.startswith("http") else base.path + path
    connection.request(method, target, text, headers)
    answer = connection.getresponse()
    raw = answer.read().decode()
    connection.close()
    return Answer(answer.status, dict(answer.getheaders()), json.loads(raw), raw)


def add_tokens(stack: Stack, kinds: Mapping[str, TokenKind]) -> None:
    """These tokens are valid until somebody ends them."""
    added = [a_live_token(token) | {"kind": kind} for token, kind in kinds.items()]
    _change(stack, lambda tokens: [*tokens, *added])
