"""docs/price.md: what a month costs, from what the tests count and AWS's list prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from textwrap import fill
from typing import Final

from emsp.metrics import Metric
from tests.price.measure import PUSHES, Counts
from tests.template.counted import counted
from tests.template.template import REPOSITORY, Resource, resources, template

PAGE: Final = REPOSITORY / "docs" / "price.md"

# AWS's list prices in USD, us-east-1, without the free tier; other regions are a tenth to a third dearer.
API_REQUEST: Final = 3.50e-6
LAMBDA_CALL: Final = 0.20e-6
LAMBDA_GB_S: Final = 0.0000133334  # arm64
WRITE_UNIT: Final = 0.625e-6
READ_UNIT: Final = 0.125e-6
TABLE_GB: Final = 0.25
BACKUP_GB: Final = 0.20  # point in time
INDEX_ENTRY_BYTES: Final = 200
EVENT: Final = 1.00e-6  # for each 64 KB that are begun
ARCHIVE_GB: Final = 0.10
ARCHIVE_GB_KEPT: Final = 0.023  # a month
LOG_GB: Final = 0.50
TRACE: Final = 5.00e-6
ALARM: Final = 0.10  # for each metric that it watches
METRIC: Final = 0.30
SECRET: Final = 0.40
WORKFLOW_STEP: Final = 25e-6
DASHBOARD: Final = 3.00
SCHEDULED_RUN: Final = 1.00e-6
QUEUE_REQUEST: Final = 0.40e-6
S3_GB: Final = 0.023
S3_PUT: Final = 5e-6
KEY: Final = 1.00
KEY_USE: Final = 3e-6

# What `make bench` and the Hub's contract say; see tests/benchmarks/README.md.
PUSH_GB_S: Final = 0.5 * 0.015  # 6 ms of processor and waiting for one write, at 512 MB
STREAM_GB_S: Final = 0.5 * 0.015
COST_SO_FAR_GB_S: Final = 0.5 * 0.002  # 0.45 ms of processor, for ten periods and a tariff of one element
HUB_CALL_GB_S: Final = 0.5 * 0.6  # most of it is waiting for the Hub and the CPO behind it
PULL_GB_S: Final = 1.0 * 90  # a delta with 10,000 changed locations
TEXT_LOG_BYTES: Final = 330  # START, END and REPORT of a call
JSON_LOG_BYTES: Final = 420  # platform.start and platform.report
WORKFLOW_STEPS: Final = 6
# detect_misuse compares a charge when it begins, ends and has its CDR, with two charges of its token.
MISUSE_CALLS: Final = 3
MISUSE_READ_UNITS: Final = 20
MISUSE_GB_S: Final = 0.5 * 0.17
# A poll of a running charge by a driver's app; tests/integration/driver_api/test_charges.py counts the reads.
HTTP_API_REQUEST: Final = 1.00e-6
POLL_READS: Final = 2  # its command and its session, consistently
POLL_LOOKUPS: Final = 3  # location, tariff, whose price plan: where the process does not know them yet
POLL_GB_S: Final = 1.0 * 0.015  # two reads one after the other, at 1,024 MB
POLL_PRICED_GB_S: Final = 1.0 * 0.003  # what the cost takes, with its lookups
POLL_LOG_BYTES: Final = 260 + JSON_LOG_BYTES  # the gateway's line, and the platform's
ON_DEMAND: Final = frozenset({"HasDriverApi", "HasWebhook"})
# A cold start's INIT is billed since August 2025: 0.3 s of it, for one call in fifty.
INIT_GB_S: Final = 0.5 * 0.3 / 50
# A month of the clock's runs: enforce_limits each minute, watch_charges and check_hub each five minutes, 120
# deltas and 2 full pulls a day. Those that call the Hub wait for it.
RUNS: Final = 30 * (1440 + 288)
RUNS_THAT_CALL_THE_HUB: Final = 30 * (288 + 120 + 2)
RUN_GB_S: Final = 0.5 * 0.05
RUN_READ_UNITS: Final = 4
RUN_LOG_BYTES: Final = 1000
# Lambda's five pollers ask the queue of expiries every 20 s.
POLLS_A_MONTH: Final = 30 * 24 * 3600 / 20 * 5
SNAPSHOT_SHARE: Final = 0.5  # of the items' bytes: lines and map, gzipped
FILES_OF_A_SNAPSHOT: Final = 4

LOCATIONS: Final = 100_000
CHURN: Final = 0.10
DELTAS_A_MONTH: Final = 96 * 30
# Values of a dimension that come in a month. AWS bills a metric for the hours in which it is sent: those of
# FAULTS are not sent in a month without one.
VALUES: Final = {"module": 2, "mode": 2, "object": 2, "allowed": 3, "state": 4, "error": 3, "kind": 3}
METRICS_BEFORE: Final = 105  # each for the service as a whole and by its dimensions
FAULTS: Final = frozenset(
    {
        *(Metric.CONFLICTING_CDRS, Metric.LARGE_BODIES, Metric.UNKNOWN_TOKENS, Metric.FORBIDDEN_CALLS),
        *(Metric.EVENTS_NOT_TAKEN, Metric.CHANGES_PARKED, Metric.CHANGES_HELD_UP),
        *(Metric.EXPIRIES_HELD_UP, Metric.STOPS_REFUSED, Metric.PULLS_FAILED, Metric.VANISH_GUARD_TRIPPED),
        *(Metric.HUB_MOVED, Metric.PUSHES_REFUSED, Metric.PUSHES_BEYOND_NEED),
        *(Metric.DISPUTES_OVERDUE, Metric.TOKEN_MISUSE_SUSPECTED),
    }
)
CHANGES_TOLD_TOGETHER: Final = 100  # BatchSize of the stream

INTRODUCTION: Final = (
    "This page is for whoever pays for the AWS account: it shows what a month costs. `make price` "
    "generates it. The numbers of write units, bytes, events and log lines are those that the tests "
    "count in the real handlers. The prices are AWS's list prices (us-east-1, without the free tier). "
    "Other regions cost a tenth to a third more. The page does not include traffic out of AWS, taxes, "
    "support, and the calls of your own services (`find_locations`, `find_charges`, ...)."
)
SIZES: Final = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class Way:
    """How it is now, or how it was: what makes the difference."""

    session_units: float
    location_units: float
    changes_in_an_event: int
    traced: float
    """Share of the requests that X-Ray traces: one a second and a twentieth of the rest: nearly all."""
    metrics: int
    push_log_bytes: int
    """What the platform says of a push: of each call for it, or of those alone that fail."""
    cdr_log_bytes: int
    stream_calls: float
    """For a push: publish_changes always, and link_session, where its filter lets it through."""
    tells_cost: int
    """1 where each event of a session tells its cost so far by its tariff."""
    log_and_archive: int
    """1 where events are archived, and the API's requests are logged."""


