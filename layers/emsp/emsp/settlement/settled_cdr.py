"""The values of a CDR that a settlement uses: its claim, its check and its credits."""

from copy import replace
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from emsp.charges.claimed_cdr import claimed_cdr, small_cdr, small_check
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject, as_object
from emsp.pricing.claim_status import ClaimStatus, claim_status_of, over_by
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE, ClaimedCdr, Left
from emsp.pricing.read_tariff import word
from emsp.retail.price_decision import Decision
from emsp.settlement.dispute_case import CLOSED, DisputeState
from emsp.stores.cdrs import StoredCdr

NOT_CHECKED: Final = "NOT_CHECKED"


@dataclass(frozen=True)
class SettledCdr:
    """A CDR and its check. `check` is empty if there is none.

    `total` is with VAT, or None if it can't be read. `left` is what remains after the credits of all months;
    it is None for a credit CDR, or if it is unknown. `credits_key` is the key of the CDR that a credit CDR
    credits.
    """

    stored: StoredCdr
    body: JsonObject
    check: JsonObject
    claimed: ClaimedCdr
    total: ClaimedAmount | None = None
    left: Left | None = None
    credits_key: str | None = None
    case: DisputeState | None = None
    """The state of the dispute case, or None if there is no case."""

    @classmethod
    def read(cls, stored: StoredCdr, gst_percent: Decimal | None) -> "SettledCdr":
        body = small_cdr(stored)
        checked = small_check(stored)
        claimed = claimed_cdr(stored, body, checked, gst_percent)
        stored = replace(stored, body="", check=None, deviations=None, contradictions=None)
        return cls(stored, body, checked, claimed, claimed.claimed)

    @property
    def key(self) -> str:
        return self.stored.object_key

    @property
    def order(self) -> tuple[bool, str, str]:
        """The sort key of the CDRs of a charge. The first one has the row of the charge. Credit CDRs are
        last.
        """
        return self.claimed.is_credit, self.stored.end_date_time, self.key

    @property
    def decision(self) -> Decision | None:
        """What the driver pays for it, or None without a price plan or before it is decided."""
        return Decision.of_text(self.stored.retail) if self.stored.retail else None

    @property
    def has_odd_date(self) -> bool:
        """Whether its end is impossible. Then the time of receipt replaces it."""
        return canonical_datetime(word(self.body.get("end_date_time"))) != self.stored.end_date_time

    @property
    def place(self) -> JsonObject:
        return as_object(self.body.get("cdr_location"))

    @property
    def verdict(self) -> str:
        """The verdict of the check. It is empty for a credit CDR, because no tariff gives its price."""
        return "" if self.claimed.is_credit else word(self.check.get("verdict")) or NOT_CHECKED

    @property
    def claim_status(self) -> ClaimStatus | None:
        """The claim status of the CDR in the sums, or None for a credit CDR.

        It is not disputed if its case is WITHDRAWN. It is disputed if its case is open, even if the check is
        CANNOT_TELL.
        """
        if self.claimed.is_credit:
            return None
        found = claim_status_of(self.check, self.left)
        if found is ClaimStatus.DISPUTED and self.case is DisputeState.WITHDRAWN:
            return ClaimStatus.AGREED
        if found is ClaimStatus.CANNOT_TELL and self.case is not None and self.case not in CLOSED:
            return ClaimStatus.DISPUTED
        return found

    @property
    def remaining(self) -> ClaimedAmount:
        """The amount that counts for its claim status: what remains after credits, or 0 if it is credited."""
        if self.left is None:
            return self.total or NONE
        return NONE if self.left.is_undone else self.left.left

    @property
    def credited(self) -> ClaimedAmount:
        """The amount that its credits take back."""
        return NONE if self.left is None else self.left.claimed.less(self.remaining)

    @property
    def over_by(self) -> ClaimedAmount:
        return NONE if self.left is None else over_by(self.check, self.left)
