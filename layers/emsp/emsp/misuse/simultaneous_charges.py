"""Find more charges of a token at the same time than its driver can have. Without I/O."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from emsp.misuse.finding import Misuse, MisuseFinding, Severity
from emsp.misuse.token_charge import TokenCharge
from emsp.ocpi.datetimes import write_datetime

KNOWN_FOR: Final = timedelta(hours=1)
"""How long after its last push a session without an end is taken as running."""


def too_many_at_once(
    charge: TokenCharge, others: Sequence[TokenCharge], at_most: int
) -> Iterator[MisuseFinding]:
    """Yield a finding for the first time at which more than `at_most` charges were running, including this
    one.
    """
    all_charges = [each for each in (charge, *others) if not each.failed or each.kwh]
    if charge not in all_charges:
        return
    starts = sorted(each.start for each in all_charges if _runs(charge, each.start))
    for moment in starts:
        running = sorted(
            (each for each in all_charges if _runs(each, moment)), key=lambda each: (each.start, each.key)
        )
        if len(running) > at_most:
            yield MisuseFinding(
                Misuse.TOO_MANY_AT_ONCE,
                Severity.HIGH,
                (running[0].key,),
                running,
                f"{len(running)} charges at once, of {at_most} that are allowed",
                {"at": write_datetime(moment), "charges": len(running), "allowed": at_most},
            )
            return


def _runs(charge: TokenCharge, moment: datetime) -> bool:
    until = charge.last_seen if charge.ended else charge.last_seen + KNOWN_FOR
    return charge.start <= moment < until
