"""Pages, docstrings and comments name only files that exist, and have no private words."""

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.template.template import REPOSITORY

NAMED = re.compile(r"(?<![\w./<{-])((?:[\w-]+/)*[\w-]+\.(?:py|md|yaml|toml))(?![\w(])")
PRIVATE = re.compile(
    r"\b(tells?|told|telling|lapse[sd]?|strays?|at will|of those alone|passed by|gone through|made up for"
    r"|surroundings|tally|com(?:es?|ing) again|came again|anew|heard of|dealt with"
    r"|holds? (?:it|them|this|the \w+) against|held against|for good|gives? up|goes off|stands still)\b",
    re.IGNORECASE,
)
"""Words that a reader would have to learn from us. CONTRIBUTING.md asks for those of OCPI, AWS and Python."""
CODE_IN_PROSE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
NOT_OURS = frozenset(
    {
        "app.py",  # of each function
        "pyproject.toml",
        "cold_start.md",  # what the benchmark writes
        "catalogue/catalogue_page.py",  # a name that the architecture forbids
    }
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:  # no clone but an unpacked archive
        return [path for path in REPOSITORY.rglob("*") if ".local" not in path.parts]
    return [REPOSITORY / line for line in listed.stdout.splitlines()]


TRACKED = tracked()
PAGES = [path for path in TRACKED if path.suffix == ".md" and path.exists()]
TEMPLATES = [REPOSITORY / "Makefile", *(path for path in TRACKED if path.suffix in (".yaml", ".toml"))]
CODE = [path for path in TRACKED if path.suffix == ".py" and path.exists()]
NAMES = {str(path.relative_to(REPOSITORY)) for path in TRACKED}


def exists(name: str) -> bool:
    """By its path from the top, from the package, or by the end of it."""
    return name in NOT_OURS or name in NAMES or any(each.endswith(f"/{name}") for each in NAMES)


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """The comments and docstrings of a module."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    before = tokenize.NEWLINE
    for token in tokens:
        starts_a_statement = before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and starts_a_statement):
            yield token.start[0], token.string
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_page_names_only_files_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert {name for name in NAMED.findall(text) if not exists(name)} == set()


def test_docstrings_and_comments_name_only_files_that_exist() -> None:
    wrong = {
        f"{path.relative_to(REPOSITORY)}:{line}: {name}"
        for path in CODE
        for line, text in prose_of(path)
        for name in NAMED.findall(text)
        if not exists(name)
    }
    assert wrong == set()


@pytest.mark.parametrize("page", sorted((REPOSITORY / "docs").glob("*.md")), ids=lambda path: path.name)
def test_a_page_begins_with_its_readers(page: Path) -> None:
    """Below the heading, the first paragraph says what the page is for, and who reads it."""
    first = page.read_text(encoding="utf-8").split("\n\n")[1]
    assert first.startswith("This page "), "begin it with: This page is for ..."


def test_a_file_that_is_gone_is_seen() -> None:
    assert not exists("command_states.py")
    assert NAMED.findall("as `commands/states.py` has it, see command_states.py.") == [
        "commands/states.py",
        "command_states.py",
    ]


def private_words(text: str) -> set[str]:
    """The private words in a text, outside of its code."""
    return {found[0].lower() for found in PRIVATE.finditer(CODE_IN_PROSE.sub("", text))}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_page_has_no_private_word(page: Path) -> None:
    assert private_words(page.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_descriptions_and_comments_of_templates_have_no_private_word(template: Path) -> None:
    assert private_words(template.read_text(encoding="utf-8")) == set()


def test_docstrings_and_comments_of_what_is_deployed_have_no_private_word() -> None:
    wrong = {
        f"{path.relative_to(REPOSITORY)}:{line}: {word}"
        for path in CODE
        if path.relative_to(REPOSITORY).parts[0] in ("layers", "functions")
        for line, text in prose_of(path)
        for word in private_words(text)
    }
    assert wrong == set()


def test_a_private_word_is_seen() -> None:
    assert private_words("What is told (`told`) lapses at will.") == {"told", "lapses", "at will"}
