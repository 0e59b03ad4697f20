"""The routes of charges: start, list, get, stop, receipt."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from emsp.charges.find_charges import FindCharges
from emsp.charges.gather_charge import GatheredCharge
from emsp.deadline import Deadline
from emsp.driver_api.charge_view import ChargeView, ViewCharge
from emsp.driver_api.http_api import caller
from emsp.driver_api.own_charges import OwnCharges
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.driver_api.receipt import Receipt, as_page, receipt_of
from emsp.driver_api.signed_in import Driver
from emsp.driver_api.start_charge import StartCharge, StartRequest
from emsp.driver_api.states import POLL_AFTER_S
from emsp.driver_api.stop_charge import StopCharge
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json

DAYS_LISTED: Final = 90
"""How many days are listed without `from`."""
UNLINKED_AT_MOST: Final = 50
RANGES_AT_MOST: Final = 20
EARLIEST, LATEST = 2000, 2200

WITH_304: Final[dict[int, Any]] = {
    200: {
        "description": "The charge, with its `ETag`",
        "content": {"application/json": {"model": ChargeView}},
    },
    304: {"description": "Nothing is new since the `ETag` in `If-None-Match`"},
}

RECEIPT: Final[dict[int, Any]] = {
    200: {
        "description": "The receipt",
        "content": {"application/json": {"model": Receipt}, "text/html": {"schema": {"type": "string"}}},
    },
}

ChargeIdInPath = Annotated[str, Path(description="The id of a charge", min_length=1, max_length=1500)]


class Charges(BaseModel):
    """A page of the driver's charges, the oldest first."""

    charges: list[ChargeView]
    next: str | None = Field(None, description="Goes into the next call, with the same from and to")


@dataclass(frozen=True)
class Page:
    """The requested part of the history."""

    start: datetime
    end: datetime
    limit: int
    after: str | None


@dataclass(frozen=True)
class ChargeRoutes:
    """What the routes of charges use."""

    start: StartCharge
    stop: StopCharge
    own: OwnCharges
    view: ViewCharge
    find: FindCharges
    url: str
    now: Callable[[], datetime]

    def listed(
        self,
        driver: Driver,
        language: str,
        page: "Page",
        deadline: Deadline,
    ) -> Charges:
        """Return a page of charges, token by token. Charges without a session are on the first page."""
        number, cursor = _read_next(page.after, len(driver.uids))
        found: list[ChargeView] = []
        if page.after is None:
            records = self.own.unlinked(driver, page.start, page.end)[:UNLINKED_AT_MOST]
            found = [self.view(GatheredCharge(command=record), language) for record in records]

        def own_view(charge: GatheredCharge, *_: object) -> JsonObject | None:
            part = self.own.own_part(driver, charge)
            view = parse_json(self.view(part, language).model_dump_json()) if part else None
            return view if isinstance(view, dict) else None

        answer = replace(self.find, as_json=own_view)(
            {
                "token_uid": driver.uids[number],
                "from": page.start.isoformat(),
                "to": page.end.isoformat(),
                "limit": page.limit,
                "next": cursor,
            },
            deadline,
        )
        found += TypeAdapter(list[ChargeView]).validate_python(answer["charges"])
        if answer["next"] is not None:
            return Charges(charges=found, next=_next(number, str(answer["next"])))
        more = number + 1 < len(driver.uids)
        return Charges(charges=found, next=_next(number + 1, "") if more else None)