def ways(counts: Counts) -> dict[str, Way]:
    """Before and now."""
    own = sum(
        prod(VALUES[name] for name in names if name != "service")
        for metric, dimensions in counted().items()
        for names in dimensions
        if metric not in FAULTS
    )
    return {
        "before": Way(
            session_units=counts.session_units_before,
            location_units=counts.location_units_before,
            changes_in_an_event=1,
            traced=0.9,
            metrics=METRICS_BEFORE + 2 * 50,
            push_log_bytes=3 * TEXT_LOG_BYTES,
            cdr_log_bytes=2 * TEXT_LOG_BYTES,
            stream_calls=2,
            tells_cost=0,
            log_and_archive=0,
        ),
        "now": Way(
            session_units=counts.session_units,
            location_units=counts.location_units,
            changes_in_an_event=CHANGES_TOLD_TOGETHER,
            traced=0.0,
            metrics=own,
            push_log_bytes=0,
            cdr_log_bytes=JSON_LOG_BYTES,
            stream_calls=1 + counts.links_per_push,
            tells_cost=1,
            log_and_archive=1,
        ),
    }


def of_a_push(counts: Counts, way: Way) -> dict[str, float]:
    """USD for a million pushes of sessions, by what they are spent on."""
    million = 1_000_000
    log_bytes = counts.session_log_bytes + counts.publish_log_bytes + way.push_log_bytes
    return {
        "API Gateway": million * API_REQUEST,
        "writing the session": million * way.session_units * WRITE_UNIT,
        "Lambda": million
        * ((1 + way.stream_calls) * LAMBDA_CALL + (PUSH_GB_S + way.stream_calls * STREAM_GB_S) * LAMBDA_GB_S),
        "events": million * counts.events_per_push * EVENT,
        "computing the cost so far": million
        * way.tells_cost
        * (COST_SO_FAR_GB_S * LAMBDA_GB_S + counts.lookups_per_push * READ_UNIT / 2),
        "logs": million * log_bytes / 1e9 * LOG_GB,
        "access log": million * way.log_and_archive * counts.access_log_bytes / 1e9 * LOG_GB,
        "archive of events": million * way.log_and_archive * counts.events_per_push * _archived(counts),
        "X-Ray": million * way.traced * TRACE,
    }


