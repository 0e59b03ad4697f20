"""A second deployment changes what runs: what the API calls moves with every change that concerns it."""

import json
import re
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from tests.template.template import as_list, functions, logical_id, routes, template
from tests.template.transformed import Deployment, main_template, refused, transformed

BEHIND_THE_API = sorted({name for _, _, name in routes()})
MAIN = main_template()
OTHER_VALUES = {
    "OurPartyId": "ABC",
    "OurCountryCode": "DE",
    "AlarmEmail": "none",
    "PublicBaseUrl": "https://ocpi.example.com",
    "GstPercent": "5",
    "CheckTolerance": "0.02",
    "SessionRetentionDays": "60",
    "CdrRetentionDays": "60",
    "CommandRetentionDays": "60",
    "MutualTlsTruststoreUri": "s3://bucket/authorities.pem",
    "HubAddresses": "203.0.113.7/32",
}


def another_value(name: str) -> str:
    parameter = MAIN["Parameters"][name]
    if name in OTHER_VALUES:
        return OTHER_VALUES[name]
    default = str(parameter.get("Default", ""))
    if "AllowedValues" in parameter:
        return next(str(each) for each in parameter["AllowedValues"] if str(each) != default)
    return str(int(default) + 1) if parameter["Type"] == "Number" else f"{default}x"


def with_other_code(resource: str) -> dict[str, Any]:
    packaged = deepcopy(MAIN)
    properties = packaged["Resources"][resource]["Properties"]
    properties["CodeUri" if "CodeUri" in properties else "ContentUri"] = f"s3://bucket/{resource}-2"
    return packaged


LAYERS = ["EmspLayer", "DependenciesArm64Layer"]
MUTUAL_TLS = {"DomainName": "ocpi.example.com", "MutualTlsTruststoreUri": "s3://bucket/authorities.pem"}


@cache
def all_deployed() -> dict[str, dict[str, Any]]:
    """What CloudFormation gets of the first deployment, and of a second one after each kind of change."""
    asked: dict[str, Deployment] = {"nothing": (MAIN, {})}
    asked |= {name: (MAIN, {name: another_value(name)}) for name in MAIN["Parameters"]}
    for resource in (*LAYERS, *map(logical_id, BEHIND_THE_API)):
        asked[resource] = (with_other_code(resource), {})
    for logs in ("ENABLED_WITH_ROLE", "ENABLED", "DISABLED"):
        asked[f"logs {logs}"] = (MAIN, {"ApiAccessLogs": logs})
    for version in ("", "v1", "v2"):
        asked[f"trust store {version}"] = (MAIN, MUTUAL_TLS | {"MutualTlsTruststoreVersion": version})
    return dict(zip(asked, transformed(list(asked.values())), strict=True))


def deployed(change: str = "nothing") -> dict[str, Any]:
    return all_deployed()[change]


