"""Starts MiniStack 1.5.33 with corrections where it differs from AWS. Run this with MiniStack's own
interpreter.

- In MiniStack a Lambda that raises an error answers `Runtime.HandlerError`, and its process ends. On AWS the
  error type is the exception's class, and the next call is warm.
- In MiniStack a task that waits for its token (`lambda:invoke.waitForTaskToken`) keeps waiting if its Lambda
  raises an error. On AWS it fails at once with the exception's class.

Delete a correction when MiniStack no longer needs it. Each correction first checks the code that it changes,
so that a new version of MiniStack fails with a clear message.
"""

from contextvars import ContextVar
from typing import Any, Final

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import lambda_svc, stepfunctions

RAISED: Final = "__raised__"
WRITES_ERROR: Final = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")'
)
WRITES_WHAT_WAS_RAISED: Final = (
    '_real_stdout.write(json.dumps({"status": "ok", "result": {"__raised__": {"errorMessage": str(e), '
    '"errorType": type(e).__name__, "requestId": getattr(context, "aws_request_id", ""), '
    '"stackTrace": traceback.format_tb(e.__traceback__)}}}) + "\\n")'
)

waiting_task: ContextVar[str | None] = ContextVar("waiting_task", default=None)


class MiniStackChanged(Exception):
    """This version of MiniStack is not the one that is corrected here: check each correction again."""


def errors_have_their_class() -> None:
    """Makes the worker's script return an error as a result, which keeps the process alive."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(WRITES_ERROR) != 1:
        raise MiniStackChanged("the worker's script does not write errors in the known way")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(WRITES_ERROR, WRITES_WHAT_WAS_RAISED)
    execute = lambda_svc._execute_function_warm

    def execute_function_warm(func: Any, event: Any, request_id: str) -> Any:
        answer = execute(func, event, request_id)
        body = answer.get("body")
        if not isinstance(body, dict) or body.keys() != {RAISED}:
            return answer
        raised = body[RAISED]
        told = f"[ERROR] {raised['errorType']}: {raised['errorMessage']}\n{''.join(raised['stackTrace'])}"
        log = "\n".join(filter(None, [answer.get("log", ""), told]))
        return {"body": raised, "error": True, "log": log}

    lambda_svc._execute_function_warm = execute_function_warm


def waiting_tasks_fail_with_their_lambda() -> None:
    """Fails the task that waits for a task token if its Lambda raises an error."""
    invoke, call = stepfunctions._invoke_with_callback, stepfunctions._call_lambda

    def invoke_with_callback(resource: str, input_data: Any, token: str, state_def: Any) -> Any:
        waiting_task.set(token)
        try:
            return invoke(resource, input_data, token, state_def)
        finally:
            waiting_task.set(None)

    def call_lambda(func_ref: str, event: Any) -> Any:
        try:
            return call(func_ref, event)
        except stepfunctions._ExecutionError as error:
            task = stepfunctions._task_tokens.get(waiting_task.get())
            if task is not None and not task["event"].is_set():
                task["error"] = {"Error": error.error, "Cause": error.cause}
                task["event"].set()
            raise

    stepfunctions._invoke_with_callback = invoke_with_callback
    stepfunctions._call_lambda = call_lambda


if __name__ == "__main__":
    errors_have_their_class()
    waiting_tasks_fail_with_their_lambda()
    main()
