"""POST /charges/{id}/stop."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from emsp.driver_api.charge_answer import ChargeIdInPath, Viewing, answered
from emsp.driver_api.charge_view import ChargeView
from emsp.driver_api.http_api import caller
from emsp.driver_api.stop_charge import StopCharge


def add_stop(resolver: APIGatewayHttpResolver, stop: StopCharge, viewing: Viewing) -> None:
    @resolver.post(
        "/charges/<charge_id>/stop",
        summary="Stop a charge",
        tags=["charges"],
        operation_id="stop_charge",
        status_code=202,
    )
    def stop_charge(charge_id: ChargeIdInPath) -> Response[ChargeView]:
        driver = caller(resolver)
        charge = viewing.own.get(driver, charge_id)
        stop(driver, charge, viewing.view.state(charge), resolver.context["deadline"])
        return answered(resolver, viewing.own.get(driver, charge_id), HTTPStatus.ACCEPTED, viewing)
