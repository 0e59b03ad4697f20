"""python -m tests.benchmarks.catalogue: how fast, how lean and how sparing pulls and searches are.

The simulated Hub and the local cloud run as processes of their own. Each measurement is a process of its own
too, so that its peak memory is its own, and measurements that are compared take turns. What is reported are
ratios within one run.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.benchmarks.catalogue import work
from tests.hub_simulator.admin_client import AdminClient
from tests.integration.catalogue.house import create_stores, register
from tests.local_cloud import server

ROOT = Path(__file__).resolve().parents[3]
REPORT = ROOT / "tests" / "benchmarks" / "catalogue" / "RESULTS.md"


@dataclass
class Bench:
    """What is measured against, and what was found."""

    place: work.Place
    admin: AdminClient
    locations: int
    lines: list[str]

    def run(self, task: str, **options: Any) -> dict[str, Any]:
        """One measurement in a process of its own."""
        request = {"task": task, "place": vars(self.place), **options}
        command = [sys.executable, "-m", "tests.benchmarks.catalogue.work", json.dumps(request)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, env=_environment(), check=True)
        found: dict[str, Any] = json.loads(done.stdout.decode().strip().splitlines()[-1])
        print(f"  {task} {options}: {found}", file=sys.stderr, flush=True)
        return found

    def say(self, line: str) -> None:
        self.lines.append(line)
        print(line, flush=True)


def _environment() -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT / 'layers' / 'emsp'}:{ROOT}",
        "AWS_ACCESS_KEY_ID": server.ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": server.SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": server.REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LOG_LEVEL": "ERROR",
    }


@contextmanager
def surroundings(locations: int) -> Iterator[Bench]:
    """The local cloud and the simulated Hub, with so many locations of 3 EVSEs with 2 connectors."""
    cloud = server.start()
    options = ["--locations", str(locations), "--evses", "3", "--connectors", "2", "--preload", "--no-limits"]
    hub = subprocess.Popen(
        [sys.executable, "-m", "tests.hub_simulator", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert hub.stdout is not None
        told = dict(word.split("=", 1) for word in hub.stdout.readline().split() if "=" in word)
        clients = {
            "endpoint_url": cloud.endpoint_url,
            "region_name": server.REGION,
            "aws_access_key_id": server.ACCESS_KEY_ID,
            "aws_secret_access_key": server.SECRET_ACCESS_KEY,
        }
        create_stores(boto3.client("dynamodb", **clients), boto3.client("s3", **clients))  # type: ignore[call-overload]
        url = told["versions_url"].removesuffix("/ocpi/versions")
        admin = AdminClient(url)
        token = register(admin, url, told["initial_token"])
        yield Bench(work.Place(url, token, cloud.endpoint_url), admin, locations, [])
    finally:
        hub.terminate()
        hub.wait()
        cloud.stop()


def medians(rounds: int, *tasks: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    """The median run of each task, the tasks taking turns."""
    runs = [[task() for task in tasks] for _ in range(rounds)]
    return [
        sorted(column, key=lambda run: run["seconds"])[len(column) // 2] for column in zip(*runs, strict=True)
    ]


def pulls(bench: Bench, page: int, rounds: int) -> None:
    """First, unchanged and slightly changed pulls with one page size."""
    bench.run("empty")
    bench.admin.change_settings(paging={"max_limit": page})
    first = bench.run("pull", page=page)
    base, same = medians(
        rounds, lambda: bench.run("baseline", page=page), lambda: bench.run("pull", page=page)
    )
    changed = len(bench.admin.mutate(percent=1.0, mutation="content_only"))
    after = bench.run("pull", page=page)
    peak = max(first["peak_mb"], same["peak_mb"], after["peak_mb"])
    cells = [
        f"{page}",
        f"{base['seconds']:.1f} s",
        f"{same['seconds']:.1f} s",
        f"**{same['seconds'] / base['seconds']:.2f}**",
        f"{same['cpu_seconds'] / base['cpu_seconds']:.2f}",
        f"{first['seconds']:.1f} s",
        f"{after['seconds']:.1f} s",
        f"{peak:.0f} MB ({base['peak_mb']:.0f})",
        f"{same['objects_written']} / {same['bookkeeping']}",
        f"{after['objects_written']} of {changed} / {after['bookkeeping']}",
    ]
    bench.say(f"| {' | '.join(cells)} |")


def naive(bench: Bench, page: int) -> None:
    """Against reading, validating and writing everything each time."""
    bench.run("empty")
    bench.admin.change_settings(paging={"max_limit": page})
    plain = bench.run("naive", page=page)
    bench.run("empty")
    ours = bench.run("pull", page=page)
    again = bench.run("pull", page=page)
    bench.say(
        f"A first pull in pages of {page} takes {ours['seconds']:.1f} s, "
        f"{plain['seconds'] / ours['seconds']:.1f} times faster than validating and putting object by object "
        f"({plain['seconds']:.1f} s); an unchanged one {again['seconds']:.1f} s, "
        f"{plain['seconds'] / again['seconds']:.0f} times faster."
    )


def quota(bench: Bench, pages: int) -> None:
    """How much of 200 requests a minute a pull uses."""
    size = max(1, bench.locations // pages)
    bench.admin.change_settings(
        paging={"max_limit": size}, limits={"per_window": {"locations": 200}, "window_s": 60.0}
    )
    bench.admin.reset_limits()
    found = bench.run("pull", page=size, quota=200)
    bench.admin.change_settings(limits={"per_window": {"locations": 0}})
    ideal = found["pages"] / 200 * 60
    bench.say(
        f"With 200 requests a minute, {found['pages']} pages take {found['listing_seconds']:.1f} s: "
        f"**{ideal / found['listing_seconds']:.1%}** of the quota used; requests refused by the Hub: "
        f"{bench.admin.limit('locations').get('refused')}."
    )


def near(bench: Bench) -> None:
    """Finding locations near a point against reading one item."""
    found = bench.run("near", searches=60)
    bench.say(
        f"find_locations within 10 km among {bench.locations:,} (50 nearest, whole): "
        f"p50 {found['near_p50_ms']:.1f} ms, p95 {found['near_p95_ms']:.1f} ms; one GetItem: "
        f"p50 {found['get_p50_ms']:.1f} ms, p95 {found['get_p95_ms']:.1f} ms: "
        f"**{found['near_p95_ms'] / found['get_p95_ms']:.1f}x** at p95. Read: {found['cells']:.0f} cells, "
        f"{found['summaries']:.0f} summaries and {found['locations']:.0f} locations on average."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--locations", type=int, default=100_000)
    parser.add_argument("--pages", type=int, nargs="*", default=[500, 50])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quota-pages", type=int, default=600, help="0: leave the full-length quota run out")
    parser.add_argument("--no-report", action="store_true", help="print only")
    options = parser.parse_args()
    began = time.monotonic()
    with surroundings(options.locations) as bench:
        bench.say(f"# Pulls of {options.locations:,} locations (3 EVSEs x 2 connectors)\n")
        bench.say(
            f"{platform.platform()}, Python {platform.python_version()}, {work.processors()} processors.\n"
        )
        columns = [
            "page",
            "download and parse",
            "unchanged pull",
            "ratio",
            "ratio of CPU time",
            "first pull",
            "1% changed",
            "peak memory (baseline)",
            "unchanged: objects written / bookkeeping writes",
            "1% changed: objects written / bookkeeping writes",
        ]
        bench.say(f"| {' | '.join(columns)} |")
        bench.say(f"|{' --- |' * len(columns)}")
        for page in options.pages:
            pulls(bench, page, options.rounds)
        bench.say("")
        near(bench)
        if options.quota_pages:
            quota(bench, options.quota_pages)
    with surroundings(min(20_000, options.locations)) as bench_small:
        bench_small.lines = bench.lines
        bench_small.say("")
        bench_small.say(f"{bench_small.locations:,} locations:")
        naive(bench_small, 500)
    bench.say(f"\nTook {time.monotonic() - began:.0f} s.")
    if not options.no_report:
        REPORT.write_text("\n".join(bench.lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
