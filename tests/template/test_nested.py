"""What template.yaml nests is read in its place, with what is passed to it."""

from pathlib import Path
from typing import Any

import pytest

from tests.template.nested import NESTED, put_in_place, whole
from tests.template.template import REPOSITORY, template
from tests.template.yaml_file import load

MAIN = load(REPOSITORY / "template.yaml")
NESTED_IN_MAIN = {
    name: load(REPOSITORY / each["Properties"]["TemplateURL"])
    for name, each in MAIN["Resources"].items()
    if each["Type"] == NESTED
}
OPERATIONS = NESTED_IN_MAIN["Operations"]


def test_alarms_dashboard_and_saved_queries_are_in_nested_templates_alone() -> None:
    """In operations.yaml, but for the alarm of what is deployed on demand, which is beside it."""
    kinds = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Logs::QueryDefinition"}
    assert {each["Type"] for each in OPERATIONS["Resources"].values()} == kinds
    assert not kinds & {each["Type"] for each in MAIN["Resources"].values()}
    assert NESTED_IN_MAIN.keys() == {"Operations", "DriverApi", "Webhooks"}


@pytest.mark.parametrize("name", NESTED_IN_MAIN)
def test_a_nested_template_never_names_its_own_stack(name: str) -> None:
    """Within it that would be emsp-Operations-1ABC, whose metrics nobody counts."""
    file = MAIN["Resources"][name]["Properties"]["TemplateURL"]
    assert "AWS::StackName" not in (REPOSITORY / file).read_text(encoding="utf-8")


def test_what_is_nested_on_a_condition_has_it() -> None:
    """As if it stood in template.yaml."""
    for name in ("DriverApi", "Webhooks"):
        condition = MAIN["Resources"][name]["Condition"]
        found = {template()["Resources"][each].get("Condition") for each in NESTED_IN_MAIN[name]["Resources"]}
        assert found == {condition}
    assert template()["Outputs"]["WebhookSecretId"]["Value"] == {"Fn::GetAtt": ["WebhookSecret", "Id"]}


def test_lists_that_are_passed_stay_within_what_a_parameter_may_hold() -> None:
    """4,096 bytes of names, each <stack>-<logical id>-<12 characters>, for the longest stack name."""
    for passed in MAIN["Resources"]["Operations"]["Properties"]["Parameters"].values():
        if "Fn::Join" in passed:
            names = [
                each["Fn::If"][1]["Ref"] if "Fn::If" in each else each["Ref"]
                for each in passed["Fn::Join"][1]
            ]
            assert sum(41 + 1 + len(name) + 1 + 12 + 1 for name in names) <= 4096


def test_all_of_it_is_read() -> None:
    for each in NESTED_IN_MAIN.values():
        assert each["Resources"].keys() < template()["Resources"].keys()
    assert MAIN["Resources"].keys() - template()["Resources"].keys() == NESTED_IN_MAIN.keys()


def test_what_is_passed_stands_where_its_parameter_stood() -> None:
    outer: dict[str, Any] = {"Conditions": {}, "Resources": {}}
    inner = {
        "Parameters": {"Queue": {"Type": "String"}, "Groups": {"Type": "CommaDelimitedList"}},
        "Resources": {
            "Alarm": {
                "Queue": {"Ref": "Queue"},
                "Text": {"Fn::Sub": "${Queue} in ${AWS::Region}"},
                "Groups": {"Ref": "Groups"},
            }
        },
    }
    passed = {
        "Queue": {"Fn::GetAtt": ["Queue", "QueueName"]},
        "Groups": {"Fn::Join": [",", [{"Ref": "One"}, {"Ref": "Two"}]]},
    }
    put_in_place(outer, inner, passed)
    assert outer["Resources"]["Alarm"] == {
        "Queue": {"Fn::GetAtt": ["Queue", "QueueName"]},
        "Text": {"Fn::Sub": "${Queue.QueueName} in ${AWS::Region}"},
        "Groups": [{"Ref": "One"}, {"Ref": "Two"}],
    }


def test_a_parameter_that_is_not_passed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text("Parameters: {Queue: {Type: String}}\nResources: {}\n")
    (tmp_path / "outer.yaml").write_text(
        "Resources: {Inner: {Type: AWS::CloudFormation::Stack, "
        "Properties: {TemplateURL: inner.yaml, Parameters: {}}}}\n"
    )
    with pytest.raises(AssertionError, match="is passed"):
        whole(tmp_path / "outer.yaml")
