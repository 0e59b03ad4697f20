"""A template with its nested stacks and its state machine put in their place, as if all were one file."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from tests.template.yaml_file import load

Template = dict[str, Any]

NESTED: Final = "AWS::CloudFormation::Stack"


def whole(path: Path) -> Template:
    """A template's file, and the files that it nests, as one template."""
    template = load(path)
    nested = [name for name, each in template["Resources"].items() if each["Type"] == NESTED]
    for name in nested:
        stack = template["Resources"].pop(name)
        properties = stack["Properties"]
        inner = load(path.parent / properties["TemplateURL"])
        if "Condition" in stack:
            for each in inner["Resources"].values():
                assert each.setdefault("Condition", stack["Condition"]) == stack["Condition"]
        put_in_place(template, inner, properties["Parameters"])
        outputs = {f"Outputs.{each}": told["Value"] for each, told in inner.get("Outputs", {}).items()}
        template["Outputs"] = _with_outputs(template.get("Outputs", {}), name, outputs)
    for each in template["Resources"].values():
        if "DefinitionUri" in each.get("Properties", {}):
            _define(each["Properties"], path.parent)
    return template


def _define(state_machine: dict[str, Any], folder: Path) -> None:
    """Puts a state machine's definition, with what is substituted in it, in the place of its file's name."""
    definition = load(folder / state_machine.pop("DefinitionUri"))
    put = {f"${{{name}}}": value for name, value in state_machine.pop("DefinitionSubstitutions").items()}
    state_machine["Definition"] = _with(definition, put)


def _with(value: Any, put: dict[str, Any]) -> Any:
    match value:
        case str() if value in put:
            return put[value]
        case dict():
            return {key: _with(each, put) for key, each in value.items()}
        case list():
            return [_with(each, put) for each in value]
    return value


def _with_outputs(value: Any, stack: str, outputs: dict[str, Any]) -> Any:
    """With the outputs of a nested stack where they are asked for."""
    match value:
        case {"Fn::GetAtt": [str(name), str(attribute)]} if name == stack:
            return outputs[attribute]
        case dict():
            return {key: _with_outputs(each, stack, outputs) for key, each in value.items()}
    return value


def put_in_place(template: Template, inner: Template, passed: dict[str, Any]) -> None:
    """Adds the resources and conditions of `inner`, its parameters replaced by what is passed in them."""
    assert passed.keys() == inner["Parameters"].keys(), "each parameter of a nested stack is passed"
    values = {name: _as_list(value, inner["Parameters"][name]["Type"]) for name, value in passed.items()}
    for section in ("Conditions", "Resources"):
        for name, each in inner.get(section, {}).items():
            replaced = _replaced(each, values)
            assert template[section].setdefault(name, replaced) == replaced, f"{name} is in both templates"


def _as_list(value: Any, kind: str) -> Any:
    """What a CommaDelimitedList is passed is text, and what it is read as is a list."""
    return value["Fn::Join"][1] if kind == "CommaDelimitedList" else value


def _replaced(value: Any, passed: dict[str, Any]) -> Any:
    match value:
        case {"Ref": str(name)} if name in passed:
            return deepcopy(passed[name])
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": re.sub(r"\$\{(\w+)\}", lambda found: _in_text(found, passed), text)}
        case dict():
            return {key: _replaced(each, passed) for key, each in value.items()}
        case list():
            return [_replaced(each, passed) for each in value]
    return value


def _in_text(found: re.Match[str], passed: dict[str, Any]) -> str:
    match passed.get(found[1]):
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case None:
            return found[0]
    raise AssertionError(f"{found[1]} stands in a text, but is passed neither by Ref nor by GetAtt")
