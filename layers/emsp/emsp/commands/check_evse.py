"""Ask the Hub for the status of an EVSE before a START_SESSION with `"check": true`.

RESERVED and UNKNOWN are allowed: the EVSE may be reserved for this driver, or be free. If the Hub can't be
asked (its quota is used up, or it does not answer), the command is sent, and the answer says that nothing was
checked. Source: OCPI 2.2.1, mod_locations, Status.
"""

from dataclasses import dataclass
from typing import Any, Final

from emsp.catalogue.connector_groups import evses_of
from emsp.catalogue.get_location import get_location
from emsp.commands.evse_not_available import EvseNotAvailable
from emsp.commands.read_request import CommandRequest
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import HubError, NotFound
from emsp.ocpi.locations import Status

CHECK_S: Final = 8.0
"""The longest time for the request, in seconds, so that enough is left for the command itself."""

STARTS_NOTHING: Final = frozenset(
    {
        Status.BLOCKED,
        Status.CHARGING,
        Status.INOPERATIVE,
        Status.OUTOFORDER,
        Status.PLANNED,
        Status.REMOVED,
    }
)


@dataclass(frozen=True)
class CheckEvse:
    """Asks the Hub for the status, within the quota of lists."""

    hub: HubClient

    def __call__(self, request: CommandRequest, deadline: Deadline) -> str:
        """Return the EVSE's status, or `not checked: ...` with the reason. Raises EvseNotAvailable."""
        location_id, evse_uid = request.field("location_id"), request.field("evse_uid")
        if request.to is None:
            return "not checked: the CPO of the location is not known, give `to`"
        identity = (request.to.country_code, request.to.party_id, location_id)
        try:
            location: Any = get_location(
                self.hub,
                identity,
                max_wait_s=request.max_wait_s,
                deadline=Deadline.after(min(CHECK_S, deadline.remaining() / 2)),
                correlation_id=request.correlation_id,
            ).peek
        except NotFound:
            raise EvseNotAvailable(f"the Hub has no location {location_id} of {request.to}") from None
        except HubError as error:
            return f"not checked: {type(error).__name__}: {error}"
        statuses = [
            str(evse.get("status") or Status.UNKNOWN).upper()
            for evse in evses_of(location)
            if not evse_uid or str(evse.get("uid")).upper() == evse_uid.upper()
        ]
        where = f"EVSE {evse_uid} of location {location_id}" if evse_uid else f"location {location_id}"
        if not statuses:
            raise EvseNotAvailable(f"the Hub has no {where}: find its spelling with find_locations")
        usable = [each for each in statuses if each not in STARTS_NOTHING]
        if not usable:
            found_statuses = " and ".join(sorted(set(statuses)))
            status = statuses[0] if len(set(statuses)) == 1 else None
            raise EvseNotAvailable(
                f"the Hub says that {where} is {found_statuses} now: choose another one", status
            )
        return usable[0]
