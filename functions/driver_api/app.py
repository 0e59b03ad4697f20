"""Serves the HTTP API for drivers' apps. See docs/driver-api.md."""

from typing import Any

from emsp.deadline import LambdaContext
from emsp.driver_api.build_routes import charge_routes, reservation_routes, station_routes
from emsp.driver_api.charges import add_charges
from emsp.driver_api.http_api import HttpApi, new_resolver
from emsp.driver_api.me import Tokens, add_me
from emsp.driver_api.reservations import add_reservations
from emsp.driver_api.stations import add_stations
from emsp.ocpi.parties import PartyId
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client
from emsp.stores.forgotten_tokens import ForgottenTokens

settings = Settings()
dynamodb = dynamodb_client()
our_party = PartyId(settings.our_country_code, settings.our_party_id)
forgotten = ForgottenTokens(dynamodb, settings.control_table)
charges = charge_routes(settings, forgotten)
stations = station_routes(settings, forgotten)
reservations = reservation_routes(charges)
resolver = new_resolver()
add_me(resolver, Tokens(AuthorizedTokens(dynamodb, settings.control_table), forgotten))
add_charges(resolver, lambda: charges)
add_stations(resolver, lambda: stations)
add_reservations(resolver, lambda: reservations)


@resolver.get("/openapi.json", include_in_schema=False)
def get_openapi() -> dict[str, Any]:
    # Imported here, because its models would slow down each cold start, and only developers' tools need it.
    from emsp.driver_api.openapi import document  # noqa: PLC0415

    return document(resolver, settings.driver_api_url)


api = HttpApi(resolver, settings.driver_api_token_claim, our_party)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api(event, context)
