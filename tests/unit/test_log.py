"""Log lines and metrics: JSON, one a line, and nothing of a payload in them."""

import json

import pytest

from emsp import log


@pytest.fixture(autouse=True)
def nothing_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    log.bind()
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "my-stack")
    monkeypatch.setenv("LOG_LEVEL", "INFO")


def test_an_error_is_told_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            int("the driver's token")
        except ValueError as error:
            raise KeyError("the driver's name") from error
    except KeyError as error:
        log.exception("failed", error, route="/x")
    [line] = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["error"], told["caused_by"], told["route"]) == ("KeyError", "ValueError", "/x")
    assert "driver" not in line
    assert any("test_an_error_is_told_without_its_text" in place for place in told["at"])


def test_bound_fields_are_in_every_line_until_the_next_invocation(capsys: pytest.CaptureFixture[str]) -> None:
    log.bind(request_id="r-1")
    log.info("one", a=1)
    log.bind(request_id="r-2")
    log.warning("two")
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["request_id"], first["a"], first["level"], first["service"]) == (
        "r-1",
        1,
        "INFO",
        "my-stack",
    )
    assert (second["request_id"], second["level"]) == ("r-2", "WARNING")


def test_less_than_the_level_is_not_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    log.debug("no")
    log.info("no")
    log.error("yes")
    assert [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()] == ["yes"]


def test_a_metric_is_emf_for_the_service_and_for_its_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    log.count("RejectedPushes", 3, module="cdrs")
    metric = json.loads(capsys.readouterr().out)
    [directive] = metric["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service"], ["service", "module"]]
    assert directive["Metrics"] == [{"Name": "RejectedPushes", "Unit": "Count"}]
    assert (metric["service"], metric["module"], metric["RejectedPushes"]) == ("my-stack", "cdrs", 3)
