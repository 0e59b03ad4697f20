"""Decide whether a driver may call the Hub now.

A forgotten driver may not, and neither may a driver who calls too often.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from emsp.driver_api.driver_of_jwt import Driver
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.stores.driver_calls import DriverCalls
from emsp.stores.forgotten_tokens import ForgottenTokens


@dataclass(frozen=True)
class Admission:
    """Checks drivers, so that one phone can't use up the quota that all share. Raises StoreUnavailable."""

    calls: DriverCalls
    forgotten: ForgottenTokens
    per_minute: int
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, driver: Driver) -> None:
        """Raise ProblemFound if the driver may not call the Hub now."""
        if self.forgotten.pseudonym_of(driver.token_keys[0]) is not None:
            raise ProblemFound(Problems.DRIVER_FORGOTTEN, "forget_driver was run for this token")
        now = self.now()
        if not self.calls.count(driver.token_keys[0], self.per_minute, now):
            detail = f"at most {self.per_minute} requests of a driver reach the Hub in a minute"
            raise ProblemFound(Problems.TOO_MANY_REQUESTS, detail, retry_after_s=60 - now.second)
