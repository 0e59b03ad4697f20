"""What pull_locations and pull_tariffs answer."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel

from emsp.stores.pull_records import PullMode, RunState


class Told(BaseModel):
    """A part of the answer; times are UTC, absent is null."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Summary(Told):
    """A run: `sweep` is what became of what vanished, null in a delta run; `snapshot` its manifest's key."""

    run_id: str
    mode: PullMode
    started_at: datetime
    completed_at: datetime | None
    date_from: datetime | None
    counts: dict[str, int]
    sweep: Literal["swept", "guarded", "uncertain"] | None
    snapshot: str | None
    attempts: int


class RunTold(Summary):
    """`error` is what the last attempt ended with, null once it went on."""

    run_state: RunState
    updated_at: datetime
    error: str | None


class Pulled(RunTold):
    """A pull that was asked for: done, to be gone on with by itself, or another one was running: that one."""

    state: Literal["COMPLETED", "CONTINUES", "ALREADY_RUNNING"]


class NothingPulled(Told):
    """There is no Hub yet, or another pull has just begun."""

    state: Literal["NOT_REGISTERED", "ALREADY_RUNNING"]


class PulledBefore(Told):
    """The run that this invocation was to go on with is completed."""

    state: Literal["COMPLETED"]
    run_id: str


class PullsTold(Told):
    """`{"mode": "status"}`: the current or last run, and the last completed ones, newest first."""

    state: Literal["NEVER_RUN", "RUNNING", "LISTING", "FINISHING", "COMPLETED"]
    run: RunTold | None
    delta_from: datetime | None
    snapshot: str | None
    runs: list[Summary]


class PullAnswer(RootModel[Pulled | NothingPulled | PulledBefore | PullsTold]):
    """One of these, by what was asked and how it went."""