def of_the_catalogue(counts: Counts, way: Way) -> dict[str, float]:
    """USD a month for LOCATIONS of which CHURN change between two deltas, by what they are spent on."""
    changes = LOCATIONS * CHURN * DELTAS_A_MONTH
    calls = changes / CHANGES_TOLD_TOGETHER
    days = int(template()["Parameters"]["SnapshotRetentionDays"]["Default"])
    kept_gb = DELTAS_A_MONTH / 30 * days * LOCATIONS * counts.location_bytes * SNAPSHOT_SHARE / 1e9
    return {
        "writing what changed": changes * way.location_units * WRITE_UNIT,
        "events": changes / way.changes_in_an_event * EVENT,
        "reading the previous version": changes * READ_UNIT / 2,
        "Lambda": DELTAS_A_MONTH * PULL_GB_S * LAMBDA_GB_S + calls * (LAMBDA_CALL + 0.5 * LAMBDA_GB_S),
        "snapshots": DELTAS_A_MONTH * FILES_OF_A_SNAPSHOT * S3_PUT + kept_gb * S3_GB,
    }


def of_a_month(counts: Counts, way: Way, charges: int) -> dict[str, float]:
    """USD a month for so many charges, by what they are spent on; the catalogue apart."""
    pushes = charges * PUSHES / 1e6 * sum(of_a_push(counts, way).values())
    log_bytes = counts.session_log_bytes + counts.publish_log_bytes + way.cdr_log_bytes
    a_cdr = (
        API_REQUEST
        + counts.cdr_units * WRITE_UNIT
        + 2 * LAMBDA_CALL
        + (PUSH_GB_S + STREAM_GB_S) * LAMBDA_GB_S
        + 2 * (EVENT + way.log_and_archive * _archived(counts))
        + (log_bytes + way.log_and_archive * counts.access_log_bytes) / 1e9 * LOG_GB
    )
    # Authorized, started and stopped: three calls of the Hub, two results, their writes, one RemoteStart.
    commanded = (
        3 * (LAMBDA_CALL + HUB_CALL_GB_S * LAMBDA_GB_S)
        + 2 * (API_REQUEST + LAMBDA_CALL + PUSH_GB_S * LAMBDA_GB_S)
        + 30 * WRITE_UNIT
        + 2 * EVENT
        + 4000 / 1e9 * LOG_GB
    )
    # What the Hub and drivers wait for, and what the streams bring.
    calls = charges * (PUSHES * (1 + way.stream_calls) + 2 + 5)
    a_run = LAMBDA_CALL + SCHEDULED_RUN + RUN_READ_UNITS * READ_UNIT + RUN_LOG_BYTES / 1e9 * LOG_GB
    kept_gb = charges * 12 * (3 * counts.session_bytes / 2 + counts.cdr_bytes + 3 * INDEX_ENTRY_BYTES) / 1e9
    return {
        f"{PUSHES} pushes of each session": pushes,
        "CDRs": charges * a_cdr,
        "authorizations, starts and stops": charges * commanded,
        "search for misuse of tokens": charges
        * MISUSE_CALLS
        * (LAMBDA_CALL + MISUSE_GB_S * LAMBDA_GB_S + MISUSE_READ_UNITS * READ_UNIT),
        "steps of RemoteStart": charges * WORKFLOW_STEPS * WORKFLOW_STEP,
        "INIT of cold starts": calls * INIT_GB_S * LAMBDA_GB_S,
        "storage and backup of a year of sessions and CDRs": kept_gb * (TABLE_GB + BACKUP_GB),
        **of_nothing(way, a_run),
    }


