"""CONTRIBUTING.md names what is there; hooks and the workflow run what make runs."""

import re

import pytest
import yaml

from tests.template.template import REPOSITORY

PAGE = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
FOLDERS = ("layers", "functions", "events", "tests", "docs")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, flags=re.MULTILINE))


def test_the_page_names_files_that_are_there() -> None:
    named = re.findall(rf"(?:{'|'.join(FOLDERS)})/[\w./-]+", PAGE)
    assert len(named) > 20
    assert not [each for each in named if not (REPOSITORY / each.rstrip(".")).exists()]


def test_the_page_names_targets_that_are_there() -> None:
    named = set(re.findall(r"`make ([a-z0-9-]+)", PAGE))
    assert len(named) > 10
    assert named <= targets()


def test_the_version_of_the_changelog_is_that_of_the_project() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    [version] = re.findall(
        r'^version = "(.+)"$', (REPOSITORY / "pyproject.toml").read_text(), flags=re.MULTILINE
    )
    assert "## [Unreleased]" in changelog
    assert version in changelog
    kinds = set(re.findall(r"^### (.+)$", changelog, flags=re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_github_runs_what_ci_runs() -> None:
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    [job] = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]


@pytest.mark.parametrize(
    "hook", yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
)
def test_a_hook_runs_what_make_installed_or_a_target_of_make(hook: dict[str, str]) -> None:
    command, argument, *_ = hook["entry"].split()
    assert hook["language"] == "system"
    assert command == ".venv/bin/ruff" or (command == "make" and argument in targets())
