"""Prints the demo: each numbered step when it begins, what happens in it, and how long it takes."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Narrator:
    """Prints one numbered step after another. `say` prints a line of the current step."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._steps = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Begin a step. It ends with the block."""
        self._steps += 1
        print(f"\n[{self._steps}] {title}", flush=True)
        began = time.monotonic()
        yield
        print(f"    ({time.monotonic() - began:.1f} s)", flush=True)

    def say(self, line: str) -> None:
        print(f"    {line}", flush=True)

    def end(self, report: Path) -> None:
        print(
            f"\nDone in {time.monotonic() - self._began:.0f} s: session, CDR, price and events are stored.",
            flush=True,
        )
        print(f"A report of all steps: {report.as_uri()}", flush=True)


def fail(problem: str) -> None:
    """End the demo with a reason."""
    sys.exit(f"\nThe demo failed: {problem}")
