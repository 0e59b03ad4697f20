"""What `make test` runs: checks that need no cloud, then all tests in one pytest run, each with its time."""

import os
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SAM = REPOSITORY / ".local" / "venvs" / "sam" / "bin"
CHECKOV = REPOSITORY / ".local" / "venvs" / "checkov" / "bin"
CHECKED = ("layers", "functions", "events", "tests")
TEMPLATES = ("template.yaml", "operations.yaml", "events/registry.yaml", "events/consumer/queue.yaml")

CHECKS: dict[str, list[str]] = {
    "format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": [sys.executable, "-m", "ruff", "check", "--quiet", "."],
    "types": [sys.executable, "-m", "mypy", "--no-error-summary", *CHECKED],
    "template": [str(SAM / "sam"), "validate", "--lint"],
    "cfn-lint": [str(SAM / "cfn-lint"), "--regions", "ap-south-1", "--", *TEMPLATES],
    "checkov": [str(CHECKOV / "checkov"), "--config-file", ".checkov.yaml"],
}
TESTS = [sys.executable, "-m", "pytest", "-q"]


def run(command: list[str]) -> bool:
    environment = os.environ | {
        "PATH": f"{SAM}:{os.environ.get('PATH', '')}",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "ap-south-1",
    }
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode == 0


def timed(name: str, command: list[str]) -> bool:
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    passed = run(command)
    print(f"--- {name}: {'ok' if passed else 'FAILED'} in {time.monotonic() - began:.1f} s", flush=True)
    return passed


def main() -> None:
    failed = [name for name, command in CHECKS.items() if not timed(name, command)]
    if failed:
        print(f"--- failed so far: {', '.join(failed)}; the tests run all the same", flush=True)
    print("--- tests", flush=True)
    tests_passed = run([*TESTS, *sys.argv[1:]])
    sys.exit(1 if failed or not tests_passed else 0)


if __name__ == "__main__":
    main()
