"""What a settlement needs of a CDR: what it claims, and what its check made of that."""

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject, parse_json, stored_object
from emsp.pricing.amounts import ZERO, exact
from emsp.pricing.check import Verdict
from emsp.pricing.claims import ClaimedAmount, read_claim
from emsp.pricing.net_to_pay import ClaimedCdr
from emsp.pricing.read_tariff import word
from emsp.stores.cdrs import StoredCdr

NOT_CHECKED: Final = "NOT_CHECKED"
FIELDS: Final = frozenset(
    {
        *("country_code", "party_id", "id", "session_id", "cdr_location", "authorization_reference"),
        *("start_date_time", "end_date_time", "total_energy", "credit_reference_id", "invoice_reference_id"),
    }
)
"""What a settlement tells of a CDR: all CDRs of a charge are in memory at a time, so nothing else is kept."""


class Standing(StrEnum):
    """How a CDR that is no credit stands; each is in one of these."""

    AGREED = "agreed"
    UNDERCHARGED = "undercharged"
    DISPUTED = "disputed"
    CANNOT_TELL = "cannot_tell"
    CREDITED = "credited"


_STANDINGS: Final = {
    Verdict.AGREES: Standing.AGREED,
    Verdict.ROUNDING: Standing.AGREED,
    Verdict.UNDERCHARGED: Standing.UNDERCHARGED,
    Verdict.OVERCHARGED: Standing.DISPUTED,
}


@dataclass(frozen=True)
class SettledCdr:
    """A CDR and its check; `check` is empty where it was not checked."""

    stored: StoredCdr
    body: JsonObject
    check: JsonObject
    claimed: ClaimedCdr

    @classmethod
    def read(cls, stored: StoredCdr) -> "SettledCdr":
        whole = stored_object(stored.body, f"CDR {stored.object_key}")
        body = {name: value for name, value in whole.items() if name in FIELDS}
        check = parse_json(stored.check) if stored.check else None
        claim = read_claim(whole)
        return cls(
            replace(stored, body="", check=None, deviations=None, contradictions=None),
            body,
            check if isinstance(check, dict) else {},
            ClaimedCdr(
                key=stored.object_key,
                currency=word(whole.get("currency")).upper(),
                total=claim.total,
                is_credit=claim.is_credit,
                credits_key=stored.credits_key,
            ),
        )

    @property
    def key(self) -> str:
        return self.stored.object_key

    @property
    def order(self) -> tuple[bool, str, str]:
        """A charge is listed where the first of its CDRs ended that is no credit, if there is one."""
        return self.claimed.is_credit, self.stored.end_date_time, self.key

    @property
    def total(self) -> ClaimedAmount | None:
        return self.claimed.total

    @property
    def place(self) -> JsonObject:
        place = self.body.get("cdr_location")
        return place if isinstance(place, dict) else {}

    @property
    def verdict(self) -> str:
        return word(self.check.get("verdict")) or NOT_CHECKED

    @property
    def standing(self) -> Standing | None:
        """None of a credit."""
        if self.claimed.is_credit:
            return None
        if self.stored.credited_by:
            return Standing.CREDITED
        return next(
            (standing for verdict, standing in _STANDINGS.items() if verdict == self.verdict),
            Standing.CANNOT_TELL,
        )

    @property
    def over_by(self) -> Fraction:
        """What the claim is beyond what the charge costs, or beyond the most that it can cost."""
        right = self.check.get("computed") or self.check.get("most")
        if self.total is None or not isinstance(right, dict):
            return ZERO
        incl_vat = exact(right.get("incl_vat")) if self.total.incl_vat is not None else None
        return self.total.decisive - (
            incl_vat if incl_vat is not None else exact(right.get("excl_vat")) or ZERO
        )
