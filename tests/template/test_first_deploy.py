"""README's first step, done as a newcomer does it: values in samconfig.toml, then sam deploy."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.local_cloud.deployment import TEMPLATES
from tests.local_cloud.places import SAM, installed
from tests.template.pages import section
from tests.template.template import REPOSITORY, template

COMMENTED = '# "AlarmEmail='
CONFIG: dict[str, Any] = tomllib.loads((REPOSITORY / "samconfig.toml").read_text(encoding="utf-8"))


def deployed(folder: Path) -> str:
    """What `sam deploy` prints until it wants an account, which it can't reach."""
    for name in TEMPLATES:
        shutil.copy(REPOSITORY / name, folder / name)
    config = (REPOSITORY / "samconfig.toml").read_text(encoding="utf-8")
    assert COMMENTED in config
    (folder / "samconfig.toml").write_text(config.replace('# "AlarmEmail', '"AlarmEmail'), encoding="utf-8")
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
        [installed(SAM), "deploy", "--template", "template.yaml"],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return re.sub(r"\x1b\[\d+m", "", finished.stdout + finished.stderr)


def test_with_values_in_samconfig_it_gets_as_far_as_the_account(tmp_path: Path) -> None:
    told = deployed(tmp_path)
    assert "127.0.0.1:9" in told, told
    assert "Missing" not in told


def test_samconfig_asks_for_what_has_no_default_and_freezes_nothing_else() -> None:
    """A value that is written down keeps a better default away for ever: --guided writes all of them."""
    chosen = CONFIG["default"]["deploy"]["parameters"]["parameter_overrides"]
    needed = {name for name, each in template()["Parameters"].items() if "Default" not in each}
    assert needed == {"OurPartyId", "OurBusinessName", "AlarmEmail"}
    assert {each.split("=")[0] for each in chosen} == needed - {"AlarmEmail"} | {"OurCountryCode"}
    step = section("README.md", "Deploy to AWS and connect, in three steps")
    assert "`AlarmEmail`" in step
    assert "DEPLOY_ARGS=--guided" not in step


@pytest.mark.parametrize("capability", ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
def test_it_may_make_roles_and_nest_a_stack_in_a_template_with_a_transform(capability: str) -> None:
    assert capability in CONFIG["default"]["deploy"]["parameters"]["capabilities"].split()
