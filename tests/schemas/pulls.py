"""What pull_locations and pull_tariffs answer."""

from datetime import datetime
from typing import Literal

from pydantic import RootModel

from emsp.stores.pull_records import PullMode, RunState
from tests.schemas.strict_model import StrictModel


class Summary(StrictModel):
    """A run. `sweep` is the result for objects that the Hub no longer lists, null in a delta run. `snapshot`
    is the key of its manifest.
    """

    run_id: str
    mode: PullMode
    started_at: datetime
    completed_at: datetime | None
    date_from: datetime | None
    counts: dict[str, int]
    sweep: Literal["swept", "guarded", "uncertain"] | None
    snapshot: str | None
    attempts: int


class RunStatus(Summary):
    """`error` is the error of the last attempt; null if the run has continued since."""

    run_state: RunState
    updated_at: datetime
    error: str | None


class Pulled(RunStatus):
    """The result of a pull: completed, continued by itself, or that of a pull that was already running."""

    state: Literal["COMPLETED", "CONTINUES", "ALREADY_RUNNING"]


class NothingPulled(StrictModel):
    """There is no Hub yet, or another pull has just started."""

    state: Literal["NOT_REGISTERED", "ALREADY_RUNNING"]


class PulledBefore(StrictModel):
    """The run that this invocation should continue is already completed."""

    state: Literal["COMPLETED"]
    run_id: str


class PullStatus(StrictModel):
    """`{"mode": "status"}`: the current or last run, and the last completed ones, newest first."""

    state: Literal["NEVER_RUN", "RUNNING", "LISTING", "FINISHING", "COMPLETED"]
    run: RunStatus | None
    delta_from: datetime | None
    snapshot: str | None
    runs: list[Summary]


class PullAnswer(RootModel[Pulled | NothingPulled | PulledBefore | PullStatus]):
    """One of these, by the mode and the result."""
