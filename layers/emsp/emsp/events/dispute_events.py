"""Build the event for a change of a dispute case."""

from emsp.events.domain_event import DomainEvent
from emsp.ocpi.json_text import JsonObject
from emsp.settlement.case_json import case_json, history_json
from emsp.settlement.dispute_case import CLOSED, DisputeState
from emsp.stores.disputes import from_item
from emsp.stores.table import Item


def dispute_events(before: Item | None, after: Item | None) -> list[DomainEvent]:
    """Return the event of a change. Its `change` is the last entry of the history.

    It is `Dispute Opened` for a new claim, `Dispute Closed` if the case is withdrawn or credited, `Dispute
    Overdue` for a reminder, and otherwise `Dispute Changed`.
    """
    case, was = from_item(after), from_item(before)
    if case is None or not case.history:
        return []
    previous = was.state if was else None
    detail: JsonObject = {
        "country_code": case.country_code,
        "party_id": case.party_id,
        "id": case.dispute_id,
        "previous_state": previous,
        "change": history_json(case)[-1],
        "object": case_json(case),
    }
    if case.state in CLOSED:
        name = "Dispute Closed" if previous != case.state else "Dispute Changed"
    elif case.state == DisputeState.OPEN and previous != DisputeState.OPEN:
        name = "Dispute Opened"
    elif was is not None and case.reminders != was.reminders:
        name = "Dispute Overdue"
    else:
        name = "Dispute Changed"
    return [DomainEvent(name, detail)]
