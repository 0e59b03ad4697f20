"""Build Admission from the settings of a function."""

from emsp.driver_api.admission import Admission
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.driver_calls import DriverCalls
from emsp.stores.forgotten_tokens import ForgottenTokens


def admission(settings: Settings) -> Admission:
    """Return the check whether a driver may call the Hub."""
    dynamodb, table = dynamodb_client(), settings.control_table
    return Admission(
        DriverCalls(dynamodb, table), ForgottenTokens(dynamodb, table), settings.driver_calls_per_minute
    )
