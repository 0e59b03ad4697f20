"""What `make fast`, `make test` and `make nightly` run: lanes side by side, the steps of one lane in order.

A step's output is printed whole when the step ends. At the end stand the steps that failed, each with the
lines that name its failures, and pytest's counts summed over all steps. Further arguments go to pytest.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SAM = REPOSITORY / ".local" / "venvs" / "sam" / "bin"
CHECKOV = REPOSITORY / ".local" / "venvs" / "checkov" / "bin"
CHECKED = ("layers", "functions", "events", "tests")
TEMPLATES = (
    "template.yaml",
    "operations.yaml",
    "driver_api.yaml",
    "webhooks.yaml",
    "events/registry.yaml",
    "events/consumer/queue.yaml",
)
# Most of their time these wait: for a window of the quota, for late pushes, for deployments of their own. So
# they run beside the other end-to-end tests, on a second local cloud.
WAITING = tuple(
    f"tests/e2e/test_{name}.py" for name in ("forget_driver", "quota", "upgrade", "watch_charges")
)
COUNTED = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "errors")


@dataclass(frozen=True)
class Step:
    name: str
    command: Sequence[str]


@dataclass(frozen=True)
class Done:
    step: Step
    passed: bool
    output: str
    seconds: float

    @property
    def counts(self) -> Counter[str]:
        """What pytest's closing line counts; an error where a test run has none, nothing for a check."""
        if "pytest" not in self.step.command:
            return Counter()
        closing = re.findall(r"^(?:=+ )?((?:\d+ \w+,? ?)+) in [\d.]+s\b.*$", self.output, flags=re.MULTILINE)
        if not closing:
            return Counter(errors=1)
        return Counter(
            {
                {"error": "errors", "warning": "warnings"}.get(word, word): int(number)
                for number, word in re.findall(r"(\d+) (\w+)", closing[-1])
            }
        )

    @property
    def failures(self) -> str:
        """The lines that name them, or else all."""
        named = re.findall(r"^(?:FAILED|ERROR) .+$", self.output, flags=re.MULTILINE)
        return "\n".join(named) or self.output.strip()


def python(name: str, *module: str) -> Step:
    return Step(name, [sys.executable, "-m", *module])


def tests(name: str, profile: str, *arguments: str) -> Step:
    return python(name, "pytest", "-q", f"--hypothesis-profile={profile}", *arguments)


def side_by_side(name: str, profile: str, *arguments: str) -> Step:
    """Three processes for two processors, since some tests wait. All of them come after the e2e tests, which
    wait for real time. Files come in the order of tests/conftest.py: those that take long come first.
    """
    processes = (os.cpu_count() or 1) * 3 // 2
    by_file = ("--dist=loadfile", "--no-loadscope-reorder")
    step = tests(name, profile, f"--numprocesses={processes}", *by_file, *arguments)
    return Step(name, ["nice", *step.command])


FORMAT = python("format", "ruff", "format", "--check", "--quiet", ".")
LINT = python("lint", "ruff", "check", "--quiet", ".")
TYPES = python("types", "mypy", "--no-error-summary", *CHECKED)
TEMPLATE_CHECKS = (
    Step("template", [str(SAM / "sam"), "validate", "--lint"]),
    Step("cfn-lint", [str(SAM / "cfn-lint"), "--regions", "ap-south-1", "--", *TEMPLATES]),
    Step("checkov", [str(CHECKOV / "checkov"), "--config-file", ".checkov.yaml"]),
)

type Lanes = tuple[tuple[Step, ...], ...]


def fast(*arguments: str) -> Lanes:
    unit = side_by_side("unit", "dev", "tests/unit", "tests/test_architecture.py", *arguments)
    return (FORMAT, LINT, TYPES), (unit,)


def test(*arguments: str) -> Lanes:
    return everything("ci", *arguments)


def nightly(*arguments: str) -> Lanes:
    """In an order that nobody chose; pytest prints its seed."""
    seed = f"--random-order-seed={time.time_ns() % 1_000_000}"
    return everything("nightly", "-m", "", seed, *arguments)


def everything(profile: str, *arguments: str) -> Lanes:
    return (
        (tests("e2e", profile, "tests/e2e", *(f"--ignore={file}" for file in WAITING), *arguments),),
        (tests("e2e that wait", profile, *WAITING, *arguments),),
        (FORMAT, LINT, TYPES, *TEMPLATE_CHECKS),
        (side_by_side("tests", profile, "tests", "--ignore=tests/e2e", *arguments),),
    )


RUNS = {"fast": fast, "test": test, "nightly": nightly}


def run(step: Step) -> Done:
    environment = os.environ | {
        "PATH": f"{SAM}:{os.environ.get('PATH', '')}",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "ap-south-1",
    }
    began = time.monotonic()
    finished = subprocess.run(
        step.command,
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    seconds = time.monotonic() - began
    passed = finished.returncode == 0
    heading = f"--- {step.name}: {'ok' if passed else 'FAILED'} in {seconds:.1f} s\n"
    print(heading + finished.stdout, end="", flush=True)
    return Done(step, passed, finished.stdout, seconds)


def in_order(lane: Sequence[Step]) -> list[Done]:
    return [run(step) for step in lane]


def closing_lines(done: Sequence[Done], seconds: float) -> Iterator[str]:
    for each in done:
        if not each.passed:
            yield f"--- {each.step.name} FAILED\n{each.failures}"
    counts = sum((each.counts for each in done), Counter[str]())
    counted = ", ".join(f"{counts[word]} {word}" for word in COUNTED if counts[word])
    yield f"{counted} in {seconds:.2f}s"


def main() -> None:
    lanes = RUNS[sys.argv[1]](*sys.argv[2:])
    print(f"--- {', '.join(step.name for lane in lanes for step in lane)} ...", flush=True)
    began = time.monotonic()
    with ThreadPoolExecutor(len(lanes)) as pool:
        done = [each for lane in pool.map(in_order, lanes) for each in lane]
    print("\n".join(closing_lines(done, time.monotonic() - began)), flush=True)
    sys.exit(not all(each.passed for each in done))


if __name__ == "__main__":
    main()
