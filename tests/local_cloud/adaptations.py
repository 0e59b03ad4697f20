"""Adapts a copy of the built template to what the local cloud supports. No other file does this.

template.yaml is written for AWS. Each function below changes one thing and says why. When MiniStack supports
it, delete the function; nothing else has to change.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from tests.template.nested import whole

Template = dict[str, Any]

UNKNOWN_TYPES: Final = (
    "AWS::Events::Archive",
    "AWS::Logs::QueryDefinition",
    "AWS::WAFv2::IPSet",
    "AWS::WAFv2::WebACL",  # supported, but its rule names the IPSet
    "AWS::WAFv2::WebACLAssociation",
)
HTTP_API_ID: Final = "emspdrivers"
VERBS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def any_method_is_each_method(template: Template) -> None:
    """MiniStack 1.5.33 treats SAM's `x-amazon-apigateway-any-method` as no method at all, and answers 403."""
    for resource in _of_type(template, "AWS::Serverless::Function"):
        events = resource["Properties"].get("Events", {})
        for name, event in list(events.items()):
            if event["Type"] == "Api" and event["Properties"]["Method"].upper() == "ANY":
                del events[name]
                for verb in VERBS:
                    one = deepcopy(event)
                    one["Properties"]["Method"] = verb
                    events[f"{verb.capitalize()}{name}"] = one


def binary_media_types_have_slashes(template: Template) -> None:
    """CloudFormation requires `*~1*` for `*/*`. MiniStack takes that literally, and passes bodies on
    as text.
    """
    for resource in _of_type(template, "AWS::Serverless::Api"):
        properties = resource["Properties"]
        properties["BinaryMediaTypes"] = [each.replace("~1", "/") for each in properties["BinaryMediaTypes"]]


def cors_is_as_the_api_has_it(template: Template) -> None:
    """MiniStack 1.5.33 stores CorsConfiguration with the names of the template, but reads it as
    `allowOrigins`.
    """
    for resource in _of_type(template, "AWS::ApiGatewayV2::Api"):
        cors = resource["Properties"]["CorsConfiguration"]["Fn::If"]
        cors[1] = {f"{name[0].lower()}{name[1:]}": value for name, value in cors[1].items()}


def http_api_has_a_path(template: Template) -> None:
    """MiniStack serves an HTTP API below its own address, under an id that a tag sets. PublicBaseUrl begins
    with that address. Without its own tag the API would get the id of the REST API, which the tag of the
    stack sets.
    """
    if "DriverHttpApi" not in template["Resources"]:
        return
    cloud = {"Fn::Select": [0, {"Fn::Split": ["/_aws/", {"Ref": "PublicBaseUrl"}]}]}
    url = {"Fn::Join": ["", [cloud, f"/_aws/execute-api/{HTTP_API_ID}/v1"]]}
    template["Resources"]["DriverHttpApi"]["Properties"]["Tags"] = {"ms-custom-id": HTTP_API_ID}
    template["Outputs"]["DriverApiUrl"]["Value"] = url
    function = template["Resources"]["DriverApiFunction"]["Properties"]
    function["Environment"]["Variables"]["DRIVER_API_URL"] = url


def no_webhooks(template: Template) -> None:
    """MiniStack's EventBridge supports connections and API destinations, but its CloudFormation does not.
    tests/e2e/test_webhooks.py creates them from the properties in the template.
    """
    resources = template["Resources"]
    for name in [name for name, each in resources.items() if each.get("Condition") == "HasWebhook"]:
        del resources[name]
    outputs = template["Outputs"]
    for name in [name for name, each in outputs.items() if each.get("Condition") == "HasWebhook"]:
        del outputs[name]


def no_alarms_on_expressions(template: Template) -> None:
    """MiniStack's alarms support one metric each, and refuse `Metrics`."""
    _drop(template, lambda resource: "Metrics" in resource.get("Properties", {}), "AWS::CloudWatch::Alarm")


def no_types_that_are_unknown(template: Template) -> None:
    """MiniStack refuses a whole stack if it has an unsupported type, even with a condition."""
    for kind in UNKNOWN_TYPES:
        _drop(template, lambda _: True, kind)


ADAPTATIONS: Final[tuple[Callable[[Template], None], ...]] = (
    any_method_is_each_method,
    binary_media_types_have_slashes,
    cors_is_as_the_api_has_it,
    http_api_has_a_path,
    no_webhooks,
    no_alarms_on_expressions,
    no_types_that_are_unknown,
)


def adapted(template: Template) -> Template:
    """A copy of a template that the local cloud can deploy."""
    copy = deepcopy(template)
    for adapt in ADAPTATIONS:
        adapt(copy)
    return copy


def adapt_file(built: Path) -> Path:
    """Writes the adapted copy beside the built template, so that relative paths stay valid, and returns its
    path.

    MiniStack does not deploy the content of nested stacks, so this one template includes it.
    """
    beside = built.with_name("local-cloud.json")
    beside.write_text(json.dumps(adapted(whole(built)), indent=1), encoding="utf-8")
    return beside


def _of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    return [resource for resource in template["Resources"].values() if resource["Type"] == kind]


def _drop(template: Template, unwanted: Callable[[dict[str, Any]], bool], kind: str) -> None:
    resources = template["Resources"]
    for name in [name for name, each in resources.items() if each["Type"] == kind and unwanted(each)]:
        del resources[name]
