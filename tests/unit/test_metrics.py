"""Counts in CloudWatch's Embedded Metric Format."""

import json

import pytest

from emsp.metrics import Metric, count


@pytest.fixture(autouse=True)
def settings_of_powertools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "my-stack")


def test_a_count_is_one_metric_under_its_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    count(Metric.HUB_ERRORS, 3, error="Unavailable")
    metric = json.loads(capsys.readouterr().out)
    [directive] = metric["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "emsp"
    assert directive["Dimensions"] == [["service", "error"]]
    assert directive["Metrics"] == [{"Name": "HubErrors", "Unit": "Count"}]
    assert (metric["service"], metric["error"], metric["HubErrors"]) == ("my-stack", "Unavailable", [3.0])


def test_one_count_leaves_nothing_behind_for_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    count(Metric.HUB_ERRORS, error="Unavailable")
    count(Metric.HUB_REACHABLE, 0)
    second = json.loads(capsys.readouterr().out.splitlines()[1])
    assert second["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert second["HubReachable"] == [0.0]
    assert not {"error", "HubErrors"} & set(second)
