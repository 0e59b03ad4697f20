"""Links sessions to the commands that they came from. It reads the stream of sessions."""

from typing import Any

from emsp.commands.link_session import LinkSession
from emsp.deadline import LambdaContext
from emsp.events.stream_batch import each_change
from emsp.log import new_invocation
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.commands import CommandStore
from emsp.stores.expires_at import longer_than_all
from emsp.stores.failed_changes import ParkedRecords
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies
from emsp.stores.time_left import begin_invocation

settings = Settings()
large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)
kept_for = longer_than_all(settings.session_kept_for, settings.cdr_kept_for, settings.command_kept_for)
link_session = LinkSession(
    SessionStore(dynamodb_client(), settings.sessions_table, large_bodies),
    CommandStore(dynamodb_client(), settings.commands_table, kept_for=kept_for),
    LimitedCommands(dynamodb_client(), settings.commands_table),
)
unlinked = ParkedRecords(large_bodies)


def handler(event: dict[str, Any], context: LambdaContext | None) -> dict[str, Any]:
    new_invocation()
    begin_invocation(context)
    return each_change(event, link_session, unlinked.park)
