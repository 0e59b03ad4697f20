"""Find many failed starts at many EVSEs: somebody may be testing where a copied token works. Without I/O.

A failed start is a short charge without energy, or a START_SESSION that the CPO rejected.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from emsp.misuse.finding import Misuse, MisuseFinding, Severity
from emsp.misuse.token_charge import TokenCharge

WITHIN: Final = timedelta(hours=1)
STARTS: Final = 5
EVSES: Final = 4
SHORT: Final = timedelta(minutes=5)
NO_KWH: Final = 0.1


def failed_starts(charge: TokenCharge, others: Sequence[TokenCharge]) -> Iterator[MisuseFinding]:
    """Yield a finding for the series of failed starts to which this one belongs.

    In a series each failed start is within an hour of the previous one. It is a finding if any hour of it has
    enough failed starts.
    """
    if not has_failed(charge):
        return
    line = sorted(filter(has_failed, (charge, *others)), key=lambda each: (each.start, each.key))
    series: list[TokenCharge] = []
    for each in line:
        if series and each.start - series[-1].start > WITHIN:
            if charge in series:
                break
            series = []
        series.append(each)
    for place, first in enumerate(series):
        hour = [each for each in series[place:] if each.start - first.start <= WITHIN]
        evses = {each.evse for each in hour}
        hour = [*_taps_once(hour)]
        if len(hour) >= STARTS and len(evses) >= EVSES:
            yield MisuseFinding(
                Misuse.FAILED_STARTS,
                Severity.MEDIUM,
                (series[0].key,),
                hour,
                f"{len(hour)} starts that failed at {len(evses)} EVSEs within an hour",
                {"starts": len(hour), "evses": len(evses)},
            )
            return


def _taps_once(hour: Sequence[TokenCharge]) -> Iterator[TokenCharge]:
    """Yield the failed starts of this hour, with one rejected START_SESSION for each EVSE.

    A driver may tap several times.
    """
    tapped: set[str] = set()
    for each in hour:
        if each.command_id is None or each.evse not in tapped:
            yield each
        if each.command_id is not None:
            tapped.add(each.evse)


def has_failed(charge: TokenCharge) -> bool:
    """Whether the charge was short and had no energy."""
    short = charge.last_seen - charge.start <= SHORT
    return charge.ended and short and (charge.kwh is None or charge.kwh <= NO_KWH)
