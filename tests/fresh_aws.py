"""AWS in this process: moto, empty at each start."""

from contextlib import AbstractContextManager
from typing import Any

import moto.core.models
from moto import mock_aws
from moto.core.config import default_user_config

# At each start moto would begin a session of boto3, and prepare for callers that use requests and not boto3:
# for most tests that takes longer than what they test.
moto.core.models.RESPONSES_METHODS = []
ONE_SESSION: Any = {"core": {**default_user_config["core"], "reset_boto3_session": False}}


def fresh_aws() -> AbstractContextManager[Any]:
    return mock_aws(config=ONE_SESSION)
