"""Build SendCommand from the settings of a function."""

from emsp.commands.send_command import SendCommand
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client, sqs_client
from emsp.stores.commands import CommandStore
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.tokens.complete_token import Issuer


def send_command_by(settings: Settings) -> SendCommand:
    """Return a SendCommand. Raises NotRegistered and StoreUnavailable."""
    dynamodb = dynamodb_client()
    return SendCommand(
        hub=connect_to_hub(settings),
        commands=CommandStore(
            dynamodb, settings.commands_table, settings.control_table, settings.command_kept_for
        ),
        expiry=ExpiryQueue(sqs_client(), settings.expire_command_queue_url),
        sessions=OwnerStore(dynamodb, settings.sessions_table),
        locations=OwnerStore(dynamodb, settings.locations_table),
        parties=PartyStore(dynamodb, settings.control_table),
        tokens=AuthorizedTokens(dynamodb, settings.control_table),
        issuer=Issuer(settings.our_party, settings.our_business_name),
        public_base_url=settings.public_base_url,
    )
