"""The table in docs/runbook.md: when each alarm turns on for its fault, and how often for none."""

import re
from typing import Final

from tests.alarms.faults import FAULTS
from tests.alarms.run import TRAFFIC, alarms, false_alarms, minutes_until_on
from tests.template.template import REPOSITORY, template

PAGE: Final = REPOSITORY / "docs" / "runbook.md"
BEGINS: Final = "<!-- made by `make alarms-table` -->\n"
ENDS: Final = "<!-- until here -->\n"
SILENCE_HOURS: Final = int(template()["Parameters"]["SilenceHours"]["Default"])


def row(name: str) -> str:
    """An alarm's row as it should be."""
    alarm = alarms()[name]
    minutes = [minutes_until_on(name, each) for each in TRAFFIC]
    wrong = [false_alarms(alarm, each) for each in TRAFFIC]
    what = " ".join((FAULTS[name].__doc__ or "").split())
    cells = [f"`{name}`", what, *("never" if each is None else f"{each:,}" for each in minutes)]
    return f"| {' | '.join(cells)} | {', '.join(map(str, wrong))} |"


def rows() -> dict[str, str]:
    """The rows that stand in the page, by alarm."""
    table = _parts()[1]
    return {line.split("`")[1]: line for line in table.splitlines() if line.startswith("| `")}


def page() -> str:
    """The page as it should be."""
    before, _, after = _parts()
    charges = [f"{each:,} a day" for each in TRAFFIC]
    head = [
        f"| alarm | its fault | {' | '.join(charges)} | false alarms a month |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    return f"{before}{BEGINS}\n" + "\n".join([*head, *map(row, alarms())]) + f"\n\n{ENDS}{after}"


def promised(name: str) -> tuple[int, int]:
    """Minutes within which its description says that it is on: in general, and at ten charges a day."""
    found = re.search(
        r" - within (\d+) (minute|hour)s?(?: \((\d+) hours? at ten charges a day\))? - \$",
        alarms()[name].description.replace("${SilenceHours}", str(SILENCE_HOURS)),
    )
    assert found, f"{name} does not say within which time it is on"
    general = int(found[1]) * (60 if found[2] == "hour" else 1)
    return general, int(found[3]) * 60 if found[3] else general


def _parts() -> tuple[str, str, str]:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGINS)
    table, after = rest.split(ENDS)
    return before, table, after
