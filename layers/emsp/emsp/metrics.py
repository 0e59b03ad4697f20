"""The names of all metrics of this software, and the function that emits them.

CloudWatch bills each combination of dimensions as a separate metric. So a dimension has few values (a module,
a command). The log line for the same event names the party or the object.
"""

import os
from enum import StrEnum
from typing import Final

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE: Final = "emsp"


class Metric(StrEnum):
    """A metric that an alarm or a graph of operations.yaml uses."""

    # What the Hub pushes
    PUSHES_STORED = "PushesStored"
    PUSHES_REFUSED = "PushesRefused"
    REJECTED_PUSHES = "RejectedPushes"
    CONFLICTING_CDRS = "ConflictingCdrs"
    DEVIATIONS = "Deviations"
    LARGE_BODIES = "LargeBodies"
    PUSHES_BEYOND_NEED = "PushesBeyondNeed"

    # Who may call us
    UNKNOWN_TOKENS = "UnknownTokens"
    FORBIDDEN_CALLS = "ForbiddenCalls"

    # What we publish on the event bus
    EVENTS_NOT_TAKEN = "EventsNotTaken"
    CHANGES_PARKED = "ChangesParked"
    CHANGES_HELD_UP = "ChangesHeldUp"

    # What drivers wait for
    AUTHORIZATIONS = "Authorizations"
    COMMANDS_DECIDED = "CommandsDecided"
    COMMAND_TIMEOUTS = "CommandTimeouts"
    EXPIRIES_HELD_UP = "ExpiriesHeldUp"

    # What is overdue
    CHARGES_OVERDUE = "ChargesOverdue"
    DISPUTES_OVERDUE = "DisputesOverdue"

    # The misuse of tokens
    TOKEN_MISUSE_SUSPECTED = "TokenMisuseSuspected"  # noqa: S105  no password

    # Drivers' spending limits
    STOPS_REFUSED = "StopsRefused"

    # The catalogue
    PULLS_COMPLETED = "PullsCompleted"
    PULLS_FAILED = "PullsFailed"
    VANISH_GUARD_TRIPPED = "VanishGuardTripped"
    CATALOGUE_OBJECTS_ADDED = "CatalogueObjectsAdded"
    CATALOGUE_OBJECTS_CHANGED = "CatalogueObjectsChanged"
    CATALOGUE_OBJECTS_REMOVED = "CatalogueObjectsRemoved"
    CATALOGUE_OBJECTS_REJECTED = "CatalogueObjectsRejected"

    # The Hub itself
    HUB_REACHABLE = "HubReachable"
    HUB_ERRORS = "HubErrors"
    HUB_MOVED = "HubMoved"
    OUR_PARTY_NOT_CONNECTED = "OurPartyNotConnected"


def count(metric: Metric, value: int = 1, **dimensions: str) -> None:
    """Emit a count with these dimensions, or without dimensions for the whole service.

    It is written at once, in CloudWatch's Embedded Metric Format, so a killed invocation loses no count.
    """
    service = os.environ.get("POWERTOOLS_SERVICE_NAME", NAMESPACE)
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=service)
    metrics.set_default_dimensions(service=service, **dimensions)
    metrics.add_metric(name=metric, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
