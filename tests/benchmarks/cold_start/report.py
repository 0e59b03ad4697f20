"""The figures as a Markdown table with a chart beside it, and the machine that they were measured on."""

import io
import os
import platform
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.cold_start.lambda_process import versions
from tests.benchmarks.cold_start.measure import Measured
from tests.benchmarks.cold_start.subjects import FASTAPI, PUT_ITEM, Subject

MEGABYTE = 1_000_000

HEAD = """# Cold starts and footprint

{today:%Y-%m-%d %H:%M} UTC · {machine} · {versions} · medians of {rounds} cold starts
and {warm} warm calls, in turns

Cold: from the start of the process to its first answer, INIT and all calls of AWS and the Hub included; the
median and the fastest. CPU: the processor's time in it, and the part of it that the first call takes; it
suffers least from what else the machine does. Warm: one call through the emulator, and its processor time.
Ratios are to one PutItem by boto3 from the same trimmed layer, in this run; only they carry over to another
machine. MB: 1,000,000 bytes; peak: VmHWM.
"""
LIMITS_HEAD = """
## What we hold ourselves to

| what | at most | measured |
| --- | ---: | ---: |"""
COLD_AT_MOST = {
    "versions": 1.10,
    "receive_session": 1.38,
    "receive_cdr": 1.50,
    "authorize_token": 1.45,
    "send_command": 1.55,
    "driver_api": 1.90,
}
"""CPU of a cold start, in CPU of a bare PutItem's: it decides how long a driver or the Hub waits."""
WARM_AT_MOST = {"receive_session": 1.20, "receive_cdr": 2.00, "authorize_token": 2.50}
FASTER_THAN_FASTAPI = 4.0
LAYER_MB_AT_MOST = 7.0
MEMORY = """
## Memory sizes

Lambda gives a function a share of a processor: all of one at 1,769 MB, half at half that size (INIT has a
whole one). So from the CPU above: the milliseconds that the first call and a warm one take besides waiting.
"""
COLUMNS = ("what", "cold ms", "ratio", "fastest", "ratio", "INIT ms", "CPU ms", "ratio", "in the call")
WARM_COLUMNS = ("warm p50 ms", "p95 ms", "ratio", "CPU ms")
SIZE_COLUMNS = ("peak MB", "MB, zipped")


MEMORY_SIZES_MB = (128, 256, 512, 1024, 1769)


