"""README's table of parameters is that of the template."""

import re

from tests.template.template import REPOSITORY, template


def test_every_parameter_is_explained_in_the_order_in_which_it_is_asked_for() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    readme = readme.split("### Parameters")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z]\w+)` \| (.+) \| (.+) \|$", readme, flags=re.MULTILINE)
    expected = []
    for name, parameter in template()["Parameters"].items():
        default = str(parameter.get("Default", "(yours)"))
        shown = default if default == "(yours)" else f"`{default}`" if default else "(none)"
        expected.append((name, shown, parameter["Description"]))
    assert rows == expected
