"""POST /ocpi/2.2.1/commands/{command}/{command_id}: the Hub sends a command's result to its response_url."""

from emsp.commands.receive_command_result import ReceiveCommandResult
from emsp.deadline import LambdaContext
from emsp.pushes.keep_rejected import keeping_rejected
from emsp.receiver.authentication import Authentication
from emsp.receiver.entry import ApiGatewayAnswer, ApiGatewayEvent, answer_request
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, eventbridge_client, s3_client
from emsp.stores.commands import CommandStore
from emsp.stores.event_bus import EventBus
from emsp.stores.inbound_tokens import InboundTokens
from emsp.stores.rejected import RejectedStore
from emsp.stores.time_left import begin_invocation

settings = Settings()
tokens = InboundTokens(dynamodb_client(), settings.control_table)
authentication = Authentication(tokens.read)
rejected = RejectedStore(s3_client, settings.rejected_bucket)
our_party = settings.our_party
results = ReceiveCommandResult(CommandStore(dynamodb_client(), settings.commands_table))


def bus() -> EventBus:
    return EventBus(eventbridge_client(), settings.event_bus_name)


OPERATIONS = {"POST": keeping_rejected(results.post, rejected, "commands", bus, unknown_too=True)}


def handler(event: ApiGatewayEvent, context: LambdaContext) -> ApiGatewayAnswer:
    begin_invocation(context)
    return answer_request(event, authentication, OPERATIONS, settings.optional_public_base_url, our_party)
