"""README and the pages in docs/ as data: their code, tables and payloads."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from tests.template.template import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = {
    path.relative_to(REPOSITORY).as_posix(): path
    for path in (REPOSITORY / "README.md", *sorted(DOCS.glob("*.md")))
}


class Block(NamedTuple):
    """A fenced block of code: `info` is what stands behind the fence, `line` where it begins."""

    page: str
    line: int
    info: str
    code: str


class Example(NamedTuple):
    """A JSON object in a page, and the function that takes it (`payload`) or answers it (`answer`)."""

    page: str
    kind: str
    function: str
    value: Any


def text(page: str) -> str:
    return PAGES[page].read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    found, opened = [], None
    for number, line in enumerate(text(page).splitlines(), 1):
        if not line.lstrip().startswith("```"):
            if opened:
                opened[3].append(line.removeprefix(opened[2]))
        elif opened:
            found.append(Block(page, opened[0], opened[1], "\n".join(opened[3]) + "\n"))
            opened = None
        else:
            indent = line[: len(line) - len(line.lstrip())]
            opened = (number, line.strip().removeprefix("```"), indent, list[str]())
    assert opened is None, f"{page}: a block has no end"
    return found


def rows(page: str) -> Iterator[list[str]]:
    """The cells of every row of every table, headings included."""
    for line in text(page).splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            yield [cell.strip() for cell in re.split(r"(?<=\s)\|(?=\s)", line.strip().strip("|"))]


def examples() -> Iterator[Example]:
    """Every JSON object in a page of which it is told which function takes or answers it."""
    for page in PAGES:
        for block in blocks(page):
            if words := re.fullmatch(r"json (payload|answer) of (\w+)", block.info):
                yield Example(page, words[1], words[2], json.loads(block.code))
        prose = text(page)
        for name, payload in re.findall(r"`?invoke (\w+)\s+'(\{.*?\})'", prose, flags=re.DOTALL):
            yield Example(page, "payload", name, json.loads(payload))
        by_make = r"make invoke (?:STACK=\S+ )?F=(\w+)[\s\\]+P='(\{.*?\})'"
        by_aws = r"--function-name emsp-(\w+)[\s\\]+--payload[\s\\]+'(\{.*?\})'"
        for name, payload in [
            found for way in (by_make, by_aws) for found in re.findall(way, prose, flags=re.DOTALL)
        ]:
            yield Example(page, "payload", name, json.loads(payload))
    for cells in rows("docs/functions.md"):
        for name in re.findall(r"`(\w+)`", cells[0]):
            for code in re.findall(r"`(\{.*?\})`", cells[1]):
                yield Example("docs/functions.md", "payload", name, json.loads(code))


def json_that_nobody_names(page: str) -> Iterator[str]:
    """Blocks of JSON that do not say whose they are."""
    for block in blocks(page):
        named = re.fullmatch(r"json (payload|answer) of (\w+)", block.info)
        with suppress(ValueError):
            json.loads(block.code)
            if not named:
                yield f"{page}:{block.line}"
        if block.info.startswith("json") and not named:
            yield f"{page}:{block.line}"


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next of any kind."""
    found = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text(page), flags=re.DOTALL | re.MULTILINE
    )
    assert found, f"{page} has no heading {heading!r}"
    return found[1]
