"""template.yaml as the SAM transform makes it, and its values as CloudFormation resolves them."""

import json
import re
import subprocess
from collections.abc import Sequence
from typing import Any, Final

from tests.local_cloud.places import SAM, installed
from tests.template.template import REPOSITORY
from tests.template.yaml_file import load

# Each template a second after the one before: AlwaysDeploy goes by the clock.
TRANSFORM: Final = """
import itertools, json, sys
from unittest.mock import patch
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
seconds = itertools.count(1)
with patch("samtranslator.model.apigateway.time.time", lambda: next(seconds)):
    print(json.dumps([Translator({}, Parser()).translate(*each) for each in json.load(sys.stdin)]))
"""

type Deployment = tuple[dict[str, Any], dict[str, str]]
"""A template, and the parameters that are not the defaults."""


def main_template() -> dict[str, Any]:
    """template.yaml as `sam package` leaves it, with each folder at an address in S3."""
    template = load(REPOSITORY / "template.yaml")
    for name, resource in template["Resources"].items():
        for key in ("CodeUri", "ContentUri", "DefinitionUri"):
            if key in resource.get("Properties", {}):
                resource["Properties"][key] = f"s3://bucket/{name}-1"
    return template


def transformed(deployments: Sequence[Deployment]) -> list[dict[str, Any]]:
    """The resources that CloudFormation makes of each, with its parameters and conditions put in."""
    asked = [(template, _defaults(template) | parameters) for template, parameters in deployments]
    finished = subprocess.run(
        [installed(SAM).with_name("python"), "-c", TRANSFORM],
        input=json.dumps(asked),
        env={"AWS_DEFAULT_REGION": "ap-south-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    made = json.loads(finished.stdout)
    return [_Values(each, values).resources() for each, (_, values) in zip(made, asked, strict=True)]


def refused(template: dict[str, Any], parameters: dict[str, str]) -> list[str]:
    """The rules by which CloudFormation refuses these parameters."""
    values = _Values(template, _defaults(template) | parameters)
    return [name for name, rule in template["Rules"].items() if values.violates(rule)]


def _defaults(template: dict[str, Any]) -> dict[str, str]:
    return {name: str(each.get("Default", "EMS")) for name, each in template["Parameters"].items()}


class _Values:
    """Puts parameters and conditions into a transformed template."""

    def __init__(self, template: dict[str, Any], parameters: dict[str, str]) -> None:
        self._template = template
        self._parameters = parameters

    def resources(self) -> dict[str, Any]:
        return {
            name: self._value(each)
            for name, each in self._template["Resources"].items()
            if "Condition" not in each or self._holds(each["Condition"])
        }

    def violates(self, rule: dict[str, Any]) -> bool:
        asserted = all(self._holds(each["Assert"]) for each in rule["Assertions"])
        return self._holds(rule["RuleCondition"]) and not asserted

    def _holds(self, condition: Any) -> bool:
        match condition:
            case str(name) | {"Condition": name}:
                return self._holds(self._template["Conditions"][name])
            case {"Fn::Equals": [one, other]}:
                return str(self._value(one)) == str(self._value(other))
            case {"Fn::Not": [one]}:
                return not self._holds(one)
            case {"Fn::And": several}:
                return all(self._holds(each) for each in several)
            case {"Fn::Or": several}:
                return any(self._holds(each) for each in several)
        raise AssertionError(f"an unknown condition: {condition}")

    def _value(self, written: Any) -> Any:
        match written:
            case {"Ref": "AWS::NoValue"}:
                return None
            case {"Ref": name} if name in self._parameters:
                return self._parameters[name]
            case {"Fn::If": [condition, one, other]}:
                return self._value(one if self._holds(condition) else other)
            case {"Fn::Sub": str(text)}:
                return {"Fn::Sub": re.sub(r"\$\{(\w+)\}", self._in_text, text)}
            case dict():
                return {key: self._value(each) for key, each in written.items()}
            case list():
                return [self._value(each) for each in written]
        return written

    def _in_text(self, found: re.Match[str]) -> str:
        return self._parameters.get(found[1], found[0])
