"""All that is deployed, as data: template.yaml, with what it nests in its place (see nested.py)."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.template.nested import whole

REPOSITORY = Path(__file__).resolve().parents[2]

Resource = dict[str, Any]


@cache
def template() -> dict[str, Any]:
    return whole(REPOSITORY / "template.yaml")


def resources(kind: str) -> dict[str, Resource]:
    """The resources of a type, by logical id."""
    return {name: each for name, each in template()["Resources"].items() if each["Type"] == kind}


def functions() -> dict[str, Resource]:
    """The functions' properties, by design name."""
    found = resources("AWS::Serverless::Function")
    return {design_name(logical_id): function["Properties"] for logical_id, function in found.items()}


def design_name(logical_id: str) -> str:
    """`ReceiveCdrFunction` -> `receive_cdr`."""
    words = logical_id.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in words).lstrip("_")


def logical_id(name: str) -> str:
    """`receive_cdr` -> `ReceiveCdrFunction`."""
    return "".join(word.capitalize() for word in name.split("_")) + "Function"


def environment(function: Resource) -> dict[str, Any]:
    """A function's variables, those of Globals included."""
    shared: dict[str, Any] = template()["Globals"]["Function"]["Environment"]["Variables"]
    own: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
    return shared | own


def statements(function: Resource) -> list[dict[str, Any]]:
    """What a function's role allows, from its own Policies or from the role that it names."""
    if "Role" in function:
        role = template()["Resources"][function["Role"]["Fn::GetAtt"][0]]["Properties"]
        documents = [policy["PolicyDocument"] for policy in role["Policies"]]
    else:
        documents = function.get("Policies", [])
    return [statement for document in documents for statement in document["Statement"]]


def routes() -> Iterator[tuple[str, str, str]]:
    """Every (method, path, function) of the API; the method is ANY where all of them go to one function."""
    for name, function in functions().items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "Api":
                yield event["Properties"]["Method"], event["Properties"]["Path"], name


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
