"""Resumes the Step Functions workflows that wait for a command. It reads the stream of commands."""

from typing import Any

from emsp.commands.resume_workflow import ResumeWorkflow
from emsp.deadline import LambdaContext
from emsp.events.stream_batch import each_change
from emsp.log import new_invocation
from emsp.settings import Settings
from emsp.stores.aws import s3_client, stepfunctions_client
from emsp.stores.failed_changes import ParkedRecords
from emsp.stores.table import LargeBodies
from emsp.stores.time_left import begin_invocation
from emsp.stores.workflows import Workflows

resume_workflow = ResumeWorkflow(Workflows(stepfunctions_client()))
unresumed = ParkedRecords(LargeBodies(Settings().large_bodies_bucket, s3_client))


def handler(event: dict[str, Any], context: LambdaContext | None) -> dict[str, Any]:
    new_invocation()
    begin_invocation(context)
    return each_change(event, resume_workflow, unresumed.park)