def write_report(
    folder: Path, subjects: Sequence[Subject], measured: Mapping[str, Measured], rounds: int, warm_calls: int
) -> Path:
    """Writes cold_start.md and cold_start.svg; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    put_item = measured[PUT_ITEM]
    lines = [
        HEAD.format(
            today=datetime.now(UTC), machine=machine(), versions=versions(), rounds=rounds, warm=warm_calls
        )
    ]
    columns = (*COLUMNS, *WARM_COLUMNS, *SIZE_COLUMNS)
    lines += [f"| {' | '.join(columns)} |", f"| --- |{' ---: |' * (len(columns) - 1)}"]
    for subject in subjects:
        figures = measured[subject.name]
        unzipped, zipped = package_size(subject)
        cells = [
            subject.name,
            f"{figures.first_answer_ms:.0f}",
            f"{figures.first_answer_ms / put_item.first_answer_ms:.2f}",
            f"{figures.fastest_ms:.0f}",
            f"{figures.fastest_ms / put_item.fastest_ms:.2f}",
            f"{figures.init_ms:.0f}",
            f"{figures.cpu_ms:.0f}",
            f"{figures.cpu_ms / put_item.cpu_ms:.2f}",
            f"{figures.call_cpu_ms:.1f}",
            *warm_cells(figures, put_item),
            f"{figures.peak_memory_mb:.0f}",
            f"{unzipped / MEGABYTE:.1f}, {zipped / MEGABYTE:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += limits(subjects, measured)
    lines += ["", "![cold starts](cold_start.svg)", *memory_table(measured), ""]
    (folder / "cold_start.svg").write_text(chart(measured), encoding="utf-8")
    written = folder / "cold_start.md"
    written.write_text("\n".join(lines), encoding="utf-8")
    return written


def limits(subjects: Sequence[Subject], measured: Mapping[str, Measured]) -> list[str]:
    """What we hold ourselves to, beside what was measured of it."""
    put_item = measured[PUT_ITEM]
    lines = [LIMITS_HEAD]
    for name, at_most in COLD_AT_MOST.items():
        if name in measured:
            ratio = measured[name].cpu_ms / put_item.cpu_ms
            lines.append(f"| {name}, cold, to a bare PutItem | {at_most:.2f} | {ratio:.2f} |")
    for name, at_most in WARM_AT_MOST.items():
        if name in measured:
            ratio = measured[name].warm_p50_ms / put_item.warm_p50_ms
            lines.append(f"| {name}, warm, to a bare PutItem | {at_most:.2f} | {ratio:.2f} |")
    if FASTAPI in measured:
        own = {name: measured[name].cpu_ms for name in COLD_AT_MOST if name in measured}
        slowest = max(own, key=lambda name: own[name])
        share = own[slowest] / measured[FASTAPI].cpu_ms
        lines.append(
            f"| the slowest of these ({slowest}), cold, to FastAPI "
            f"| {1 / FASTER_THAN_FASTAPI:.2f} | {share:.2f} |"
        )
    dependencies = next(subject for subject in subjects if subject.name == PUT_ITEM).code.layers[0]
    size = zipped_size([dependencies])[1] / MEGABYTE
    lines.append(f"| dependencies layer, MB zipped | {LAYER_MB_AT_MOST:.2f} | {size:.2f} |")
    return lines


def memory_table(measured: Mapping[str, Measured]) -> list[str]:
    """The processor's part of the first call and of a warm one, at each size."""
    lines = [MEMORY, f"| what | {' | '.join(f'{size} MB' for size in MEMORY_SIZES_MB)} |"]
    lines.append(f"| --- |{' ---: |' * len(MEMORY_SIZES_MB)}")
    for name, figures in measured.items():
        if figures.warm_ms:
            shares = [min(1.0, size / 1769) for size in MEMORY_SIZES_MB]
            cells = [
                f"{figures.call_cpu_ms / share:.0f}, {figures.warm_cpu_ms / share:.1f}" for share in shares
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def warm_cells(figures: Measured, put_item: Measured) -> list[str]:
    if not figures.warm_ms:
        return ["", "", "", ""]
    ratio = figures.warm_p50_ms / put_item.warm_p50_ms
    return [
        f"{figures.warm_p50_ms:.2f}",
        f"{figures.warm_p95_ms:.2f}",
        f"{ratio:.2f}",
        f"{figures.warm_cpu_ms:.2f}",
    ]


def package_size(subject: Subject) -> tuple[int, int]:
    """Bytes of the function and its layers: as they lie there, and as zip files."""
    return zipped_size([subject.code.function, *subject.code.layers])


def zipped_size(folders: Sequence[Path]) -> tuple[int, int]:
    unzipped = zipped = 0
    for folder in folders:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    written.write(path, path.relative_to(folder))
                    unzipped += path.stat().st_size
        zipped += len(archive.getvalue())
    return unzipped, zipped


def machine() -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return f"{os.cpu_count()} x {model} ({platform.machine()})"


def chart(measured: Mapping[str, Measured]) -> str:
    """Bars of the cold starts, INIT and the first call apart, as SVG."""
    left, width, row, top = 170, 560, 26, 46
    longest = max(figures.first_answer_ms for figures in measured.values())
    put_item = measured[PUT_ITEM].first_answer_ms
    parts = []
    for index, (name, figures) in enumerate(measured.items()):
        y = top + index * row
        init = figures.init_ms / longest * width
        rest = max(0.0, figures.first_answer_ms - figures.init_ms) / longest * width
        label = f"{figures.first_answer_ms:.0f} ms · {figures.first_answer_ms / put_item:.2f}x"
        parts.append(
            f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{name}</text>'
            f'<rect x="{left}" y="{y}" width="{init:.1f}" height="18" fill="#3465a4"/>'
            f'<rect x="{left + init:.1f}" y="{y}" width="{rest:.1f}" height="18" fill="#8fb4e3"/>'
            f'<text x="{left + init + rest + 6:.1f}" y="{y + 14}">{label}</text>'
        )
    height = top + len(measured) * row + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 120}" height="{height}" '
        'font-family="sans-serif" font-size="12" fill="#222"><rect width="100%" height="100%" fill="#fff"/>'
        '<text x="12" y="18" font-size="14">Cold start: process start to first answer</text>'
        '<rect x="12" y="26" width="10" height="10" fill="#3465a4"/><text x="26" y="35">INIT</text>'
        '<rect x="66" y="26" width="10" height="10" fill="#8fb4e3"/><text x="80" y="35">first call</text>'
        f"{''.join(parts)}</svg>\n"
    )
