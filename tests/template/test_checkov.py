"""What checkov is told to pass by is told with a reason."""

import re

from tests.template.template import REPOSITORY, template


def test_every_waiver_has_a_reason() -> None:
    text = (REPOSITORY / ".checkov.yaml").read_text(encoding="utf-8")
    waived = [line for line in text.splitlines() if re.match(r"\s+- CKV", line)]
    assert waived
    for line in waived:
        assert re.fullmatch(r"  - CKV2?_AWS_\d+ +# .{20,}", line), line


def test_a_waiver_at_a_resource_has_one_too() -> None:
    for name, resource in template()["Resources"].items():
        for waiver in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert len(waiver["comment"]) > 20, name