def add_charges(  # noqa: C901  # all routes of charges
    resolver: APIGatewayHttpResolver, routes: Callable[[], ChargeRoutes]
) -> None:
    def language() -> str:
        return str(resolver.context["language"])

    def answered(charge: GatheredCharge, status: HTTPStatus, uses: ChargeRoutes) -> Response[Any]:
        """Return the answer with the view, Retry-After and ETag."""
        etag = uses.view.etag(charge, language())
        headers = {
            "ETag": etag,
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Language",
            "Content-Language": language(),
        }
        poll = POLL_AFTER_S.get(uses.view.state(charge))
        if poll is not None:
            headers["Retry-After"] = str(poll)
        asked = (resolver.current_event.headers.get("if-none-match") or "").replace("W/", "")
        if status is HTTPStatus.OK and etag in [each.strip() for each in asked.split(",")]:
            return Response(HTTPStatus.NOT_MODIFIED, body="", headers=headers)
        view = uses.view(charge, language())
        if status is HTTPStatus.ACCEPTED:
            headers["Location"] = f"{uses.url}/charges/{view.id}"
        return Response(status, "application/json", view, headers)

    @resolver.post(
        "/charges",
        summary="Authorize and start a charge",
        description="What the authorization refuses is the answer; what comes later is a state.",
        tags=["charges"],
        operation_id="start_charge",
        status_code=202,
        response_description="Look at `Location` after `Retry-After` seconds",
    )
    def start_charge(
        start: StartRequest,
        idempotency_key: Annotated[
            str,
            Header(
                alias="Idempotency-Key",
                min_length=1,
                max_length=200,
                description="Chosen by the app for one tap: with the same key a charge is started once",
            ),
        ],
    ) -> Response[ChargeView]:
        driver, uses = caller(resolver), routes()
        record = uses.start(driver, start, idempotency_key, resolver.context["deadline"])
        return answered(uses.own.get(driver, record.command_id), HTTPStatus.ACCEPTED, uses)

    @resolver.get(
        "/charges",
        summary="The driver's charges",
        description="By when they began; those that are STARTING too.",
        tags=["charges"],
        operation_id="list_charges",
    )
    def list_charges(
        from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
        to: Annotated[AwareDatetime | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 25,
        next_: Annotated[str | None, Query(alias="next", max_length=6000)] = None,
    ) -> Charges:
        uses = routes()
        end = to or (uses.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        if end.year not in range(EARLIEST, LATEST):
            raise _bad("to", f"must be in the years {EARLIEST} to {LATEST}")
        start = from_ or end - timedelta(days=DAYS_LISTED)
        if start >= end or start.year < EARLIEST:
            raise _bad("from", f"must be before to, and not before {EARLIEST}")
        page = Page(start, end, limit, next_)
        return uses.listed(caller(resolver), language(), page, resolver.context["deadline"])

    @resolver.get(
        "/charges/<charge_id>",
        summary="A charge as it stands",
        tags=["charges"],
        operation_id="get_charge",
        responses=WITH_304,
    )
    def get_charge(charge_id: ChargeIdInPath) -> Response[Any]:
        uses = routes()
        return answered(uses.own.get(caller(resolver), charge_id), HTTPStatus.OK, uses)

    @resolver.post(
        "/charges/<charge_id>/stop",
        summary="Stop a charge",
        tags=["charges"],
        operation_id="stop_charge",
        status_code=202,
    )
    def stop_charge(charge_id: ChargeIdInPath) -> Response[ChargeView]:
        driver, uses = caller(resolver), routes()
        charge = uses.own.get(driver, charge_id)
        uses.stop(driver, charge, uses.view.state(charge), resolver.context["deadline"])
        return answered(uses.own.get(driver, charge_id), HTTPStatus.ACCEPTED, uses)

    @resolver.get(
        "/charges/<charge_id>/receipt",
        summary="The receipt, once the CPO has sent its CDR",
        description="As a page where `Accept` prefers text/html.",
        tags=["charges"],
        operation_id="get_receipt",
        responses=RECEIPT,
    )
    def get_receipt(charge_id: ChargeIdInPath) -> Response[Any]:
        uses = routes()
        charge = uses.own.get(caller(resolver), charge_id)
        receipt = receipt_of(uses.view(charge, language()), uses.view.as_found(charge))
        headers: dict[str, Any] = {"Vary": "Accept, Accept-Language", "Cache-Control": "private, no-cache"}
        if _prefers_html(resolver.current_event.headers.get("accept") or ""):
            headers["Content-Security-Policy"] = "default-src 'none'"
            page: Any = as_page(receipt, language())
            return Response(HTTPStatus.OK, "text/html; charset=utf-8", page, headers)
        return Response(HTTPStatus.OK, "application/json", receipt, headers)


def _prefers_html(accept: str) -> bool:
    """Whether HTML has the higher quality value (RFC 9110), or the same value and the first position."""
    liked: dict[str, tuple[float, int]] = {}
    for number, each in enumerate(accept.split(",")[:RANGES_AT_MOST]):
        match = re.fullmatch(r"\s*+([\w/+.*-]{1,100})\s*+(?:;\s*+q=([01](?:\.\d{0,3})?))?\s*+", each)
        if match:
            liked.setdefault(match[1].lower(), (float(match[2] or 1), -number))
    html = liked.get("text/html", (0.0, 0))
    return html[0] > 0 and html > liked.get("application/json", (0.0, 0))


def _bad(field: str, problem: str) -> ProblemFound:
    where: dict[str, JsonValue] = {"path": f"query.{field}", "problem": problem}
    return ProblemFound(Problems.BAD_REQUEST, f"{field}: {problem}", errors=[where])


def _next(number: int, cursor: str) -> str:
    return base64.urlsafe_b64encode(f"{number}.{cursor}".encode()).decode()


def _read_next(text: str | None, tokens: int) -> tuple[int, str | None]:
    if text is None:
        return 0, None
    try:
        number, _, cursor = base64.b64decode(text, altchars=b"-_", validate=True).decode().partition(".")
    except ValueError:
        raise _bad("next", "must be what the page before gave") from None
    if not (number.isascii() and number.isdecimal() and len(number) < 4 and int(number) < tokens):
        raise _bad("next", "must be what the page before gave")
    return int(number), cursor or None