def of_nothing(way: Way, a_run: float) -> dict[str, float]:
    """USD a month where nothing happens, but for the catalogue."""
    return {
        "alarms": _alarms() * ALARM,
        "metrics": way.metrics * METRIC,
        "dashboard": DASHBOARD,
        "secrets": len(_always("AWS::SecretsManager::Secret")) * SECRET,
        "scheduled runs": RUNS * (a_run + RUN_GB_S * LAMBDA_GB_S)
        + RUNS_THAT_CALL_THE_HUB * (a_run + HUB_CALL_GB_S * LAMBDA_GB_S),
        "polling the queue of command timeouts": POLLS_A_MONTH * QUEUE_REQUEST,
    }


def _archived(counts: Counts) -> float:
    """USD for an event in the archive; that of a CDR is not much longer."""
    days = int(template()["Parameters"]["ArchiveRetentionDays"]["Default"])
    return counts.event_bytes / 1e9 * (ARCHIVE_GB + ARCHIVE_GB_KEPT * days / 30)


def _alarms() -> int:
    return sum(
        max(1, len(alarm["Properties"].get("Metrics", ())) - 1) for alarm in _always("AWS::CloudWatch::Alarm")
    )


def _always(kind: str) -> list[Resource]:
    """What is deployed also without an API for drivers and webhooks."""
    return [each for each in resources(kind).values() if each.get("Condition") not in ON_DEMAND]


def of_polls() -> dict[str, Mapping[str, float]]:
    """USD for a million polls of running charges, where the app sends no ETag and where it does."""

    def spent(lookups: int, gb_s: float) -> dict[str, float]:
        return {
            "API Gateway": 1e6 * HTTP_API_REQUEST,
            "Lambda": 1e6 * (LAMBDA_CALL + gb_s * LAMBDA_GB_S),
            "reads": 1e6 * (POLL_READS * READ_UNIT + lookups * READ_UNIT / 2),
            "logs": 1e6 * POLL_LOG_BYTES / 1e9 * LOG_GB,
        }

    return {
        "without": spent(POLL_LOOKUPS, POLL_GB_S + POLL_PRICED_GB_S),
        "with": spent(0, POLL_GB_S),
    }


