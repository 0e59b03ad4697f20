"""AWS in this process: moto, empty at each start."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import moto.core.models
from moto import mock_aws
from moto.core.config import default_user_config

from emsp import in_background

# At each start moto would begin a session of boto3, and prepare for callers that use requests and not boto3:
# for most tests that takes longer than what they test.
moto.core.models.RESPONSES_METHODS = []
ONE_SESSION: Any = {"core": {**default_user_config["core"], "reset_boto3_session": False}}


def fresh_threads() -> None:
    """No thread of in_background runs any more, as after a fork. New ones start when they are needed."""
    in_background._THREADS = ThreadPoolExecutor(2)  # type: ignore[misc]


@contextmanager
def fresh_aws() -> Iterator[None]:
    with mock_aws(config=ONE_SESSION):
        try:
            yield
        finally:
            # A call that the code under test did not wait for ends here, not in the next test.
            in_background._THREADS.shutdown()
            fresh_threads()
