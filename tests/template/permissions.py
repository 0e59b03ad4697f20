"""docs/permissions.md: who may do what, made from template.yaml by `make permissions`."""

import re
from typing import Any, Final

from tests.template.template import (
    REPOSITORY,
    as_list,
    design_name,
    functions,
    resources,
    statements,
    template,
)

PAGE: Final = REPOSITORY / "docs" / "permissions.md"
HEAD: Final = """# Who may do what

This page is for whoever reviews the security of the AWS account. It lists what each function may do, and who
may invoke it. `make permissions` generates it from `template.yaml`, and a test checks that it is up to date.

Each function has its own role. The role may also write to the function's log group, and to X-Ray (`*`, as AWS
requires).

[Security](security.md#which-token-may-call-which-route) lists which token may call which route of the API.
"""
BUT: Final = ("logs:", "xray:")


def page() -> str:
    """The page as it should be."""
    parts = [HEAD, "## Functions\n\n| function | may | on |", "| --- | --- | --- |"]
    for name, function in sorted(functions().items()):
        parts += _rows(f"`{name}`", _with_destination(function))
    parts += ["\n## State machine\n\n| who | may | on |", "| --- | --- | --- |"]
    for name, machine in resources("AWS::Serverless::StateMachine").items():
        documents = machine["Properties"]["Policies"]
        parts += _rows(f"`{name}`", [each for document in documents for each in document["Statement"]])
    parts += ["\n## Who may invoke a function\n\n| function | invoked by |", "| --- | --- |"]
    for name, function in sorted(functions().items()):
        parts.append(f"| `{name}` | {_callers(name, function)} |")
    parts.append(
        "\n## Buckets\n\nNo bucket allows public access. Each refuses requests without TLS (`RequireTls`).\n"
    )
    return "\n".join(parts)


def _with_destination(function: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements, with the one that SAM adds where failed runs go to a queue."""
    found = list(statements(function))
    config = function.get("EventInvokeConfig")
    if config:
        queue = config["DestinationConfig"]["OnFailure"]["Destination"]
        found.append({"Action": "sqs:SendMessage", "Resource": queue})
    return found


def _rows(who: str, given: list[dict[str, Any]]) -> list[str]:
    rows = []
    for statement in given:
        actions = [action for action in as_list(statement["Action"]) if not action.startswith(BUT)]
        if actions:
            on = ", ".join(dict.fromkeys(_named(each) for each in as_list(statement["Resource"])))
            on += _items(statement.get("Condition", {}))
            rows.append(f"| {who} | {', '.join(actions)} | {on} |")
    return rows or [f"| {who} | nothing | |"]


def _items(condition: dict[str, Any]) -> str:
    """Which items of a table, where not all."""
    match condition:
        case {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": keys}} | {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}
        }:
            return f": {', '.join(f'`{key}`' for key in keys)}"
        case {"ForAllValues:StringNotEquals": {"dynamodb:LeadingKeys": keys}}:
            return f", but not {', '.join(f'`{key}`' for key in keys)}"
    return ""


def _named(resource: Any) -> str:
    match resource:
        case {"Fn::GetAtt": [name, "StreamArn"]}:
            return f"{name}'s stream"
        case {"Fn::GetAtt": [name, _]} | {"Ref": name}:
            return str(name)
        case {"Fn::Sub": str(text)}:
            index = re.fullmatch(r"\$\{(\w+)\.Arn\}/index/(\S+)", text)
            if index:
                return f"{index[1]}'s index {index[2]}" if index[2] != "*" else f"{index[1]}'s indexes"
            inner = re.fullmatch(r"\$\{(\w+)\.Arn\}/\*", text)
            if inner:
                return f"all in {inner[1]}"
            own = re.search(r":function:\$\{AWS::StackName\}-(\w+)$", text)
            return f"itself (`{own[1]}`)" if own else text
        case "*":
            return "`*`"
    raise AssertionError(f"a resource that this page can't name: {resource}")


def _by_the_http_api() -> set[str]:
    """The functions that an HTTP API may invoke: each has an `AWS::Lambda::Permission`."""
    permissions = resources("AWS::Lambda::Permission").values()
    return {design_name(each["Properties"]["FunctionName"]["Ref"]) for each in permissions}


def _callers(name: str, function: dict[str, Any]) -> str:
    kinds = {
        "Api": "API Gateway, for any caller",
        "SQS": "its queue",
        "DynamoDB": "the tables' streams",
        "ScheduleV2": "its schedule",
        "EventBridgeRule": "the event bus",
    }
    events = dict.fromkeys(event["Type"] for event in function.get("Events", {}).values())
    if name in _by_the_http_api():
        return "the HTTP API for drivers, with a JWT (only if `DriverApiIssuer` is set)"
    if not events:
        return "whoever you allow (`lambda:InvokeFunction`)"
    return ", ".join(kinds[event] for event in events)


if __name__ == "__main__":
    assert template()
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(REPOSITORY)}")
