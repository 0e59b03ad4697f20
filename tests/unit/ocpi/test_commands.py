"""Commands follow their rules."""

import pytest
from pydantic_core import ValidationError

from emsp.ocpi.commands import StartSession
from emsp.ocpi.deviations import InvalidObject
from tests.unit.ocpi.specification import complete


def test_a_connector_can_only_be_started_with_its_evse() -> None:
    command = complete("StartSession")
    del command["evse_uid"]
    with pytest.raises(ValidationError, match="has a connector_id without the evse_uid that it needs"):
        StartSession.model_validate(command)
    with pytest.raises(InvalidObject, match="has a connector_id without the evse_uid"):
        StartSession.parse(command)
    del command["connector_id"]
    assert StartSession.model_validate(command).evse_uid is None
