"""docs/charges.md tells every code and every setting with its default."""

import re
from dataclasses import fields
from pathlib import Path

from emsp.pricing.check import Verdict
from emsp.pricing.notes import Code
from emsp.pricing.rules import PricingRules

REPOSITORY = Path(__file__).parents[3]
PAGE = (REPOSITORY / "docs" / "charges.md").read_text(encoding="utf-8")
CHARGES = REPOSITORY / "layers" / "emsp" / "emsp" / "charges"


def test_every_code_is_explained() -> None:
    written = "".join(
        (CHARGES / name).read_text(encoding="utf-8") for name in ("findings.py", "likely_causes.py")
    )
    codes = {*Code, *Verdict, *re.findall(r'(?:Finding|LikelyCause)\(\s*"([A-Z_]+)"', written)}
    assert len(codes) > 40
    assert not [code for code in sorted(codes) if f"`{code}`" not in PAGE]


def test_every_setting_is_explained_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([\w.]+)`? \|", PAGE, flags=re.MULTILINE))
    for each in fields(PricingRules):
        default = {"True": "yes", "False": "no", "None": "none"}.get(str(each.default), str(each.default))
        assert rows[each.name] == default, each.name
