"""Log lines: JSON, one a line, with the invocation's keys and nothing of a payload in them."""

import ast
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emsp.log import log, masked, new_invocation

# Fields of every record, which logging refuses as keys: with them, a line would be an exception.
TAKEN_BY_LOGGING = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def a_new_invocation() -> Iterator[None]:
    new_invocation()
    yield
    log.setLevel(logging.INFO)


def test_an_error_is_told_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            int("the driver's token")
        except ValueError as error:
            error.add_note("the driver's note")
            raise KeyError("the driver's name") from error
    except KeyError as error:
        error.add_note("the driver's note")
        log.exception("failed", route="/x")
    [line] = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["exception_name"], told["route"], told["level"]) == ("KeyError", "/x", "ERROR")
    assert "driver" not in line
    *places, cause = told["exception"].splitlines()
    assert cause == "caused by ValueError"
    assert any("test_an_error_is_told_without_its_text" in place for place in places)


def test_an_invocations_keys_are_in_each_of_its_lines_and_in_none_of_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    new_invocation(request_id="r-1", correlation_id="c-1")
    log.info("one", a=1)
    new_invocation(request_id="r-2")
    log.warning("two")
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["request_id"], first["correlation_id"], first["a"], first["level"]) == (
        "r-1",
        "c-1",
        1,
        "INFO",
    )
    assert (second["request_id"], second["level"]) == ("r-2", "WARNING")
    assert not {"correlation_id", "a"} & set(second)
    assert first["service"] == second["service"] != ""
    assert first["timestamp"].endswith("+00:00")


def test_the_lines_of_a_processs_first_invocation_say_that_it_began_cold() -> None:
    ours = """
from emsp.log import log, new_invocation
for number in (1, 2):
    new_invocation()
    log.info("begun")
    log.info("ended")
"""
    done = subprocess.run(
        [sys.executable, "-c", ours],
        env={"LOG_LEVEL": "INFO", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("cold_start") for line in told] == [True, True, None, None]


def test_less_than_the_level_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    log.setLevel(logging.WARNING)
    log.debug("no")
    log.info("no")
    log.error("yes")
    assert [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()] == ["yes"]


@pytest.mark.parametrize(
    ("uid", "told"),
    [("0123456789ABCDEF", "…CDEF"), ("DRIVER-0001", "…0001"), ("12345678", "…"), ("1", "…"), ("", "…")],
)
def test_of_a_drivers_token_a_line_tells_no_more_than_its_end(uid: str, told: str) -> None:
    assert masked(uid) == told


def test_no_line_uses_a_key_that_logging_takes_for_itself() -> None:
    """It raises KeyError at run time, and only where the line is written."""
    taken = [
        f"{file.name}:{call.lineno} {keyword.arg}"
        for folder in ("layers/emsp", "functions")
        for file in (REPOSITORY / folder).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log.")
        for keyword in call.keywords
        if keyword.arg in TAKEN_BY_LOGGING - {"exc_info", "stack_info"}
    ]
    assert taken == []


IN_LAMBDA = """
import logging, sys
logging.basicConfig(stream=sys.stdout, level="DEBUG")  # as Lambda's runtime does, with a handler of its own
from emsp.log import log
for level in ("debug", "info", "warning"):
    getattr(log, level)(f"ours at {level}")
logging.getLogger("botocore").debug("a request with its secret")
logging.getLogger("botocore").warning("a library's warning")
"""


@pytest.mark.parametrize(
    ("level", "lambdas", "told"),
    [
        ("DEBUG", "DEBUG", ["debug", "info", "warning"]),
        ("INFO", "INFO", ["info", "warning"]),
        ("WARNING", "INFO", ["warning"]),
        ("ERROR", "INFO", []),
    ],
)
def test_log_level_counts_whatever_level_lambda_sets_and_libraries_tell_no_requests(
    level: str, lambdas: str, told: list[str]
) -> None:
    variables = {"LOG_LEVEL": level, "AWS_LAMBDA_LOG_LEVEL": lambdas, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", IN_LAMBDA], env=variables, capture_output=True, text=True, check=True
    )
    ours = [json.loads(line)["message"] for line in done.stdout.splitlines() if line.startswith("{")]
    assert ours == [f"ours at {each}" for each in told]
    assert "secret" not in done.stdout
    assert ("a library's warning" in done.stdout) == (level != "ERROR")
    assert done.stderr == "", "Powertools warns of no level that does not match"
