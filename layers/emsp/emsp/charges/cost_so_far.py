"""What a session has cost until now, as far as that can be told: the larger of what its CPO says and of what
its tariff says.
"""

from dataclasses import dataclass
from fractions import Fraction

from emsp.charges.amounts import exact
from emsp.charges.price_session import price
from emsp.charges.rules import PricingRules
from emsp.charges.surroundings import SurroundingsOf
from emsp.ocpi.json_text import JsonObject


@dataclass(frozen=True)
class CostSoFar:
    """Prices sessions with the tariffs that check_cdr finds. Raises StoreUnavailable."""

    surroundings: SurroundingsOf
    rules: PricingRules

    def __call__(self, session: JsonObject) -> Fraction | None:
        """With VAT, in the session's currency; None where neither of both tells anything.

        A total_cost without VAT counts as it is, and a price that has bounds only counts as the lower one: it
        costs that at least.
        """
        told = [each for each in (_claimed(session), self._priced(session)) if each is not None]
        return max(told, default=None)

    def _priced(self, session: JsonObject) -> Fraction | None:
        around = self.surroundings(session)
        priced = price(session, around.tariffs, around.time_zone, self.rules)
        amount = priced.total if priced.total is not None else priced.least
        return None if amount is None else amount.incl_vat


def _claimed(session: JsonObject) -> Fraction | None:
    cost = session.get("total_cost")
    if not isinstance(cost, dict):
        return None
    with_vat = exact(cost.get("incl_vat"))
    return with_vat if with_vat is not None else exact(cost.get("excl_vat"))
