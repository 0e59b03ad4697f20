"""Apply all rules of misuse to a charge. Without I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from emsp.misuse.failed_starts import failed_starts
from emsp.misuse.far_apart import far_apart
from emsp.misuse.finding import MisuseFinding
from emsp.misuse.refused_token import refused_token
from emsp.misuse.simultaneous_charges import too_many_at_once
from emsp.misuse.token_charge import TokenCharge
from emsp.misuse.too_much_energy import too_much_energy
from emsp.stores.authorized_tokens import Refusal


@dataclass(frozen=True)
class MisuseRules:
    """The rules. `speed_kmh` is the highest speed of a driver. `at_once` is how many charges a token may have
    at once.
    """

    speed_kmh: float
    at_once: int

    def findings(
        self,
        charge: TokenCharge,
        others: Sequence[TokenCharge],
        refusal: Refusal | None = None,
    ) -> Iterator[MisuseFinding]:
        """Yield the findings about a charge, compared with the `others` of its token.

        `refusal` is the token's last authorization if it was not ALLOWED.
        """
        yield from far_apart(charge, others, self.speed_kmh)
        yield from too_many_at_once(charge, others, self.at_once)
        yield from failed_starts(charge, others)
        yield from refused_token(charge, refusal)
        yield from too_much_energy(charge)
