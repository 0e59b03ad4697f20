"""`make invoke` and `make env`: what goes to stdout is the answer, or the variables, and nothing else."""

import io
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from tests import invoke
from tests.local_cloud import __main__ as commands
from tests.local_cloud.stack import InvocationFailed
from tests.template.template import REPOSITORY
from tests.unit.local_cloud.test_lifecycle import stack

START = REPOSITORY / "events" / "send_command" / "start_session.json"


class Lambda:
    """A Lambda client that answers one call as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answer: Any) -> None:
        self.client = boto3.client("lambda", region_name="ap-south-1", endpoint_url="http://127.0.0.1:1")
        self.stubber = Stubber(self.client)
        self.answer = answer
        monkeypatch.setattr(boto3, "client", lambda *_, **__: self.client)

    def expects(self, name: str, payload: Any, told: Any = None, **request: Any) -> None:
        text = json.dumps(told).encode()
        answer = {"Payload": StreamingBody(io.BytesIO(text), len(text)), **self.answer}
        expected = {"FunctionName": name, "Payload": json.dumps(payload).encode(), **request}
        self.stubber.add_response("invoke", answer, expected)
        self.stubber.activate()


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A stack that `make up` left running."""
    path = tmp_path / "stack.json"
    up = replace(stack("http://127.0.0.1:4566"), region="ap-south-1", api_url="http://x/?a=1&b='2'")
    replace(up, functions={"send_command": "emsp-send_command"}).save(path)
    for module in (invoke, commands):
        monkeypatch.setattr(module, "STACK_FILE", path)
    return path


@pytest.mark.parametrize(
    ("given", "payload"),
    [
        ([], {}),
        (['{"a": [1.5, "é"]}'], {"a": [1.5, "é"]}),
        ([str(START)], json.loads(START.read_text("utf-8"))),
    ],
)
def test_stdout_has_the_answer_alone(
    local: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: Any, payload: Any
) -> None:
    answer = {"state": "SENT", "name": "é", "timeout": 30}
    Lambda(monkeypatch).expects("emsp-send_command", payload, answer)
    invoke.main(["send_command", *given])
    printed = capsys.readouterr()
    assert json.loads(printed.out) == answer
    assert printed.err == ""


def test_an_error_of_the_function_is_no_answer(
    local: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"errorType": "NotRegistered", "errorMessage": "run register"}
    Lambda(monkeypatch, FunctionError="Unhandled").expects("emsp-send_command", {}, told)
    with pytest.raises(InvocationFailed, match=r"NotRegistered: run register"):
        invoke.main(["send_command"])
    assert capsys.readouterr().out == ""


def test_a_stack_on_aws_is_called_by_its_name_and_need_not_be_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pulled = Lambda(monkeypatch, StatusCode=202)
    pulled.expects("mine-pull_locations", {"mode": "full"}, InvocationType="Event")
    invoke.main(["pull_locations", '{"mode": "full"}', "--stack", "mine", "--no-wait"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["send_comand"], "no function 'send_comand': there are send_command"),
        (["send_command", "events/none.json"], "neither JSON nor a file"),
        (["send_command", "{"], "is not JSON"),
    ],
)
def test_what_can_not_be_called_says_what_to_do(local: Path, arguments: list[str], problem: str) -> None:
    with pytest.raises(invoke.NotInvocable, match=problem):
        invoke.main(arguments)


def test_without_a_stack_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(invoke, "STACK_FILE", tmp_path / "none.json")
    with pytest.raises(invoke.NotInvocable, match="make up"):
        invoke.main(["send_command"])


def test_a_shell_takes_the_variables_also_where_it_joins_the_lines(
    local: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.print_environment()
    printed = capsys.readouterr().out
    script = 'eval $(cat); printf "%s %s %s" "$AWS_ENDPOINT_URL" "$AWS_REGION" "$API_URL${AWS_PROFILE:-}"'
    ran = subprocess.run(
        ["bash", "-euc", script],
        input=printed,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "AWS_PROFILE": "mine"},
    )
    assert ran.stdout == "http://127.0.0.1:4566 ap-south-1 http://x/?a=1&b='2'"


def test_only_the_local_stack_has_its_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(commands, "STACK_FILE", tmp_path / "none.json")
    with pytest.raises(SystemExit, match="make up"):
        commands.print_environment()