def called(resources: dict[str, Any]) -> dict[str, str]:
    """What each function behind the API runs, by its name: itself, or the version that its alias is at."""
    [api] = [each for each in resources.values() if each["Type"] == "AWS::ApiGateway::RestApi"]
    uris = re.findall(r"functions/\$\{(\w+?)(?:\.Arn)?\}/invocations", json.dumps(api))
    found = {}
    for name in set(uris):
        target = resources[name]
        if target["Type"] == "AWS::Lambda::Alias":
            function = target["Properties"]["FunctionName"]["Ref"]
            found[function] = target["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
        else:
            found[name] = json.dumps(target["Properties"], sort_keys=True)
    return found


def moved(change: str) -> set[str]:
    was, now = called(deployed()), called(deployed(change))
    assert was.keys() == now.keys() == {logical_id(name) for name in BEHIND_THE_API}
    return {name for name, what in was.items() if now[name] != what}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_changed_layer_reaches_all_that_the_hub_calls(layer: str) -> None:
    assert moved(layer) == {logical_id(name) for name in BEHIND_THE_API}


@pytest.mark.parametrize("name", BEHIND_THE_API)
def test_a_functions_changed_code_reaches_what_the_hub_calls(name: str) -> None:
    assert moved(logical_id(name)) == {logical_id(name)}


@pytest.mark.parametrize("parameter", sorted(MAIN["Parameters"]))
def test_a_changed_parameter_reaches_what_the_hub_calls(parameter: str) -> None:
    conditions = {name for name, each in MAIN["Conditions"].items() if f'"{parameter}"' in json.dumps(each)}
    of_all = json.dumps(MAIN["Globals"]["Function"])
    concerned = set()
    for name in BEHIND_THE_API:
        written = json.dumps(functions()[name]) + of_all
        if f'"Ref": "{parameter}"' in written or any(f'["{each}"' in written for each in conditions):
            concerned.add(logical_id(name))
    assert moved(parameter) == concerned


def test_the_clock_streams_and_workflows_call_the_functions_themselves_too() -> None:
    kinds = {each["Type"] for each in deployed().values()}
    assert not kinds & {"AWS::Lambda::Version", "AWS::Lambda::Alias"}


def test_the_stack_stays_within_cloudformations_limits() -> None:
    assert len(deployed()) <= 500
    assert len(MAIN["Parameters"]) <= 200
    assert len(MAIN["Outputs"]) <= 200


# ------------------------------------------------------------------------------------------------- the API
def of_kind(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def test_the_api_is_deployed_anew_when_its_own_address_is_closed() -> None:
    """AWS: it takes effect once a setting of a stage changes, such as the stage's deployment."""
    kind = "AWS::ApiGateway::Deployment"
    before, after = of_kind(deployed(), kind), of_kind(deployed("ExecuteApiEndpoint"), kind)
    assert before.keys() != after.keys()
    [stage] = of_kind(deployed("ExecuteApiEndpoint"), "AWS::ApiGateway::Stage").values()
    assert {stage["Properties"]["DeploymentId"]["Ref"]} == after.keys()


def test_a_new_trust_store_under_the_same_address_changes_the_domain() -> None:
    stores = [deployed(f"trust store {version}")["ApiDomain"]["Properties"] for version in ("", "v1", "v2")]
    given = [each["MutualTlsAuthentication"] for each in stores]
    assert [each["TruststoreVersion"] for each in given] == [None, "v1", "v2"]


# ------------------------------------------------------------------------- a first deployment that fails
def test_a_rollback_deletes_no_table_that_is_protected_from_deletion() -> None:
    """DynamoDB would refuse, and the stack would end in ROLLBACK_FAILED."""
    protected = {
        name: each["DeletionPolicy"]
        for name, each in of_kind(deployed(), "AWS::DynamoDB::Table").items()
        if each["Properties"].get("DeletionProtectionEnabled") == "true"
    }
    assert {"SessionsTable", "CdrsTable", "CommandsTable"} <= protected.keys()
    assert set(protected.values()) == {"Retain"}


@pytest.mark.parametrize("logs", ["ENABLED_WITH_ROLE", "ENABLED", "DISABLED"])
def test_nothing_depends_on_what_a_condition_leaves_out(logs: str) -> None:
    made = deployed(f"logs {logs}")
    for name, resource in made.items():
        depends_on = resource.get("DependsOn", [])
        for each in [depends_on] if isinstance(depends_on, str) else depends_on:
            assert each in made, name


def test_api_gateway_has_its_role_before_it_is_given_a_log_group() -> None:
    made = deployed()
    [stage] = of_kind(made, "AWS::ApiGateway::Stage").values()
    group = stage["Properties"]["AccessLogSetting"]["DestinationArn"]["Fn::GetAtt"][0]
    assert made[group]["Metadata"] == {"After": {"Ref": "ApiAccount"}}


def test_no_condition_hangs_on_a_dependency_in_either_template() -> None:
    for name, resource in template()["Resources"].items():
        for each in as_list(resource.get("DependsOn", [])):
            assert "Condition" not in template()["Resources"][each], name


def test_the_runbooks_way_to_a_streams_new_arn_is_no_empty_change() -> None:
    """CloudFormation reads the ARN of a table that it updates, and updates what has changed."""
    for name, table in of_kind(deployed(), "AWS::DynamoDB::Table").items():
        if "DeletionProtectionEnabled" in table["Properties"]:
            assert deployed("DeletionProtection")[name]["Properties"] != table["Properties"]


DOMAIN = {"DomainName": "ocpi.example.com", "DomainCertificateArn": "arn"}


@pytest.mark.parametrize(
    ("parameters", "rules"),
    [
        ({}, []),
        (DOMAIN, []),
        ({"DomainName": "ocpi.example.com"}, ["ADomainHasACertificate"]),
        ({"MutualTlsTruststoreUri": "s3://b/k"}, ["MutualTlsIsAtADomain"]),
        ({"MutualTlsTruststoreUri": "s3://b/k", **DOMAIN}, []),
        ({"ExecuteApiEndpoint": "DISABLED"}, ["TheApiHasAnAddress"]),
        ({"ExecuteApiEndpoint": "DISABLED", **DOMAIN}, []),
        ({"ExecuteApiEndpoint": "DISABLED", "PublicBaseUrl": "https://ocpi.example.com"}, []),
    ],
)
def test_parameters_that_leave_the_api_open_or_out_of_reach_are_refused(
    parameters: dict[str, str], rules: list[str]
) -> None:
    assert refused(MAIN, parameters) == rules


GLOBAL_NAMES = {
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::S3::Bucket": "BucketName",
}
"""What has one name in all regions of an account."""


def test_the_same_stack_fits_into_a_second_region_of_the_account() -> None:
    named = [
        (name, str(each["Properties"][GLOBAL_NAMES[each["Type"]]]))
        for name, each in template()["Resources"].items()
        if GLOBAL_NAMES.get(each["Type"]) in each.get("Properties", {})
    ]
    assert [name for name, _ in named] == ["Dashboard"]
    assert not [name for name, written in named if "AWS::Region" not in written]


def test_a_rule_may_write_to_its_dead_letter_queue() -> None:
    """A rule has no role: EventBridge drops the event if the queue's policy does not allow it."""
    [made] = transformed([(main_template(), {"WebhookUrl": "https://example.com"})])
    made |= {name: each for name, each in template()["Resources"].items() if name.startswith("Webhook")}
    told = {
        target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
        for each in made.values()
        if each["Type"] == "AWS::Events::Rule"
        for target in each["Properties"]["Targets"]
    }
    allowed = {
        queue["Ref"]
        for each in made.values()
        if each["Type"] == "AWS::SQS::QueuePolicy" and "events.amazonaws.com" in json.dumps(each)
        for queue in each["Properties"]["Queues"]
    }
    assert told == {"FailedRunsQueue", "WebhookDeadLetterQueue"}
    assert told <= allowed
