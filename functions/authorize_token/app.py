"""Asks the Hub whether a token may charge: `{"token_uid" or "token", "location_id"?, "evse_uids"?, ...}`."""

from typing import Any

from emsp.connection.connect_to_hub import prepare_for_hub
from emsp.deadline import LambdaContext
from emsp.invocation import answer, deadline_of, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.tokens.build_authorize_token import authorize_token_by

settings = Settings()
prepare_for_hub(settings)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    authorize_token = authorize_token_by(settings)
    return answer(authorize_token(payload_of(event), deadline_of(context)))
