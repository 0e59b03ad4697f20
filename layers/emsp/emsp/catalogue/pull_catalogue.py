"""The use case of pull_locations and pull_tariffs: `{"mode": "full" | "delta" | "status", ...}` in, counts
out.

Optional fields of the payload: `restart` (true: abandon an unfinished run, and compare with the table),
`vanish_share` (0 to 1: the share of the catalogue that this run may remove, instead of the configured one),
`insist` (true: raise an error if another pull is running, so that Lambda retries).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from emsp.catalogue.finish_run import summary_of
from emsp.catalogue.hub_list import HubList, KeptAsRejected
from emsp.catalogue.module import CatalogueModule
from emsp.catalogue.pull import CataloguePull, PullOutcome
from emsp.catalogue.pull_parts import PullOptions
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import NotRegistered
from emsp.invocation import Flag, Payload, read_payload
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.pull_records import Catalogue, PullMode, PullRecord, PullRun
from emsp.stores.pull_runs import PullRuns
from emsp.stores.rejected import RejectedStore
from emsp.stores.snapshots import Snapshots

COUNTED: Final = {
    "added": Metric.CATALOGUE_OBJECTS_ADDED,
    "changed": Metric.CATALOGUE_OBJECTS_CHANGED,
    "removed": Metric.CATALOGUE_OBJECTS_REMOVED,
    "rejected": Metric.CATALOGUE_OBJECTS_REJECTED,
}


class AnotherPullRuns(Exception):
    """Another pull is running, and this one insists. Lambda retries it if a schedule invoked it."""


class PullCatalogueRequest(Payload):
    """The payload. The mode "status" returns the state of the pulls.

    `continue` is the id of the run that this function resumes when it invokes itself.
    """

    mode: Literal["full", "delta", "status"]
    restart: Flag = False
    vanish_share: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] | None = None
    insist: Flag = False
    continues: Annotated[str | None, Field(alias="continue")] = None

    @property
    def pulls(self) -> PullMode | None:
        """The mode, or None if only the status is requested."""
        return None if self.mode == "status" else PullMode(self.mode)


@dataclass(frozen=True)
class PullCatalogue:
    """Pulls one module. `connect` returns the Hub client."""

    module: CatalogueModule
    table: CatalogueTable
    runs: Callable[[], PullRuns]
    snapshots: Snapshots
    rejected: RejectedStore
    connect: Callable[[], HubClient]
    options: PullOptions

    def __call__(
        self,
        payload: Mapping[str, JsonValue],
        deadline: Deadline,
        invoke_again: Callable[[JsonObject], None],
    ) -> JsonObject:
        """Pull, or return the status. Before a registration, return `{"state": "NOT_REGISTERED"}`.

        `invoke_again` invokes this function with a payload. Raises InvalidInvocation, AnotherPullRuns, and
        the errors of CataloguePull.pull.
        """
        request = read_payload(PullCatalogueRequest, payload)
        runs = self.runs()
        mode = request.pulls
        if mode is None:
            return status(runs.read())
        if request.continues and not _is_unfinished(runs.read(), request.continues):
            log.info("the run to continue is completed or was replaced", run_id=request.continues)
            return {"state": "COMPLETED", "run_id": request.continues}
        try:
            hub = self.connect()
        except NotRegistered:
            log.info("there is no Hub to pull from: register first", ocpi_module=self.module.name)
            return {"state": "NOT_REGISTERED"}
        options = self.options.within(deadline.remaining(), request.vanish_share)
        try:
            outcome = self._pull(hub, runs, options, deadline).pull(mode, restart=request.restart)
        except Exception:
            count(Metric.PULLS_FAILED)
            raise
        if outcome.state == "ALREADY_RUNNING" and request.insist:
            raise AnotherPullRuns(f"a pull of {self.module.name} is running: this {mode} one is retried")
        if outcome.state == "CONTINUES" and outcome.run is not None:
            invoke_again(_continuation(request, outcome.run))
        self._count(outcome)
        return answer(outcome)

    def _pull(
        self, hub: HubClient, runs: PullRuns, options: PullOptions, deadline: Deadline
    ) -> CataloguePull:
        return CataloguePull(
            module=self.module,
            source=HubList(hub, self.module.name, deadline, options.reserve_s),
            table=self.table,
            runs=runs,
            snapshots=self.snapshots,
            rejected=KeptAsRejected(self.rejected, self.module.name),
            options=options,
            deadline=deadline,
        )

    def _count(self, outcome: PullOutcome) -> None:
        if outcome.state != "COMPLETED" or outcome.run is None:
            return
        name = self.module.name
        count(Metric.PULLS_COMPLETED, module=name, mode=outcome.run.mode)
        for counted, metric in COUNTED.items():
            if found := outcome.run.counts.get(counted, 0):
                count(metric, found)
        if outcome.run.sweep == "guarded":
            count(Metric.VANISH_GUARD_TRIPPED)


def answer(outcome: PullOutcome) -> JsonObject:
    """Return the answer: the state, the run, its counts, and the key of the snapshot's manifest once it
    exists.
    """
    run = outcome.run
    if run is None:
        return {"state": outcome.state}
    return {"state": outcome.state, **_as_json(run)}


def status(record: PullRecord | None) -> JsonObject:
    """Return the current or last run, whether it is running, and the last completed runs."""
    record = record or PullRecord(None, Catalogue(), None, None)
    running = record.lease_until is not None and record.lease_until > datetime.now(UTC)
    return {
        "state": "RUNNING" if running else record.run.state.value if record.run else "NEVER_RUN",
        "run": _as_json(record.run) if record.run else None,
        "delta_from": record.catalogue.delta_from,
        "snapshot": record.catalogue.snapshot,
        "runs": list(reversed(record.catalogue.history)),
    }


def _as_json(run: PullRun) -> JsonObject:
    return {
        **summary_of(run),
        "run_state": run.state.value,
        "updated_at": run.updated_at,
        "error": run.error,
    }


def _is_unfinished(record: PullRecord | None, run_id: str) -> bool:
    run = record.run if record else None
    return run is not None and run.run_id == run_id and not run.snapshot


def _continuation(request: PullCatalogueRequest, run: PullRun) -> JsonObject:
    payload: JsonObject = {"mode": run.mode.value, "continue": run.run_id}
    if request.vanish_share is not None:
        payload["vanish_share"] = Decimal(str(request.vanish_share))
    return payload
