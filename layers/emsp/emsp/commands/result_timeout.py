"""How long a command waits for the CPO's result. Without I/O."""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Final

from emsp.ocpi.json_text import JsonValue

GRACE: Final = timedelta(seconds=10)
"""How long we wait for a result after the CPO's timeout, because the Hub queues and repeats it."""

UNANSWERED_TIMEOUT_S: Final = 30
"""The timeout, in seconds, of a command without an answer, or whose answer states none. The Hub's guide calls
30 typical.
"""

LONGEST_TIMEOUT_S: Final = 3600


def timeout_s(response: dict[str, JsonValue]) -> int:
    """Return CommandResponse.timeout in whole seconds. It may be written as 120, 120.0 or "1.2e2"."""
    try:
        seconds = Decimal(str(response.get("timeout")).strip())
    except InvalidOperation:
        return UNANSWERED_TIMEOUT_S
    if not seconds.is_finite():
        return UNANSWERED_TIMEOUT_S
    return ceil(min(max(seconds, Decimal(0)), Decimal(LONGEST_TIMEOUT_S)))