def page(counts: Counts) -> str:
    """The page as it should be."""
    found = ways(counts)
    pushes = {name: of_a_push(counts, way) for name, way in found.items()}
    catalogue = {name: of_the_catalogue(counts, way) for name, way in found.items()}
    churning = f"{LOCATIONS:,} locations of which {CHURN:.0%} change between two deltas, every 15 minutes"
    return "\n\n".join(
        (
            "# What it costs",
            _paragraph(INTRODUCTION),
            "## A month",
            _months(counts, found["now"]),
            _paragraph(
                "You pay the last six rows even if no driver charges. AWS bills a metric for the hours in "
                f"which it is sent. Another {len(FAULTS)} metrics are sent only when something is wrong. A "
                f"customer-managed key (`CustomerManagedKey`) costs {_usd(KEY)} a month, and "
                f"{_usd(1e6 * KEY_USE)} for a million uses. Each event is one use. The tables cause few "
                "uses, because DynamoDB caches the key for five minutes."
            ),
            _paragraph(
                f"The catalogue is not included. {churning}, cost {_usd(sum(catalogue['now'].values()))} a "
                "month. That does not depend on the number of charges. If a tenth as many locations change, "
                "they cost a tenth."
            ),
            "## A million pushes of sessions, before and now",
            _compared(pushes),
            _paragraph(
                f"A push writes {counts.session_units:.2f} units ({counts.session_units_before:.2f} before): "
                "bodies are gzipped, indexes contain only keys, and a push changes only the index of "
                "`awaits`. X-Ray is off (`Tracing` turns it on): without a tracer in the functions, it "
                "shows no more than the metrics. The access log, the archive and the cost so far of a "
                "session are new. (The tariff of a session is read once in a quarter of an hour.) A "
                "successful call writes only our own log line. Lambda invokes link_session only if the "
                "status or the authorization_reference changes. API Gateway's price of a request and "
                "EventBridge's price of an event are two thirds of the total."
            ),
            "## A million polls of running charges",
            _polls(),
            _paragraph(
                "You pay for each request of [the API for drivers](driver-api.md). If an app sends the last "
                "`ETag` and no push has arrived since, the answer is 304. Such a poll reads the command and "
                f"the session, but not the {POLL_LOOKUPS} items for the cost (location, tariff, price plan). "
                "A process caches these for five minutes, so the first column is a maximum. If an app polls "
                "every 15 s, as `Retry-After` says, it polls a charge of three quarters of an hour 180 times."
            ),
            f"## A month of {LOCATIONS:,} locations at {CHURN:.0%} churn, before and now",
            _compared(catalogue),
            _paragraph(
                f"An EVSE that changes its state writes {counts.location_units:.2f} units "
                f"({counts.location_units_before:.2f} before), because locations are gzipped. One event "
                "publishes a hundred such changes."
            ),
            "",
        )
    )


def _paragraph(text: str) -> str:
    return fill(text, 118)


def _months(counts: Counts, way: Way) -> str:
    by_size = {size: of_a_month(counts, way, size) for size in SIZES}
    sums = [sum(by_size[size].values()) for size in SIZES]
    each = [f"{total / size:.4f}" for total, size in zip(sums, SIZES, strict=True)]
    return "\n".join(
        [
            f"| USD a month | {' | '.join(f'{size:,} charges' for size in SIZES)} |",
            "| --- | ---: | ---: | ---: |",
            *(
                f"| {what} | {' | '.join(_usd(by_size[size][what]) for size in SIZES)} |"
                for what in by_size[SIZES[0]]
            ),
            f"| **total** | {' | '.join(f'**{_usd(total)}**' for total in sums)} |",
            f"| for each charge | {' | '.join(each)} |",
        ]
    )


def _compared(spent: Mapping[str, Mapping[str, float]]) -> str:
    before, now = (sum(spent[name].values()) for name in ("before", "now"))
    return "\n".join(
        [
            "| USD | before | now |",
            "| --- | ---: | ---: |",
            *(
                f"| {what} | {_usd(spent['before'][what])} | {_usd(spent['now'][what])} |"
                for what in spent["before"]
            ),
            f"| **total** | **{_usd(before)}** | **{_usd(now)}** ({now / before:.1%}) |",
        ]
    )


def _polls() -> str:
    spent = of_polls()
    without, sent = (sum(spent[name].values()) for name in ("without", "with"))
    return "\n".join(
        [
            "| USD | without an ETag | with it, nothing new |",
            "| --- | ---: | ---: |",
            *(
                f"| {what} | {_usd(spent['without'][what])} | {_usd(spent['with'][what])} |"
                for what in spent["with"]
            ),
            f"| **total** | **{_usd(without)}** | **{_usd(sent)}** |",
        ]
    )


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"
