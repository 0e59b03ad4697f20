"""GET /me: the driver's tokens and their states."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel, Field

from emsp.driver_api.driver_of_jwt import Driver
from emsp.driver_api.http_api import caller
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.forgotten_tokens import ForgottenTokens


class TokenState(StrEnum):
    """The state of a token, as it is known without a call to the Hub."""

    ALLOWED_LATELY = "ALLOWED_LATELY"
    NOT_USED_LATELY = "NOT_USED_LATELY"
    FORGOTTEN = "FORGOTTEN"


class DriversToken(BaseModel):
    """A token of the driver."""

    uid: str
    state: TokenState
    starts_charges: bool = Field(description="Whether POST /charges uses this token")


class Me(BaseModel):
    """The driver who has signed in."""

    tokens: list[DriversToken]


@dataclass(frozen=True)
class Tokens:
    """Looks up the states of a driver's tokens. Raises StoreUnavailable."""

    authorized: AuthorizedTokens
    forgotten: ForgottenTokens
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, driver: Driver) -> Me:
        return Me(
            tokens=[
                DriversToken(uid=uid, state=self._state(driver, uid, key), starts_charges=uid == driver.uid)
                for uid, key in zip(driver.uids, driver.token_keys, strict=True)
            ]
        )

    def _state(self, driver: Driver, uid: str, token_key: str) -> TokenState:
        if self.forgotten.pseudonym_of(token_key) is not None:
            return TokenState.FORGOTTEN
        known = self.authorized.read(driver.our_party, uid, self.now())
        return TokenState.ALLOWED_LATELY if known else TokenState.NOT_USED_LATELY


def add_me(resolver: APIGatewayHttpResolver, tokens: Tokens) -> None:
    @resolver.get("/me", summary="The driver's tokens and their state", tags=["me"], operation_id="get_me")
    def get_me() -> Me:
        return tokens(caller(resolver))
