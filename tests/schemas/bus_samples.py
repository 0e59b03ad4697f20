"""events/bus/: events as EventBridge delivers them, at least one of each detail-type."""

import json
from pathlib import Path
from typing import Any, Final

from tests.template.template import REPOSITORY

SAMPLES: Final = sorted((REPOSITORY / "events" / "bus").glob("*/*.json"))


def name_of(sample: Path) -> str:
    """`CDR_Received/one`."""
    return f"{sample.parent.name}/{sample.stem}"


def event_of(sample: Path) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(sample.read_text(encoding="utf-8"))
    return event
