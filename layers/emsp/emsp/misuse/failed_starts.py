"""Find many failed starts at many EVSEs: somebody tries where a copied token works. Pure.

A short charge without energy has failed, and so has a START_SESSION that the CPO refused.
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
    """Return the series of this failed start, if any hour of it has enough failed starts. A series is one
    finding. It continues while the next failed start is within an hour of the previous one.
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
    """Without the further taps of a driver whom the CPO refuses again and again at one EVSE."""
    tapped: set[str] = set()
    for each in hour:
        if each.command_id is None or each.evse not in tapped:
            yield each
        if each.command_id is not None:
            tapped.add(each.evse)


def has_failed(charge: TokenCharge) -> bool:
    """Whether it ended soon, without energy."""
    short = charge.last_seen - charge.start <= SHORT
    return charge.ended and short and (charge.kwh is None or charge.kwh <= NO_KWH)
