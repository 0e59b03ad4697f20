"""Find a charge with a token whose last authorization was BLOCKED or EXPIRED. Without I/O."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from emsp.misuse.finding import Misuse, MisuseFinding, Severity
from emsp.misuse.token_charge import TokenCharge
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.tokens import AllowedType

REFUSED: Final = frozenset({AllowedType.BLOCKED, AllowedType.EXPIRED})


def refused_token(charge: TokenCharge, allowed: str | None, at: datetime | None) -> Iterator[MisuseFinding]:
    """Yield a finding if the charge began after such an authorization.

    `allowed` is the answer of the last authorization, and `at` its time, or None if there was none.
    """
    if at is None or allowed not in REFUSED or charge.start < at or charge.failed:
        return
    yield MisuseFinding(
        Misuse.REFUSED_TOKEN,
        Severity.HIGH,
        (charge.key,),
        (charge,),
        f"a charge began after the token was {allowed}",
        {"allowed": str(allowed), "authorized_at": write_datetime(at)},
    )
