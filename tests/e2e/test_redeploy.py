"""Deploying over a local cloud that is up: its data stays, and parameters count."""

import boto3

from tests.local_cloud import deployment, server
from tests.local_cloud.stack import Stack


def test_a_redeploy_keeps_data_and_takes_parameters() -> None:
    running = server.start()
    try:
        first = deployment.deploy(running)
        _put(first)
        second = deployment.deploy(
            running, parameters={"SchedulesState": "ENABLED", "CheckHubSchedule": "rate(2 minutes)"}
        )
        assert second.tables == first.tables
        assert second.api_url == first.api_url
        table = boto3.resource("dynamodb", **second.client_settings).Table(second.tables["control"])
        assert table.get_item(Key={"control_key": "kept"})["Item"]["why"] == "a redeploy keeps data"
        assert second.invoke("register", {"action": "status"})["registered"] is False
        scheduler = boto3.client("scheduler", **second.client_settings)
        schedules = [
            scheduler.get_schedule(Name=each["Name"], GroupName=each["GroupName"])
            for each in scheduler.list_schedules()["Schedules"]
        ]
        assert {each["State"] for each in schedules} == {"ENABLED"}
        assert "rate(2 minutes)" in [each["ScheduleExpression"] for each in schedules]
    finally:
        running.stop()


def _put(stack: Stack) -> None:
    table = boto3.resource("dynamodb", **stack.client_settings).Table(stack.tables["control"])
    table.put_item(Item={"control_key": "kept", "why": "a redeploy keeps data"})
