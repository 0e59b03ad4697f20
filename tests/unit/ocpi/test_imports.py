"""A cold Lambda pays for what it imports."""

import subprocess
import sys
from pathlib import Path

import pytest

LAYER = Path(__file__).parents[3] / "layers" / "emsp"


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("envelope", ["pydantic"]),
        ("headers", ["pydantic"]),
        ("paging_headers", ["pydantic"]),
        ("parties", ["pydantic"]),
        (
            "sessions",
            ["boto3", "emsp.ocpi.cdrs", "emsp.ocpi.locations", "emsp.ocpi.tariffs", "emsp.ocpi.tokens"],
        ),
        ("commands", ["emsp.ocpi.locations", "emsp.ocpi.tariffs", "emsp.ocpi.sessions", "emsp.ocpi.cdrs"]),
        ("cdrs", ["emsp.ocpi.locations", "emsp.ocpi.tokens"]),
        ("tariffs", ["emsp.ocpi.locations", "emsp.ocpi.sessions"]),
    ],
)
def test_a_module_brings_only_what_it_needs(module: str, unwanted: list[str]) -> None:
    code = f"import sys, emsp.ocpi.{module}; print([name for name in {unwanted} if name in sys.modules])"
    environment = {"PYTHONPATH": str(LAYER)}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout == "[]\n"
