"""Stream of commands -> the workflows that wait for them under a task token."""

from typing import Any

from emsp import log
from emsp.resume_workflow import ResumeWorkflow
from emsp.stores.aws import stepfunctions_client
from emsp.stores.workflows import Workflows
from emsp.stream_batch import each_change

resume_workflow = ResumeWorkflow(Workflows(stepfunctions_client()))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    log.bind()
    return each_change(event, resume_workflow)
