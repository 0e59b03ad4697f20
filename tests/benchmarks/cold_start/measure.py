"""Runs the subjects in turns, so that what else the machine does falls on all alike.

Each round has another order: who runs after a large subject finds colder caches.
"""

import random
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.benchmarks.cold_start.lambda_process import ColdStart, LambdaProcess
from tests.benchmarks.cold_start.subjects import Subject

WARM_UP = 10


@dataclass
class Measured:
    """All figures of one subject; times in milliseconds."""

    cold: list[ColdStart] = field(default_factory=list)
    warm_ms: list[float] = field(default_factory=list)
    warm_cpu_ms: float = 0.0
    peak_memory_mb: float = 0.0

    @property
    def first_answer_ms(self) -> float:
        return statistics.median(start.first_answer_ms for start in self.cold)

    @property
    def fastest_ms(self) -> float:
        """The cold start that was disturbed least."""
        return min(start.first_answer_ms for start in self.cold)

    @property
    def init_ms(self) -> float:
        return statistics.median(start.init_ms for start in self.cold)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(start.cpu_ms for start in self.cold)

    @property
    def call_cpu_ms(self) -> float:
        """CPU of the first call, after INIT."""
        return statistics.median(start.call_cpu_ms for start in self.cold)

    @property
    def warm_p50_ms(self) -> float:
        return statistics.median(self.warm_ms)

    @property
    def warm_p95_ms(self) -> float:
        return statistics.quantiles(self.warm_ms, n=20)[-1]


def measure(subjects: Sequence[Subject], rounds: int, warm_calls: int) -> dict[str, Measured]:
    measured = {subject.name: Measured() for subject in subjects}
    for number in range(rounds + 1):
        for subject in random.sample(subjects, len(subjects)):
            with LambdaProcess(subject.code, subject.environment) as process:
                answer, cold_start = process.cold_start(subject.event(number))
            figures = measured[subject.name]
            subject.check(answer)
            if number > 0:  # the first round only brings the files into the page cache
                figures.cold.append(cold_start)
                figures.peak_memory_mb = max(figures.peak_memory_mb, cold_start.peak_memory_mb)
        say(f"cold starts: round {number} of {rounds}")
    with ExitStack() as processes:
        running = [
            (subject, processes.enter_context(LambdaProcess(subject.code, subject.environment)))
            for subject in subjects
            if subject.warm
        ]
        cpu_before: dict[str, float] = {}
        for number in range(warm_calls + WARM_UP):
            if number == WARM_UP:
                cpu_before = {subject.name: process.cpu_ms() for subject, process in running}
            for subject, process in running:
                answer, took_ms = process.call(subject.event(number))
                subject.check(answer)
                if number >= WARM_UP:
                    measured[subject.name].warm_ms.append(took_ms)
            if number % 50 == 0:
                say(f"warm calls: {number} of {warm_calls + WARM_UP}")
        for subject, process in running:
            figures = measured[subject.name]
            figures.peak_memory_mb = process.peak_memory_mb()
            figures.warm_cpu_ms = (process.cpu_ms() - cpu_before[subject.name]) / warm_calls
    return measured


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
