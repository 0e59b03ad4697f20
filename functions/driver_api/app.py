"""Serves the HTTP API for drivers' apps. See docs/driver-api.md."""

from typing import Any

from emsp.deadline import LambdaContext
from emsp.driver_api.http_api import HttpApi, new_resolver
from emsp.driver_api.route_areas import Area, Areas
from emsp.settings import Settings

settings = Settings()
resolver = new_resolver()
areas = Areas(resolver, settings)
areas.add(Area.ONE_CHARGE)  # Imported during INIT, when the function has the most CPU: most areas need it.


@resolver.get("/openapi.json", include_in_schema=False)
def get_openapi() -> dict[str, Any]:
    # Imported here, because its models would slow down each cold start, and only developers' tools need it.
    from emsp.driver_api.openapi import document  # noqa: PLC0415

    return document(settings.driver_api_url)


api = HttpApi(resolver, areas.of, settings.driver_api_token_claim, settings.our_party)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api(event, context)
