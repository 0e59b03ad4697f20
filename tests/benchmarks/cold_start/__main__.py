"""python -m tests.benchmarks.cold_start: measures every function cold and warm, and writes what it found."""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.cold_start.measure import measure, say
from tests.benchmarks.cold_start.report import write_report
from tests.benchmarks.cold_start.subjects import HERE, subjects
from tests.benchmarks.cold_start.surroundings import surroundings
from tests.local_cloud.places import BUILD, LOCAL


def main() -> None:
    options = _options()
    packages = fastapi_packages()
    with surroundings() as around:
        chosen = subjects(around, options.build_dir, packages)
        if options.only:
            chosen = [each for each in chosen if each.name in options.only or each.name.startswith("bare")]
        measured = measure(chosen, options.rounds, options.warm)
    written = write_report(LOCAL / "bench", chosen, measured, options.rounds, options.warm)
    print(written.read_text(encoding="utf-8"))
    say(f"written: {written}, and the chart beside it")


def fastapi_packages() -> Path:
    """The packages of the FastAPI receiver, installed as `sam build` does: without bytecode."""
    folder = LOCAL / "bench" / "fastapi"
    lock = HERE / "fastapi_receiver" / "requirements.txt"
    done = folder / ".installed"
    if not done.exists() or done.read_text(encoding="utf-8") != lock.read_text(encoding="utf-8"):
        say("installing FastAPI and Mangum ...")
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--upgrade",
        ]
        command += ["--no-compile", "--require-hashes", "--requirement", str(lock), "--target", str(folder)]
        subprocess.run(command, check=True)
        done.write_text(lock.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cold_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="cold starts of each")
    parser.add_argument("--warm", type=int, default=200, help="warm calls of each")
    parser.add_argument("--only", nargs="*", help="names of what to measure besides the bare ones")
    parser.add_argument(
        "--build-dir",
        type=Path,
        default=BUILD / "build",
        help="where sam build left the functions and layers",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
