"""Our models and the hand-written schemas say the same of what follows OCPI 2.2.1 and what strays from it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.ocpi.cdrs import CDR
from emsp.ocpi.commands import (
    CancelReservation,
    ReserveNow,
    StartSession,
    StopSession,
    UnlockConnector,
)
from emsp.ocpi.deviations import deviations
from emsp.ocpi.json_text import parse_json
from emsp.ocpi.locations import Location
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.sessions import Session
from emsp.ocpi.tariffs import Tariff
from emsp.ocpi.tokens import Token
from tests.contract.hub_answers import (
    AuthorizationInfo,
    ClientInfo,
    CommandResponse,
    CommandResult,
    LocationReferences,
)
from tests.contract.ocpi_schemas import dumped, objects, problems
from tests.profiles import examples

MODELS: dict[str, type[OcpiModel]] = {
    "session": Session,
    "cdr": CDR,
    "tariff": Tariff,
    "command_result": CommandResult,
    "location": Location,
    "token": Token,
    "location_references": LocationReferences,
    "authorization_info": AuthorizationInfo,
    "start_session": StartSession,
    "stop_session": StopSession,
    "reserve_now": ReserveNow,
    "cancel_reservation": CancelReservation,
    "unlock_connector": UnlockConnector,
    "command_response": CommandResponse,
    "client_info": ClientInfo,
}
ODD_VALUES: list[Any] = [None, "", "x", "x" * 600, 7, -1.5, True, [], {}, ["x"], {"a": 1}, "1.5", "tab\there"]


def consistent(name: str) -> st.SearchStrategy[Any]:
    """Objects whose times follow each other, of which a schema knows nothing."""
    return objects(name).map(
        lambda value: {**value, "end_date_time": "2099-12-31T00:00:00Z"} if name == "cdr" else value
    )


@pytest.mark.parametrize("name", MODELS)
def test_what_the_schema_allows_has_no_deviation(name: str) -> None:
    @examples(0.4)
    @given(consistent(name))
    def agrees(value: Any) -> None:
        found = problems(name, parse_json(dumped(value)))
        if found:  # rules across fields, such as credit and credit_reference_id
            assert deviations(MODELS[name], parse_json(dumped(value)))
        else:
            assert deviations(MODELS[name], parse_json(dumped(value))) == []

    agrees()


@pytest.mark.parametrize("name", MODELS)
def test_what_one_finds_wrong_so_does_the_other(name: str) -> None:
    @examples(1)
    @given(consistent(name), st.data())
    def agree(value: Any, data: st.DataObject) -> None:
        spoiled = deepcopy(value)
        places = list(_places(spoiled))
        data.draw(st.sampled_from(places))(data)
        read = parse_json(dumped(spoiled))
        found, noted = problems(name, read), deviations(MODELS[name], read)
        assert bool(found) == bool(noted), (found, noted)

    agree()


def _places(value: Any) -> list[Callable[[st.DataObject], None]]:
    """Ways to spoil one member of one object, wherever it is."""
    found: list[Callable[[st.DataObject], None]] = []
    for container in _objects_within(value):
        for key in container:
            found.append(_remove(container, key))
            found.append(_replace(container, key))
    return found


def _objects_within(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(inner for member in value.values() for inner in _objects_within(member))]
    if isinstance(value, list):
        return [inner for member in value for inner in _objects_within(member)]
    return []


def _remove(container: dict[str, Any], key: str) -> Callable[[st.DataObject], None]:
    return lambda data: container.pop(key)


def _replace(container: dict[str, Any], key: str) -> Callable[[st.DataObject], None]:
    return lambda data: container.update({key: data.draw(st.sampled_from(ODD_VALUES))})
