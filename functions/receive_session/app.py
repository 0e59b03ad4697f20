"""PUT, PATCH, GET /ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}: the Hub pushes a session."""

from emsp.deadline import LambdaContext
from emsp.pushes.keep_rejected import keeping_rejected
from emsp.pushes.rate_limit import PushRate
from emsp.pushes.receive_session import ReceiveSession
from emsp.pushes.remove_forgotten import RemoveForgotten
from emsp.receiver.authentication import Authentication
from emsp.receiver.entry import ApiGatewayAnswer, ApiGatewayEvent, answer_request
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, eventbridge_client, s3_client
from emsp.stores.event_bus import EventBus
from emsp.stores.forgotten_tokens import ForgottenTokens
from emsp.stores.inbound_tokens import InboundTokens
from emsp.stores.rejected import RejectedStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies
from emsp.stores.time_left import begin_invocation

settings = Settings()
tokens = InboundTokens(dynamodb_client(), settings.control_table)
authentication = Authentication(tokens.read)
large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)
rejected = RejectedStore(s3_client, settings.rejected_bucket)
our_party = settings.our_party
remove_forgotten = RemoveForgotten(ForgottenTokens(dynamodb_client(), settings.control_table), our_party)
sessions = ReceiveSession(
    SessionStore(dynamodb_client(), settings.sessions_table, large_bodies, settings.session_kept_for),
    our_party,
    remove_forgotten,
    PushRate(settings.pushes_per_cpo_per_minute),
)


def bus() -> EventBus:
    return EventBus(eventbridge_client(), settings.event_bus_name)


OPERATIONS = {
    "GET": sessions.get,
    "PATCH": keeping_rejected(
        sessions.patch, rejected, "sessions", bus, remove_forgotten=remove_forgotten.rejected
    ),
    "PUT": keeping_rejected(
        sessions.put, rejected, "sessions", bus, remove_forgotten=remove_forgotten.rejected
    ),
}


def handler(event: ApiGatewayEvent, context: LambdaContext) -> ApiGatewayAnswer:
    begin_invocation(context)
    return answer_request(event, authentication, OPERATIONS, settings.optional_public_base_url, our_party)
