"""The runbook's links lead somewhere, every alarm has its part, and its script does what it says."""

import re
import sys

import boto3
import pytest

from tests.fresh_aws import fresh_aws
from tests.template.template import REPOSITORY, resources

DOCS = REPOSITORY / "docs"
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *(f"docs/{path.name}" for path in sorted(DOCS.glob("*.md"))),
    ],
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = REPOSITORY / page
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        reached = (path.parent / file).resolve() if file else path
        assert reached.exists(), target
        if anchor:
            assert anchor in anchors(reached.read_text(encoding="utf-8")), target


def test_every_alarm_is_named_in_the_runbook() -> None:
    """Or, of the catalogue's four alike, the first."""
    for name in resources("AWS::CloudWatch::Alarm"):
        assert f"`{name}`" in RUNBOOK or "PullOf" in name


def test_the_script_that_copies_a_restored_table_back_keeps_what_is_newer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [script] = re.findall(r"```python\n(.+?)```", RUNBOOK, flags=re.DOTALL)
    code = "\n".join(line.removeprefix("   ") for line in script.splitlines())
    with fresh_aws():
        dynamodb = boto3.client("dynamodb", region_name="ap-south-1")
        for table in ("now", "restored"):
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "object_key", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "object_key", "AttributeType": "S"}],
            )
        for table, key, body in [
            ("restored", "LOST", "old"),
            ("restored", "NEWER", "old"),
            ("restored", "DAMAGED", "old"),
            ("now", "NEWER", "new"),
            ("now", "DAMAGED", "nonsense"),
        ]:
            dynamodb.put_item(TableName=table, Item={"object_key": {"S": key}, "body": {"S": body}})
        monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
        monkeypatch.setattr(sys, "argv", ["copy.py", "restored", "now", "object_key", "DAMAGED"])
        exec(compile(code, "runbook", "exec"), {})
        items = dynamodb.scan(TableName="now")["Items"]
    assert {item["object_key"]["S"]: item["body"]["S"] for item in items} == {
        "LOST": "old",
        "NEWER": "new",
        "DAMAGED": "old",
    }
    assert "2 copied, 1 kept as they are" in capsys.readouterr().out
