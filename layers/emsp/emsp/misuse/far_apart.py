"""Find two charges of a token that are too far apart for one driver. Without I/O."""

from collections.abc import Iterator, Sequence
from typing import Final

from emsp.distance import distance_m
from emsp.misuse.finding import Misuse, MisuseFinding, Severity
from emsp.misuse.token_charge import TokenCharge

NEAR_KM: Final = 1.0
"""Positions within this distance may be one place, because CPOs round coordinates."""


def far_apart(
    charge: TokenCharge, others: Sequence[TokenCharge], speed_kmh: float
) -> Iterator[MisuseFinding]:
    """Yield a finding if the driver could not travel between this charge and the one before or after it.

    The time for the journey is from the end of the first charge to the start of the second. If they overlap,
    or if the end is unknown, it is the time between the starts.
    """
    line = sorted((each for each in (charge, *others) if _counts(each)), key=lambda each: each.start)
    for first, second in _neighbours(line):
        if charge.key in (first.key, second.key):
            yield from _pair(first, second, speed_kmh)


def _neighbours(line: Sequence[TokenCharge]) -> Iterator[tuple[TokenCharge, TokenCharge]]:
    """Yield each charge with the one that began before it, and with the one that ended last before it.

    If both are the same, the pair is yielded once.
    """
    for place, second in enumerate(line[1:], start=1):
        before = line[place - 1]
        yield before, second
        ended = [each for each in line[:place] if each.ended and each.last_seen <= second.start]
        last = max(ended, key=lambda each: each.last_seen, default=before)
        if last is not before:
            yield last, second


def _counts(charge: TokenCharge) -> bool:
    return charge.position is not None and (not charge.failed or bool(charge.kwh))


def _pair(first: TokenCharge, second: TokenCharge, speed_kmh: float) -> Iterator[MisuseFinding]:
    assert first.position is not None  # noqa: S101  see _counts
    assert second.position is not None  # noqa: S101
    km = distance_m(*first.position, *second.position) / 1000
    overlap = second.start < first.last_seen
    since = first.last_seen if first.ended and not overlap else first.start
    hours = (second.start - since).total_seconds() / 3600
    if km <= NEAR_KM or km <= speed_kmh * hours:
        return
    # With the app a driver may start a charge for somebody at another place.
    remote = "COMMAND" in (first.auth_method, second.auth_method)
    minutes = round(hours * 60)
    yield MisuseFinding(
        Misuse.FAR_APART,
        Severity.MEDIUM if remote else Severity.HIGH,
        tuple(sorted((first.key, second.key))),
        (first, second),
        f"two charges are {km:.0f} km apart, with {minutes} minutes between "
        + ("their starts" if since == first.start else "the end of one and the start of the other"),
        {
            "distance_km": str(round(km, 1)),
            "minutes": str(minutes),
            "overlap": overlap,
            "speed_kmh": str(round(km / hours)) if hours > 0 else None,
            "speed_kmh_allowed": f"{speed_kmh:g}",
        },
    )
