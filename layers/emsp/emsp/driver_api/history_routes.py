"""The route GET /charges."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AwareDatetime, BaseModel, Field

from emsp.driver_api.charge_view import ChargeView, ViewCharge
from emsp.driver_api.history import History, HistoryEntry
from emsp.driver_api.http_api import caller, language_asked
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.ocpi.json_text import JsonValue
from emsp.stores.charge_indexes import IndexRange

DAYS_LISTED: Final = 90
"""The number of days that are listed without `from`."""
EARLIEST, LATEST = 2000, 2200
KEY_BYTES_AT_MOST: Final = 2048
"""DynamoDB's limit for the key of an item."""


class Charges(BaseModel):
    """A page of the driver's charges, newest first."""

    charges: list[ChargeView]
    next: str | None = Field(None, description="Send it with the next request, with the same from and to")


def add_history(resolver: APIGatewayHttpResolver, history: History, view: ViewCharge) -> None:
    @resolver.get(
        "/charges",
        summary="The driver's charges",
        description="The charges by their start, newest first. Charges that are STARTING are included.",
        tags=["charges"],
        operation_id="list_charges",
    )
    def list_charges(
        from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
        to: Annotated[AwareDatetime | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 25,
        next_: Annotated[str | None, Query(alias="next", max_length=6000)] = None,
    ) -> Charges:
        driver, language = caller(resolver), language_asked(resolver)
        ranges = history.ranges(driver, *_span(from_, to, datetime.now(UTC)))
        after = _read_next(next_, ranges) if next_ is not None else None
        charges, reached = history(driver, ranges, after, limit, resolver.context["deadline"])
        return Charges(
            charges=[view(each, language) for each in charges],
            next=_next(reached) if reached else None,
        )


def _span(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    end = end or (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    if end.year not in range(EARLIEST, LATEST):
        raise _bad("to", f"must be in the years {EARLIEST} to {LATEST}")
    start = start or end - timedelta(days=DAYS_LISTED)
    if start >= end or start.year < EARLIEST:
        raise _bad("from", f"must be before to, and not before {EARLIEST}")
    return start, end


def _bad(field: str, problem: str) -> ProblemFound:
    where: dict[str, JsonValue] = {"path": f"query.{field}", "problem": problem}
    return ProblemFound(Problems.BAD_REQUEST, f"{field}: {problem}", errors=[where])


def _next(reached: HistoryEntry) -> str:
    return base64.urlsafe_b64encode(f"{reached.at} {reached.number} {reached.key}".encode()).decode()


def _read_next(text: str, ranges: Sequence[IndexRange]) -> HistoryEntry:
    """Return the entry in a cursor. It contains no token, so it can't select charges of another driver."""
    try:
        read = base64.b64decode(text, altchars=b"-_", validate=True).decode()
        at, number, key = read.split(" ", 2)
        part = ranges[int(number) if number.isdecimal() else len(ranges)]
        if part.low <= at < part.high and 0 < len(key.encode()) <= KEY_BYTES_AT_MOST:
            return HistoryEntry(at, int(number), key)
    except (ValueError, IndexError):
        pass
    raise _bad("next", "must be what the page before gave, with the same from and to")
