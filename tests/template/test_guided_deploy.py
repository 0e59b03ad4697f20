"""README's first command, driven as a newcomer does: Enter, and values where they are asked for."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.local_cloud.places import SAM, installed
from tests.template.template import REPOSITORY, template

PARTY = {"OurCountryCode": "IN", "OurPartyId": "EMS", "OurBusinessName": "Example eMSP"}
ANSWERS = PARTY | {"AlarmEmail": "oncall@emsp.example.com"}


def guided(folder: Path, answers: dict[str, str]) -> str:
    """What `sam deploy --guided` prints until it wants an account, which it can't reach."""
    for name in ("template.yaml", "operations.yaml", "samconfig.toml"):
        shutil.copy(REPOSITORY / name, folder / name)
    lines = ["", "", *(answers.get(name, "") for name in template()["Parameters"]), *[""] * 6]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    environment |= {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
    }
    finished = subprocess.run(
        [installed(SAM), "deploy", "--guided", "--template", "template.yaml"],
        input="\n".join(lines) + "\n",
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return re.sub(r"\x1b\[\d+m", "", finished.stdout + finished.stderr)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    return guided(tmp_path_factory.mktemp("guided"), ANSWERS)


def test_enter_and_the_values_asked_for_lead_past_every_question(told: str) -> None:
    assert "Looking for resources needed for deployment" in told
    assert "Security Constraints Not Satisfied" not in told
    assert "has no authentication" not in told


def test_it_asks_who_is_told_of_trouble(told: str) -> None:
    assert re.search(r"Parameter AlarmEmail \[\]:", told), "there is no default: somebody must be told"
    assert "Default" not in template()["Parameters"]["AlarmEmail"]
    asked = re.findall(r"Parameter (\w+) \[", told)
    assert asked.index("AlarmEmail") < 5, "it is asked among what has no default"


def test_only_what_has_no_default_needs_a_value() -> None:
    needed = {name for name, each in template()["Parameters"].items() if "Default" not in each}
    assert needed == {"OurPartyId", "OurBusinessName", "AlarmEmail"}
