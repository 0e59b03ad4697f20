"""Runs an attack in a process of its own, with limits of memory and time, and tells what it took.

One process has our code and moto ready; for each attack it forks a child. What the child's memory grew by is
what a document cost, whatever tests and moto hold beside it.
"""

import gc
import importlib
import json
import os
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.fresh_aws import fresh_threads

REPOSITORY: Final = Path(__file__).parents[2]
MEMORY_LIMIT: Final = 3 * 1024**3
"""Of a child's address space; a bomb that goes off ends it, and not the machine."""
CPU_SECONDS: Final = 30


@dataclass(frozen=True)
class Took:
    """What an attack answered and cost: growth of memory in MB, seconds of processor."""

    answer: Any
    megabytes: float
    seconds: float


class Attacks:
    """The waiting process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, module: str, function: str, *arguments: Any) -> Took:
        """Call that function in a child. Raises AssertionError where that died or the function raised."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([module, function, arguments]) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline() or '{"error": "the waiting process died"}')
        assert "error" not in told, told["error"]
        return Took(**told)


@contextmanager
def attacks(module: str) -> Iterator[Attacks]:
    """A process that has entered `prepared()` of a module, and waits."""
    command = [sys.executable, "-m", "tests.attacks.bounded", module]
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'layers' / 'emsp'}:{REPOSITORY}"}
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield Attacks(process)
    finally:
        process.stdin.close() if process.stdin else None
        process.wait(10)


def _megabytes(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def _in_child(function: Callable[..., Any], arguments: list[Any], writes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    before, began = _megabytes("VmRSS"), time.process_time()
    try:
        answer = function(*arguments)
        told = {
            "answer": answer,
            "megabytes": round(_megabytes("VmHWM") - before, 1),
            "seconds": round(time.process_time() - began, 2),
        }
    except BaseException:  # noqa: BLE001  the test tells it
        told = {"error": traceback.format_exc()[-4000:]}
    os.write(writes, json.dumps(told).encode())


def _forked(function: Callable[..., Any], arguments: list[Any]) -> str:
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        fresh_threads()  # those of the waiting process are not here
        _in_child(function, arguments, writes)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return told or json.dumps({"error": f"the child died with status {status}, without a word"})


def main() -> None:

    said = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # log lines go nowhere
    with importlib.import_module(sys.argv[1]).prepared():
        gc.freeze()  # else each child's collections copy all that is here
        for line in sys.stdin:
            module, function, arguments = json.loads(line)
            said.write(_forked(getattr(importlib.import_module(module), function), arguments) + "\n")


if __name__ == "__main__":
    main()
