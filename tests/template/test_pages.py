"""What the pages show works: payloads are taken, answers are as their schemas say, code runs."""

import ast
import json
import subprocess
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from emsp.commands.read_request import read_request
from emsp.ocpi.json_text import parse_json
from tests.schemas.pages import answer_file, schemas
from tests.schemas.payloads import PAYLOADS, payload_schemas
from tests.template.pages import PAGES, Block, Example, blocks, examples, json_that_nobody_names
from tests.template.template import functions

EXAMPLES = list(examples())
TAKEN = [each for each in EXAMPLES if each.kind == "payload"]
SHELL = [block for page in PAGES for block in blocks(page) if block.info == "sh"]
PYTHON = [block for page in PAGES for block in blocks(page) if block.info == "python"]


def _id(each: Any) -> str:
    if isinstance(each, Block):
        return f"{each.page}:{each.line}"
    return f"{each.page}-{each.function}" if isinstance(each, Example) else str(each)


def test_there_are_examples_of_every_function_that_takes_something() -> None:
    assert {each.function for each in TAKEN} >= payload_schemas().keys()


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_json_says_whose_it_is(page: str) -> None:
    assert not list(json_that_nobody_names(page))


@pytest.mark.parametrize("example", TAKEN, ids=_id)
def test_a_payload_is_taken(example: Example) -> None:
    """By its schema, and by the very model that the function reads with, which knows more than a schema."""
    assert example.function in functions()
    Draft202012Validator(payload_schemas()[example.function]).validate(example.value)
    if example.function == "send_command":
        payload = parse_json(json.dumps(example.value))
        assert isinstance(payload, dict)
        read_request(payload)
    elif model := PAYLOADS.get(example.function):
        model.model_validate(example.value)


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.kind == "answer"], ids=_id)
def test_an_answer_is_as_its_schema_says(example: Example) -> None:
    Draft202012Validator(schemas()[answer_file(example.function)]).validate(example.value)


@pytest.mark.parametrize("block", SHELL, ids=_id)
def test_shell_is_shell(block: Block) -> None:
    checked = subprocess.run(["bash", "-n", "-c", block.code], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("block", PYTHON, ids=_id)
def test_python_is_python(block: Block) -> None:
    ast.parse(block.code)
