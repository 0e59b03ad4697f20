"""The item that holds the hashes of the tokens which let the Hub in."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from emsp.stores import inbound_tokens
from emsp.stores.inbound_tokens import InboundToken, InboundTokens, hash_token, with_new_token
from emsp.stores.table import StoreUnavailable
from emsp.timeouts import TOKEN_ISSUED_S
from tests.fresh_aws import fresh_aws
from tests.template.stores import create_tables

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def tokens() -> Iterator[InboundTokens]:
    with fresh_aws():
        create_tables(boto3.client("dynamodb"), "control")
        yield InboundTokens(boto3.client("dynamodb"), "control")


def test_there_are_none_before_registration(tokens: InboundTokens) -> None:
    assert tokens.read() == ()


def test_what_was_written_is_read_again(tokens: InboundTokens) -> None:
    kept = (
        InboundToken(hash_token("a"), NOW, not_after=NOW + timedelta(hours=24), speaks_for=("IN*ABC",)),
        InboundToken(hash_token("b"), NOW),
    )
    tokens.change(lambda _: kept)
    assert tokens.read() == kept
    tokens.change(lambda _: ())
    assert tokens.read() == ()


def test_a_token_is_given_away_when_each_receiver_accepts_it(
    tokens: InboundTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(inbound_tokens, "TOKEN_ISSUED_S", TOKEN_ISSUED_S)
    monkeypatch.setattr("emsp.stores.inbound_tokens.time.sleep", waited.append)
    tokens.change(lambda _: [InboundToken(hash_token("a"), NOW)])
    assert waited == [TOKEN_ISSUED_S]
    tokens.change(lambda stored: [replace(each, not_after=NOW) for each in stored])
    tokens.change(lambda _: ())
    assert waited == [TOKEN_ISSUED_S]


def test_of_changes_at_once_none_is_lost(tokens: InboundTokens) -> None:
    """Two rotations that meet, one of ours and one of the Hub's: both tokens let the Hub in."""
    meets: list[Any] = [None]

    def ours(stored: Sequence[InboundToken]) -> Sequence[InboundToken]:
        if meets:
            meets.pop()
            tokens.change(lambda known: with_new_token(known, "theirs", NOW, timedelta(hours=24)))
        return with_new_token(stored, "ours", NOW, timedelta(hours=24))

    tokens.change(ours)
    assert {token.sha256 for token in tokens.read()} == {hash_token("ours"), hash_token("theirs")}


def test_many_callers_at_once_agree(tokens: InboundTokens) -> None:
    def add(number: int) -> None:
        tokens.change(lambda known: with_new_token(known, f"token-{number}", NOW, timedelta(hours=24)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))
    assert {token.sha256 for token in tokens.read()} == {hash_token(f"token-{number}") for number in range(4)}


def test_a_race_that_is_lost_again_and_again_is_told(tokens: InboundTokens) -> None:
    def always_late(stored: Sequence[InboundToken]) -> Sequence[InboundToken]:
        tokens.change(lambda known: with_new_token(known, "another", NOW, timedelta(hours=24)))
        return stored

    with pytest.raises(StoreUnavailable, match="other writers changed them"):
        tokens.change(always_late)


@pytest.mark.parametrize("text", ["", "no JSON", "7", "[7]", '[{"sha256": "a"}]', '[{"issued_at": 7}]'])
def test_an_item_that_was_damaged_says_what_to_do(tokens: InboundTokens, text: str) -> None:
    item = {"control_key": {"S": "inbound_tokens"}, "tokens": {"S": text}}
    boto3.client("dynamodb").put_item(TableName="control", Item=item)
    with pytest.raises(StoreUnavailable, match="delete the item and run register again"):
        tokens.read()
