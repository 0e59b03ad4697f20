"""Find a charge with a token whose last authorization was BLOCKED or EXPIRED. Without I/O."""

from collections.abc import Iterator
from typing import Final

from emsp.misuse.finding import Misuse, MisuseFinding, Severity
from emsp.misuse.token_charge import TokenCharge
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.tokens import AllowedType
from emsp.stores.authorized_tokens import Refusal

REFUSED: Final = frozenset({AllowedType.BLOCKED, AllowedType.EXPIRED})


def refused_token(charge: TokenCharge, refusal: Refusal | None) -> Iterator[MisuseFinding]:
    """Yield a finding if the charge began after such an authorization."""
    if refusal is None or refusal.allowed not in REFUSED or charge.start < refusal.at or charge.failed:
        return
    yield MisuseFinding(
        Misuse.REFUSED_TOKEN,
        Severity.HIGH,
        (charge.key,),
        (charge,),
        f"a charge began after the token was {refusal.allowed}",
        {"allowed": refusal.allowed, "authorized_at": write_datetime(refusal.at)},
    )
