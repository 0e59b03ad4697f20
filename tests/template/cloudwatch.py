"""What functions print, as CloudWatch reads it: lines of Embedded Metric Format are metrics."""

import json
from collections import defaultdict

type Name = tuple[str, str, frozenset[tuple[str, str]]]
"""A metric: its namespace, name and dimensions."""


def printed(lines: str) -> dict[Name, list[float]]:
    """The metrics in lines of Embedded Metric Format, each under every set of its dimensions."""
    found: dict[Name, list[float]] = defaultdict(list)
    for line in lines.splitlines():
        document = json.loads(line)
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, str(document[name])) for name in names)
                for metric in directive["Metrics"]:
                    value = document[metric["Name"]]
                    values = value if isinstance(value, list) else [value]
                    found[directive["Namespace"], metric["Name"], dimensions] += values
    return found
