"""The simulator as a program of its own."""

import re
import socket
import subprocess
import sys

from tests.hub_simulator.admin_client import AdminClient
from tests.unit.hub_simulator.emsp_side import call

PROGRAM = [sys.executable, "-m", "tests.hub_simulator"]


def test_it_says_in_one_line_where_it_is_and_ends_when_told_to() -> None:
    options = [
        "--locations",
        "7",
        "--initial-token",
        "first-token",
        "--settings",
        '{"paging": {"max_limit": 5}}',
    ]
    with subprocess.Popen([*PROGRAM, *options], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        line = program.stdout.readline()
        found = dict(re.findall(r"(\w+)=(\S+)", line))
        admin = AdminClient(found["admin_url"])
        catalogue = admin.catalogue()
        versions = call("GET", found["versions_url"], found["initial_token"])
        settings = admin.settings()
        program.terminate()
        assert program.wait(5) == 0
    assert found["initial_token"] == "first-token"
    assert versions.code == 1000
    assert catalogue["locations"] == 7
    assert settings["paging"]["max_limit"] == 5


def test_a_busy_port_is_said_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*PROGRAM, "--port", port], capture_output=True, text=True, timeout=10, check=False
        )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "--port" in ended.stderr
