"""Recognize a reservation that led to no session, and choose its prices. Without I/O."""

from emsp.ocpi.json_text import JsonObject, objects_in
from emsp.pricing.amounts import exact
from emsp.pricing.elements import Reserved
from emsp.pricing.periods import Dimension
from emsp.pricing.read_tariff import word


def states_no_session(cdr: JsonObject) -> bool:
    """Whether the evse_uid of a CDR is `#NA`, in any spelling: the reservation led to no session.

    Source: OCPI 2.2.1, mod_cdrs, CdrLocation.
    """
    location = cdr.get("cdr_location")
    evse = word(location.get("evse_uid")) if isinstance(location, dict) else ""
    return "".join(filter(str.isalnum, evse)).upper() == "NA"


def seems_expired(cdr: JsonObject) -> bool:
    """Whether the CDR is of a reservation that probably expired: it names no session.

    No CDR says whether a reservation expired or was cancelled.
    """
    is_cdr = isinstance(cdr.get("cdr_location"), dict)
    return is_cdr and (not word(cdr.get("session_id")) or states_no_session(cdr))


def may_be_reservation(cdr: JsonObject) -> bool:
    """Whether a CDR without energy may be the CDR of a reservation that led to no session.

    That is so if it has no session_id, or if it has a total_reservation_cost.
    """
    if states_no_session(cdr):
        return False  # It certainly is one.
    cost = cdr.get("total_reservation_cost")
    claimed = exact(cost.get("excl_vat") if isinstance(cost, dict) else cost)
    return not exact(cdr.get("total_energy")) and (seems_expired(cdr) or bool(claimed))


def has_reservation(cdr: JsonObject) -> bool:
    """Whether the CDR has a RESERVATION_TIME, or says that its reservation led to no session."""
    return states_no_session(cdr) or any(
        word(dimension.get("type")).upper() == Dimension.RESERVATION_TIME
        for period in objects_in(cdr, "charging_periods")
        for dimension in objects_in(period, "dimensions")
    )


def elements_of_reservation(*, expired: bool) -> list[Reserved]:
    """Return which elements price the time of a reservation: the first ones that match.

    An expired reservation is priced by RESERVATION_EXPIRES, or if nothing matches by RESERVATION.
    """
    return [*([Reserved.RESERVATION_EXPIRES] if expired else []), Reserved.RESERVATION]
