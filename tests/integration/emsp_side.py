"""An eMSP on moto and a simulated Hub: what the real-time functions need, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emsp.commands.send_command import SendCommand
from emsp.connection import connect_to_hub
from emsp.connection.our_party import OurParty
from emsp.connection.register import Register
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.settings import Settings
from emsp.stores import aws
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.commands import CommandStore
from emsp.stores.credentials_mark import CredentialsMark
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.tokens.complete_token import Issuer
from tests.fresh_aws import fresh_aws
from tests.hub_simulator.simulator import HubSimulator
from tests.schemas.validate import validate_answer
from tests.template.stores import create_tables

OURS = PartyId("IN", "EMS")
ISSUER = Issuer(OURS, "Bijli Drive")
TABLES = ("sessions", "locations", "commands", "control")


@dataclass
class Emsp:
    """Our side: its settings and stores, and its use cases as the functions wire them."""

    environment: dict[str, str]
    hub: HubSimulator

    @property
    def settings(self) -> Settings:
        return Settings(self.environment)

    def register_use_case(self) -> Register:
        return Register(
            us=OurParty(OURS, "Bijli Drive", None),
            hub=self.credentials,
            inbound=self.inbound,
            base_url=self.settings.public_base_url,
            overlap=self.settings.token_overlap,
            allow_http_hub=True,
            connect=self.connect,
            now=lambda: datetime.now(UTC),
        )

    def register(self, **payload: Any) -> JsonObject:
        told = self.register_use_case()(payload, Deadline.after(20))
        validate_answer("register", told)
        return told

    def registered(self) -> "Emsp":
        invitation = self.hub.admin.invite()
        self.register(action="register", versions_url=self.hub.versions_url, token=invitation)
        return self

    @staticmethod
    def connect(connection: HubConnection) -> HubClient:
        return HubClient(connection, OURS)

    @property
    def credentials(self) -> HubCredentialsStore:
        mark = CredentialsMark(aws.dynamodb_client(), self.settings.control_table)
        return HubCredentialsStore(aws.secretsmanager_client(), self.settings.hub_secret_id, mark)

    @property
    def inbound(self) -> InboundTokens:
        return InboundTokens(aws.dynamodb_client(), "control")

    @property
    def commands(self) -> CommandStore:
        return CommandStore(aws.dynamodb_client(), "commands", "control")

    @property
    def expiry(self) -> ExpiryQueue:
        return ExpiryQueue(aws.sqs_client(), self.settings.expire_command_queue_url)

    @property
    def parties(self) -> PartyStore:
        return PartyStore(aws.dynamodb_client(), "control")

    @property
    def tokens(self) -> AuthorizedTokens:
        return AuthorizedTokens(aws.dynamodb_client(), "control")

    @property
    def locations(self) -> OwnerStore:
        return OwnerStore(aws.dynamodb_client(), "locations")

    def send_command_use_case(self, client: HubClient | None = None) -> SendCommand:
        return SendCommand(
            hub=client or connect_to_hub.connect_to_hub(self.settings),
            commands=self.commands,
            expiry=self.expiry,
            sessions=OwnerStore(aws.dynamodb_client(), "sessions"),
            locations=self.locations,
            parties=self.parties,
            tokens=self.tokens,
            issuer=ISSUER,
            public_base_url=self.settings.public_base_url,
        )

    def send_command(self, **payload: Any) -> JsonObject:
        return self.send_command_use_case()(payload, Deadline.after(20))


@contextmanager
def a_hub() -> Iterator[HubSimulator]:
    """A simulated Hub that does not read our versions back: nothing of ours listens here."""
    with HubSimulator(credentials={"verify_versions": False}, locations=12) as simulator:
        yield simulator


@contextmanager
def an_emsp(hub: HubSimulator) -> Iterator[Emsp]:
    """Our side on a fresh moto, not registered yet."""
    with fresh_aws():
        forget_clients()
        create_tables(aws.dynamodb_client(), *TABLES)
        aws.secretsmanager_client().create_secret(Name="hub", SecretString="{}")
        queue = aws.sqs_client().create_queue(QueueName="expire")["QueueUrl"]
        yield Emsp(
            {
                "OUR_COUNTRY_CODE": OURS.country_code,
                "OUR_PARTY_ID": OURS.party_id,
                "HUB_SECRET_ID": "hub",
                "CONTROL_TABLE": "control",
                "QUOTA_AUTHORIZE_PER_MINUTE": "60000",
                "QUOTA_COMMANDS_PER_MINUTE": "60000",
                "ALLOW_HTTP_HUB": "true",
                "PUBLIC_BASE_URL": "https://emsp.example.com",
                "EXPIRE_COMMAND_QUEUE_URL": queue,
            },
            hub,
        )
        forget_clients()


def forget_clients() -> None:
    """A Lambda that starts anew. Clients of AWS stay: they remember nothing, and take long to make."""
    connect_to_hub._clients.clear()
