"""POST /charges."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from emsp.driver_api.charge_answer import Viewing, answered
from emsp.driver_api.charge_view import ChargeView
from emsp.driver_api.http_api import caller
from emsp.driver_api.start_charge import StartCharge, StartRequest

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A key that the app chooses for each tap. The same key starts a charge once",
    ),
]


def add_start(resolver: APIGatewayHttpResolver, start_charge: StartCharge, viewing: Viewing) -> None:
    @resolver.post(
        "/charges",
        summary="Authorize and start a charge",
        description="If the token is refused, the answer is a problem. A later refusal is a state.",
        tags=["charges"],
        operation_id="start_charge",
        status_code=202,
        response_description="Read the charge at `Location` after `Retry-After` seconds",
    )
    def start(start: StartRequest, idempotency_key: IdempotencyKey) -> Response[ChargeView]:
        driver = caller(resolver)
        record = start_charge(driver, start, idempotency_key, resolver.context["deadline"])
        return answered(resolver, viewing.own.get(driver, record.command_id), HTTPStatus.ACCEPTED, viewing)
