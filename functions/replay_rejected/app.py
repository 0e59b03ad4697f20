"""Replays rejected pushes by the present rules: {"key": ...}, {"module": ...} or {"all": true}."""

from collections import Counter
from dataclasses import asdict, replace
from typing import Any

from emsp.commands.receive_command_result import ReceiveCommandResult
from emsp.deadline import Deadline, LambdaContext
from emsp.invocation import invocation_handler, payload_of
from emsp.log import log
from emsp.pushes.receive_cdr import ReceiveCdr
from emsp.pushes.receive_session import ReceiveSession
from emsp.pushes.remove_forgotten import RemoveForgotten
from emsp.pushes.replay_rejected import ReplayOutcome, ReplayRejected
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.commands import CommandStore
from emsp.stores.forgotten_tokens import ForgottenTokens
from emsp.stores.rejected import RejectedStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies

SECONDS_TO_END = 30
OUTCOMES_AT_MOST = 2_000
REASON_CHARACTERS_AT_MOST = 1_000
"""The largest number of characters of a reason, because Lambda's limit for an answer is 6 MB."""

settings = Settings()
our_party = settings.our_party
large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)
session_store = SessionStore(
    dynamodb_client(), settings.sessions_table, large_bodies, settings.session_kept_for
)
cdr_store = CdrStore(dynamodb_client(), settings.cdrs_table, large_bodies, settings.cdr_kept_for)
remove_forgotten = RemoveForgotten(ForgottenTokens(dynamodb_client(), settings.control_table), our_party)
sessions = ReceiveSession(session_store, our_party, remove_forgotten)
cdrs = ReceiveCdr(cdr_store, session_store, our_party, remove_forgotten)
commands = ReceiveCommandResult(CommandStore(dynamodb_client(), settings.commands_table))
rejected = ReplayRejected(
    RejectedStore(s3_client, settings.rejected_bucket),
    {
        "sessions": {"PUT": sessions.put, "PATCH": sessions.patch},
        "cdrs": {"POST": cdrs.post},
        "commands": {"POST": commands.post},
    },
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    """Return `{"accepted": n, "rejected": n, "dismissed": n, "failed": n, "complete": bool, "next",
    "outcomes"}`.

    An outcome is `{"key", "object_id", "outcome", "reason"}`. If `next` is not null, pass it to the next
    call.
    """
    outcomes: list[ReplayOutcome] = []
    request = payload_of(event)
    done, complete = request.get("next"), False
    for key in rejected.keys(request):
        if len(outcomes) == OUTCOMES_AT_MOST or Deadline.of_invocation(context).remaining() < SECONDS_TO_END:
            break
        outcomes.append(rejected.replay(key))
        done = key
    else:
        complete = True
    counts = Counter(outcome.outcome for outcome in outcomes)
    log.info("replayed rejected pushes", counts=dict(counts))
    return {
        **{name: counts[name] for name in ("accepted", "rejected", "dismissed", "failed")},
        "complete": complete,
        "next": None if complete else done,
        "outcomes": [
            asdict(replace(outcome, reason=outcome.reason[:REASON_CHARACTERS_AT_MOST]))
            for outcome in outcomes
        ],
    }
