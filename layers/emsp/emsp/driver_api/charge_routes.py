"""The routes GET /charges/{id} and GET /charges/{id}/receipt."""

import re
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from emsp.driver_api.charge_answer import ChargeIdInPath, Viewing, answered
from emsp.driver_api.charge_view import ChargeView
from emsp.driver_api.http_api import caller, language_asked
from emsp.driver_api.receipt import Receipt, as_page, receipt_of

RANGES_AT_MOST: Final = 20

WITH_304: Final[dict[int, Any]] = {
    200: {
        "description": "The charge, with its `ETag`",
        "content": {"application/json": {"model": ChargeView}},
    },
    304: {"description": "Nothing has changed since the `ETag` in `If-None-Match`"},
}

RECEIPT: Final[dict[int, Any]] = {
    200: {
        "description": "The receipt",
        "content": {"application/json": {"model": Receipt}, "text/html": {"schema": {"type": "string"}}},
    },
}


def add_charge(resolver: APIGatewayHttpResolver, uses: Viewing) -> None:
    @resolver.get(
        "/charges/<charge_id>",
        summary="The current state of a charge",
        tags=["charges"],
        operation_id="get_charge",
        responses=WITH_304,
    )
    def get_charge(charge_id: ChargeIdInPath) -> Response[Any]:
        return answered(resolver, uses.own.get(caller(resolver), charge_id), HTTPStatus.OK, uses)

    @resolver.get(
        "/charges/<charge_id>/receipt",
        summary="The receipt, after the CPO has sent its CDR",
        description="The answer is an HTML page if `Accept` prefers text/html.",
        tags=["charges"],
        operation_id="get_receipt",
        responses=RECEIPT,
    )
    def get_receipt(charge_id: ChargeIdInPath) -> Response[Any]:
        charge, language = uses.own.get(caller(resolver), charge_id), language_asked(resolver)
        receipt = receipt_of(uses.view(charge, language), uses.view.as_found(charge))
        headers: dict[str, Any] = {"Vary": "Accept, Accept-Language", "Cache-Control": "private, no-cache"}
        if _prefers_html(resolver.current_event.headers.get("accept") or ""):
            headers["Content-Security-Policy"] = "default-src 'none'"
            page: Any = as_page(receipt, language)
            return Response(HTTPStatus.OK, "text/html; charset=utf-8", page, headers)
        return Response(HTTPStatus.OK, "application/json", receipt, headers)


def _prefers_html(accept: str) -> bool:
    """Whether the client prefers HTML: it has the higher quality value (RFC 9110), or the same and the first
    position.
    """
    liked: dict[str, tuple[float, int]] = {}
    for number, each in enumerate(accept.split(",")[:RANGES_AT_MOST]):
        match = re.fullmatch(r"\s*+([\w/+.*-]{1,100})\s*+(?:;\s*+q=([01](?:\.\d{0,3})?))?\s*+", each)
        if match:
            liked.setdefault(match[1].lower(), (float(match[2] or 1), -number))
    html = liked.get("text/html", (0.0, 0))
    return html[0] > 0 and html > liked.get("application/json", (0.0, 0))
