"""All metrics that this software counts, by name, and how they are counted.

CloudWatch bills each combination of dimensions as a metric of its own. So a dimension is something of which
there are few (a module, a command); which party or object it was is told by a log line beside the count.
"""

import os
from enum import StrEnum
from typing import Final

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE: Final = "emsp"


class Metric(StrEnum):
    """A count, each of which an alarm or a graph of operations.yaml reads."""

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

    # What is told to the event bus
    EVENTS_NOT_TAKEN = "EventsNotTaken"
    CHANGES_PARKED = "ChangesParked"
    CHANGES_HELD_UP = "ChangesHeldUp"

    # What drivers wait for
    AUTHORIZATIONS = "Authorizations"
    COMMANDS_DECIDED = "CommandsDecided"
    COMMAND_TIMEOUTS = "CommandTimeouts"
    EXPIRIES_HELD_UP = "ExpiriesHeldUp"

    # What should have come and did not
    CHARGES_OVERDUE = "ChargesOverdue"
    DISPUTES_OVERDUE = "DisputesOverdue"

    # What drivers wanted to spend
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
    """Counted under these dimensions, or for the service as a whole where there are none.

    Written at once, in CloudWatch's Embedded Metric Format: an invocation that is killed keeps its counts.
    """
    service = os.environ.get("POWERTOOLS_SERVICE_NAME", NAMESPACE)
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=service)
    metrics.set_default_dimensions(service=service, **dimensions)
    metrics.add_metric(name=metric, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
