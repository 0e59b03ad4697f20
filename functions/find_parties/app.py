"""Returns the parties that the Hub connects: `{"country_code"?, "party_id"?, "role"?, "status"?}`."""

from typing import Any

from emsp.connection.find_parties import FindParties
from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.parties import PartyStore

settings = Settings()
find_parties = FindParties(PartyStore(dynamodb_client(), settings.control_table))


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(find_parties(payload_of(event)))
