"""The journey: each call, push and event on one time axis. A click shows its ids and contents."""

from collections.abc import Sequence

from tests.demo.journal import Entry, Lane
from tests.demo.report.markup import element, json_block, text

CLASSES = {Lane.OURS: "ours", Lane.TO_HUB: "to-hub", Lane.FROM_HUB: "from-hub", Lane.EVENT: "event"}
NARROWEST_PERCENT = 0.6


def timeline(entries: Sequence[Entry]) -> str:
    """The entries in their order, each with a bar at its time on the axis."""
    if not entries:
        return element("p", "Nothing happened.")
    begins = entries[0].at
    ends = max((each.at - begins).total_seconds() + each.took_s for each in entries)
    lasts = max(ends, 0.001)
    legend = element("p", *(element("span", text(lane), class_=f"lane {CLASSES[lane]}") for lane in Lane))
    marks = [lasts * part / 4 for part in range(5)]
    axis = element("div", *(element("span", text(f"{mark:.1f} s")) for mark in marks), class_="axis")
    rows = (_row(each, (each.at - begins).total_seconds(), lasts) for each in entries)
    return legend + axis + "".join(rows)


def _row(entry: Entry, offset_s: float, lasts_s: float) -> str:
    left = min(100 - NARROWEST_PERCENT, 100 * offset_s / lasts_s)
    width = min(100 - left, max(NARROWEST_PERCENT, 100 * entry.took_s / lasts_s))
    kind = CLASSES[entry.lane]
    took = f"{entry.took_s * 1000:.0f} ms" if entry.took_s else ""
    head = (
        element("span", text(f"+{offset_s:.3f} s"), class_="when")
        + element("span", text(entry.lane), class_=f"lane {kind}")
        + element("span", text(entry.title), class_="title")
        + element("span", text(entry.outcome), class_="outcome")
        + element("span", text(took), class_="took")
        + element(
            "span",
            element("i", class_=kind, style=f"left:{left:.2f}%;width:{width:.2f}%"),
            class_="track",
        )
    )
    ids = "".join(
        element("dt", text(name)) + element("dd", text(value))
        for name, value in {"at": entry.at.isoformat(), **entry.ids}.items()
    )
    inside = element("dl", ids) + "".join(json_block(name, value) for name, value in entry.shown)
    return element("details", element("summary", head), inside, class_="entry")
