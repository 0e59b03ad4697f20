"""docs/charges.md explains every code."""

import re
from pathlib import Path

from emsp.pricing.check_claim import Verdict
from emsp.pricing.notes import Code

REPOSITORY = Path(__file__).parents[3]
PAGE = (REPOSITORY / "docs" / "charges.md").read_text(encoding="utf-8")
ENGINE = REPOSITORY / "layers" / "emsp" / "emsp" / "pricing"


def test_every_code_is_explained() -> None:
    written = "".join(
        (ENGINE / name).read_text(encoding="utf-8") for name in ("findings.py", "likely_causes.py")
    )
    codes = {*Code, *Verdict, *re.findall(r'(?:Finding|LikelyCause)\(\s*"([A-Z_]+)"', written)}
    assert len(codes) > 40
    assert not [code for code in sorted(codes) if f"`{code}`" not in PAGE]
