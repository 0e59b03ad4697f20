"""A function in a process of its own, started as Lambda starts it: by the Runtime Interface Emulator."""

import compileall
import http.client
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.local_cloud.places import LOCAL, SAM, installed

RUNTIME_CLIENT = ("awslambdaric", "runtime_client*.so", "simplejson", "snapshot_restore_py.py")
INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
CPU = re.compile(r"CPU\(init: ([\d.]+), first call: ([\d.]+)\)")
PROBE = Path(__file__).parent / "probe"
LISTENS_WITHIN_S = 10
ANSWERS_WITHIN_S = 60


class MeasurementFailed(Exception):
    """A function did not start, or did not answer as it should; the message carries its output."""


@dataclass(frozen=True)
class Code:
    """What is run: the folder with app.py, and the layers' folders that Lambda would put on the path."""

    function: Path
    layers: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ColdStart:
    """Milliseconds from the process's start to its first answer, those of INIT, and those of CPU in each."""

    first_answer_ms: float
    init_ms: float
    init_cpu_ms: float
    call_cpu_ms: float
    peak_memory_mb: float

    @property
    def cpu_ms(self) -> float:
        return self.init_cpu_ms + self.call_cpu_ms


def runtime_python() -> Path:
    """An interpreter that sees the runtime client alone, so that nothing hides what a layer forgot."""
    folder = LOCAL / "bench" / "runtime"
    python = folder / "bin" / "python"
    packages = folder / "lib" / "python3.13" / "site-packages"
    if not (packages / "awslambdaric").exists():
        venv.create(folder, with_pip=False, clear=True)
        for pattern in RUNTIME_CLIENT:
            for source in _sam_packages().glob(pattern):
                copy = shutil.copytree if source.is_dir() else shutil.copy
                copy(source, packages / source.name)
        compileall.compile_dir(packages, quiet=1)
    return python


def _sam_packages() -> Path:
    return installed(SAM).parents[1] / "lib" / "python3.13" / "site-packages"


def _emulator() -> Path:
    processor = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    return _sam_packages() / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{processor}"


class LambdaProcess:
    """One execution environment. The first call starts the process and is the cold one."""

    def __init__(self, code: Code, environment: Mapping[str, str]) -> None:
        self._code = code
        self._environment = dict(environment)

    def __enter__(self) -> Self:
        self._port, runtime_port = _free_ports()
        self._log = tempfile.TemporaryFile()
        path = os.pathsep.join(str(folder) for folder in (self._code.function, *self._code.layers, PROBE))
        self._emulator = subprocess.Popen(
            [
                _emulator(),
                "--log-level=info",
                f"--runtime-interface-emulator-address=127.0.0.1:{self._port}",
                f"--runtime-api-address=127.0.0.1:{runtime_port}",
                runtime_python(),
                "-m",
                "awslambdaric",
                "cpu_probe.handler",
            ],
            cwd=self._code.function,
            env=self._environment
            | {
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "LAMBDA_TASK_ROOT": str(self._code.function),
                "_HANDLER": "cpu_probe.handler",
                "PYTHONPATH": path,
                "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's file system can't be written to
                "AWS_LAMBDA_FUNCTION_TIMEOUT": str(ANSWERS_WITHIN_S),
            },
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        deadline = time.monotonic() + LISTENS_WITHIN_S
        while True:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWERS_WITHIN_S)
            try:
                self._connection.connect()
                return self
            except OSError:
                if time.monotonic() > deadline:
                    raise MeasurementFailed(f"the emulator does not listen:\n{self.output()}") from None
                time.sleep(0.002)

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        # The function's process first: left behind, it would take its time to end from what is measured next.
        for pid in self._runtime_pids():
            os.kill(pid, signal.SIGKILL)
        while any(not self._is_gone(pid) for pid in self._runtime_pids()):
            time.sleep(0.002)
        os.killpg(self._emulator.pid, signal.SIGKILL)
        self._emulator.wait()
        self._log.close()

    def call(self, event: Mapping[str, Any]) -> tuple[Any, float]:
        """The answer and the milliseconds that it took. Raises MeasurementFailed when the function raised."""
        payload = json.dumps(event)
        began = time.perf_counter()
        self._connection.request("POST", "/2015-03-31/functions/function/invocations", payload)
        answered = self._connection.getresponse()
        body = answered.read()
        took_ms = (time.perf_counter() - began) * 1000
        answer = json.loads(body)
        if answered.status != 200 or (isinstance(answer, dict) and "errorType" in answer):
            raise MeasurementFailed(f"{self._code.function.name}: {body.decode()[:500]}\n{self.output()}")
        return answer, took_ms

    def cold_start(self, event: Mapping[str, Any]) -> tuple[Any, ColdStart]:
        answer, took_ms = self.call(event)
        init, cpu = INIT.search(self.output()), CPU.search(self.output())
        if init is None or cpu is None:
            raise MeasurementFailed(f"neither INIT REPORT nor CPU:\n{self.output()}")
        figures = (float(init[1]), float(cpu[1]), float(cpu[2]))
        return answer, ColdStart(took_ms, *figures, self.peak_memory_mb())

    def peak_memory_mb(self) -> float:
        status = Path(f"/proc/{self._runtime_pid()}/status").read_text(encoding="utf-8")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def cpu_ms(self) -> float:
        """User and system time of the function's main thread so far."""
        nanoseconds = Path(f"/proc/{self._runtime_pid()}/schedstat").read_text(encoding="utf-8").split()[0]
        return int(nanoseconds) / 1e6

    def output(self) -> str:
        """What the emulator and the function have printed."""
        return os.pread(self._log.fileno(), 1_000_000, 0).decode(errors="replace")

    def _runtime_pid(self) -> int:
        for pid in self._runtime_pids():
            return pid
        raise MeasurementFailed(f"the function's process has ended:\n{self.output()}")

    def _runtime_pids(self) -> list[int]:
        threads = Path(f"/proc/{self._emulator.pid}/task").glob("*/children")
        return [int(pid) for children in threads for pid in children.read_text(encoding="utf-8").split()]

    @staticmethod
    def _is_gone(pid: int) -> bool:
        try:
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return True
        return status.rpartition(")")[2].split()[0] == "Z"


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def versions() -> str:
    """The interpreter and the runtime client that were measured with."""
    client = next(_sam_packages().glob("awslambdaric-*.dist-info")).name.split("-")[1].removesuffix(".dist")
    return f"Python {platform.python_version()} ({sys.implementation.name}), awslambdaric {client}"
