"""Find energy that the connector can't deliver, or that the session or the meter does not show. Without
I/O.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from emsp.misuse.finding import Misuse, MisuseFinding, Severity
from emsp.misuse.token_charge import TokenCharge
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.wrong_clocks import CLOCKS_APART
from emsp.pricing.amounts import text

SHARE: Final = Fraction(5, 4)
KWH: Final = Fraction(1)
"""The tolerance: a quarter and 1 kWh more, because the catalogue rounds the power of a connector."""
READ_SHARE: Final = Fraction(21, 20)
READ_KWH: Final = Fraction(1, 2)
"""The largest difference of two readings of the same energy, in kWh."""


def too_much_energy(charge: TokenCharge) -> Iterator[MisuseFinding]:
    """Yield at most one finding: that of the first check that fails."""
    claimed = charge.kwh
    if claimed is None:
        return
    if charge.power_kw:
        most = charge.power_kw * _hours(charge.start, charge.last_seen + _slack(charge))
        if claimed > most * SHARE + KWH:
            message = "than its connector can deliver in that time"
            yield _finding(charge, claimed, most, message, {"power_kw": text(charge.power_kw, 3)})
            return
    if charge.signed_kwh is not None and claimed > charge.signed_kwh * READ_SHARE + READ_KWH:
        yield _finding(charge, claimed, charge.signed_kwh, "than its signed meter values show", {})
        return
    if charge.meter_kwh is not None and claimed > charge.meter_kwh * READ_SHARE + READ_KWH:
        yield _finding(charge, claimed, charge.meter_kwh, "than its meter values show", {})
        return
    yield from _more_than_session(charge)


def _more_than_session(charge: TokenCharge) -> Iterator[MisuseFinding]:
    """Yield a finding if the CDR has more energy than the session can have had.

    That is the energy of the session's last push, plus what the connector can deliver after it.
    """
    if charge.cdr_kwh is None or charge.session_kwh is None or charge.session_seen is None:
        return
    most = charge.session_kwh
    if not charge.session_ended:
        if not charge.power_kw:
            return
        rest = max(charge.last_seen, charge.session_seen) + CLOCKS_APART
        most += charge.power_kw * SHARE * _hours(charge.session_seen, rest)
    if charge.cdr_kwh > most * READ_SHARE + READ_KWH:
        yield _finding(charge, charge.cdr_kwh, most, "than its session had", {})


def _slack(charge: TokenCharge) -> timedelta:
    """Return the tolerance for the end of a running session.

    A push states the energy up to now, but its time may be that of an earlier push.
    """
    return timedelta() if charge.ended else CLOCKS_APART


def _finding(
    charge: TokenCharge, claimed: Fraction, most: Fraction, message: str, more: JsonObject
) -> MisuseFinding:
    return MisuseFinding(
        Misuse.TOO_MUCH_ENERGY,
        Severity.MEDIUM,
        (charge.key,),
        (charge,),
        f"{text(claimed, 3)} kWh are more {message}: {text(most, 3)} kWh",
        {"claimed_kwh": text(claimed, 3), "possible_kwh": text(most, 3), **more},
    )


def _hours(start: datetime, end: datetime) -> Fraction:
    return Fraction((end - start) // timedelta(seconds=1), 3600)
