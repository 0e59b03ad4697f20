"""The paths of the local cloud's files and programs."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCAL = REPOSITORY / ".local"
STACK_FILE = LOCAL / "stack.json"
SERVER_FILE = LOCAL / "server.json"
DEPLOYED_FILE = LOCAL / "deployed.json"
BUILD = LOCAL / "aws-sam"
# The interpreter with MiniStack installed, and the script that it runs.
CLOUD_PYTHON = LOCAL / "venvs" / "local-cloud" / "bin" / "python"
MINISTACK = REPOSITORY / "tests" / "local_cloud" / "ministack_as_aws.py"
SAM = LOCAL / "venvs" / "sam" / "bin" / "sam"


class NotInstalled(Exception):
    """A program of the local cloud is not installed."""

    def __init__(self, program: Path) -> None:
        super().__init__(f"{program.relative_to(REPOSITORY)} is missing: run `make tools` first")


def installed(program: Path) -> Path:
    """Returns the program's path. Raises NotInstalled if it does not exist."""
    if not program.exists():
        raise NotInstalled(program)
    return program
