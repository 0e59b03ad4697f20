"""Build AuthorizeToken from the settings of a function."""

from emsp.connection.connect_to_hub import connect_to_hub
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.tokens.authorize_token import AuthorizeToken
from emsp.tokens.complete_token import Issuer


def authorize_token_by(settings: Settings) -> AuthorizeToken:
    """Return an AuthorizeToken. This or its call raises NotRegistered and StoreUnavailable."""
    dynamodb = dynamodb_client()
    return AuthorizeToken(
        connect_to_hub(settings, read_later=True),
        OwnerStore(dynamodb, settings.locations_table),
        PartyStore(dynamodb, settings.control_table),
        AuthorizedTokens(dynamodb, settings.control_table),
        Issuer(settings.our_party, settings.our_business_name),
    )
