"""Build the answer with a charge, its ETag and Retry-After."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from emsp.charges.gather_charge import GatheredCharge
from emsp.driver_api.charge_state import POLL_AFTER_S
from emsp.driver_api.charge_view import ViewCharge
from emsp.driver_api.http_api import language_asked
from emsp.driver_api.own_charges import OwnCharges

ChargeIdInPath = Annotated[str, Path(description="The id of a charge", min_length=1, max_length=1500)]


@dataclass(frozen=True)
class Viewing:
    """The use cases that every route of charges uses, and the URL of the API."""

    own: OwnCharges
    view: ViewCharge
    url: str


def answered(
    resolver: APIGatewayHttpResolver, charge: GatheredCharge, status: HTTPStatus, uses: Viewing
) -> Response[Any]:
    """Return the answer with the charge, Retry-After and ETag, or 304 if the app has this version already."""
    language = language_asked(resolver)
    etag = uses.view.etag(charge, language)
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language",
        "Content-Language": language,
    }
    poll = POLL_AFTER_S.get(uses.view.state(charge))
    if poll is not None:
        headers["Retry-After"] = str(poll)
    etags = (resolver.current_event.headers.get("if-none-match") or "").replace("W/", "")
    if status is HTTPStatus.OK and etag in [each.strip() for each in etags.split(",")]:
        return Response(HTTPStatus.NOT_MODIFIED, body="", headers=headers)
    view = uses.view(charge, language)
    if status is HTTPStatus.ACCEPTED:
        headers["Location"] = f"{uses.url}/charges/{view.id}"
    return Response(status, "application/json", view, headers)
