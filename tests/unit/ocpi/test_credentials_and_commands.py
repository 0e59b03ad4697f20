"""Credentials keep their token to themselves; commands follow their rules."""

import pytest
from pydantic_core import ValidationError

from emsp.ocpi.commands import StartSession
from emsp.ocpi.credentials import Credentials
from emsp.ocpi.deviations import InvalidObject, deviations
from emsp.ocpi.json_text import JsonValue
from tests.unit.ocpi.specification import complete

SECRET = "9e80aca8-28be-11e9-b210-d663bd873d93"


def test_a_token_is_not_shown() -> None:
    credentials = Credentials.parse(complete("Credentials") | {"token": SECRET})
    assert credentials.token == SECRET
    assert SECRET not in repr(credentials)
    assert SECRET not in str(credentials)


@pytest.mark.parametrize(
    "value",
    [
        complete("Credentials") | {"token": SECRET + " with a blank", "url": None},
        complete("Credentials") | {"token": [SECRET]},
        {"token": SECRET},
        [SECRET],
        SECRET,
    ],
)
def test_a_wrong_token_is_told_of_but_not_shown(value: JsonValue) -> None:
    found = deviations(Credentials, value)
    assert found
    assert SECRET not in repr(found)
    with pytest.raises(ValidationError) as strict:
        Credentials.model_validate(value)
    assert SECRET not in str(strict.value)
    with pytest.raises(InvalidObject) as permissive:
        Credentials.parse(value)
    assert SECRET not in f"{permissive.value} {permissive.value.deviations}"


def test_a_connector_can_only_be_started_with_its_evse() -> None:
    command = complete("StartSession")
    del command["evse_uid"]
    with pytest.raises(ValidationError, match="has a connector_id without the evse_uid that it needs"):
        StartSession.model_validate(command)
    with pytest.raises(InvalidObject, match="has a connector_id without the evse_uid"):
        StartSession.parse(command)
    del command["connector_id"]
    assert StartSession.model_validate(command).to_json() == command
