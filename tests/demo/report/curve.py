"""The energy of the session over time, from the pushes of its CPO."""

from collections.abc import Sequence
from datetime import datetime

from tests.demo.report.markup import element, text

WIDTH, HEIGHT = 640, 320
LEFT, BOTTOM, TOP, RIGHT = 96, 44, 52, 24


def energy(points: Sequence[tuple[datetime, float]]) -> str:
    """A line of kWh over time, with scales."""
    if len(points) < 2:
        return element("p", "There are fewer than two pushes of the session, so there is no line.")
    begins, lasts_s = points[0][0], max(0.001, (points[-1][0] - points[0][0]).total_seconds())
    most = max(kwh for _, kwh in points) or 1.0

    def at(moment: datetime, kwh: float) -> tuple[float, float]:
        along = (moment - begins).total_seconds() / lasts_s
        return LEFT + along * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - kwh / most * (HEIGHT - BOTTOM - TOP)

    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
    dots = "".join(
        element(
            "circle",
            element("title", text(f"{kwh} kWh at {moment:%H:%M:%S} UTC")),
            cx=f"{x:.1f}",
            cy=f"{y:.1f}",
            r=5,
        )
        for (moment, kwh), (x, y) in ((point, at(*point)) for point in points)
    )
    scale = "".join(_kwh_mark(most * part / 4, at(begins, most * part / 4)[1]) for part in range(5))
    times = "".join(
        element("text", text(f"+{lasts_s * part / 2:.0f} s"), x=f"{x:.1f}", y=HEIGHT - 10, text_anchor=anchor)
        for part, anchor in enumerate(("start", "middle", "end"))
        for x in (LEFT + (WIDTH - LEFT - RIGHT) * part / 2,)
    )
    unit = element("text", text("kWh"), x=LEFT - 10, y=26, text_anchor="end")
    drawn = unit + scale + times + element("polyline", points=line, class_="energy") + dots
    return element(
        "svg",
        drawn,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=f"{points[-1][1]} kWh in the end",
    ) + element("p", text(f"{points[-1][1]} kWh in {lasts_s:.1f} s, in {len(points)} pushes."))


def _kwh_mark(kwh: float, y: float) -> str:
    line = element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid")
    return line + element("text", text(f"{kwh:.1f}"), x=LEFT - 10, y=f"{y + 6:.1f}", text_anchor="end")
