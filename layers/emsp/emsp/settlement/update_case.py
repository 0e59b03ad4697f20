"""Open, change and close the dispute case of a CDR, after a check or a credit CDR.

Each step is idempotent.
"""

from collections.abc import Callable, Collection, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, cast

from emsp.log import log
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.pricing.amounts import text
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE, PAISA, net_to_pay
from emsp.pricing.read_tariff import word
from emsp.settlement.case_json import claim_in, entry_of, left_in
from emsp.settlement.dispute_case import (
    CLOSED,
    Cause,
    DisputedClaim,
    DisputeState,
    amount_of,
    claim_of,
    clears,
    dispute_id_of,
    is_new_claim,
)
from emsp.settlement.settled_cdr import SettledCdr
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.disputes import Dispute, DisputeStore, Stored
from emsp.stores.table import ConditionFailed, StoreUnavailable, time_text

KEEP_ATTEMPTS: Final = 3


@dataclass(frozen=True)
class DisputeRules:
    """The settings of disputes.

    `when` are the verdicts that open a case, and `from_amount` is the smallest amount of a case. A case is
    closed when at most `tolerance` remains disputed. `gst_percent` is the VAT rate of CDRs without VAT.
    """

    when: Collection[str]
    from_amount: Decimal
    tolerance: Decimal
    gst_percent: Decimal | None = None


@dataclass(frozen=True)
class UpdateCase:
    """Keeps the dispute case of each CDR up to date. Raises StoreUnavailable."""

    disputes: DisputeStore
    cdrs: CdrStore
    rules: DisputeRules
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def after_check(
        self, cdr: StoredCdr, check: JsonObject, *, arrived: bool, on_request: bool = False
    ) -> None:
        """Update the case of a CDR after its check. For a credit CDR, update the case of the CDR that it
        credits.

        `arrived`: the CDR has just arrived. `on_request`: a case is opened even if the CDR is older than the
        table of disputes.
        """
        read = self._read(cdr, check)
        if read.claimed.is_credit:
            self._after_credit(read)
            return
        claim = claim_of(check, read.total, self.rules.when)
        if arrived and claim is None:
            return
        for _ in range(KEEP_ATTEMPTS):
            try:
                self._decide(read, check, claim, arrived=arrived, on_request=on_request)
            except ConditionFailed:
                continue
            break
        else:
            raise _busy(cdr.object_key)
        # If a credit arrived before the case was stored, it has not changed the case.
        now = self.cdrs.get(cdr.object_key) if arrived else None
        if now is not None and now.credited_by != cdr.credited_by:
            self._credited(self._read(now), ())

    def _decide(
        self,
        cdr: SettledCdr,
        check: JsonObject,
        claim: DisputedClaim | None,
        *,
        arrived: bool,
        on_request: bool,
    ) -> None:
        case = self.disputes.get(dispute_id_of(cdr.key))
        if claim is None:
            if case is not None and case.state not in CLOSED and clears(check):
                reason = f"a later check says {check['verdict']}"
                self._keep(case, DisputeState.WITHDRAWN, Cause.CHECK, reason)
            return
        crediting = self._credits_of(cdr, ())
        left = claim.left(_rest(cdr, crediting))
        about = replace(
            case or self._new(cdr, claim),
            currency=claim.currency,
            claimed=_stored(claim.claimed),
            right=_stored(claim.right),
            left=_stored(left),
            verdict=word(check.get("verdict")),
            likely_cause=_cause_of(check),
            credits=tuple(credit.key for credit in crediting),
        )
        reason = f"the check says {about.verdict}: {text(amount_of(claim.over_by))} {claim.currency} too much"
        if case is None or case.state in CLOSED:
            if self._is_small(left) or amount_of(left) < Fraction(self.rules.from_amount):
                return
            if case is None and not (
                arrived or on_request or cdr.stored.received_at >= self.disputes.made_at()
            ):
                return
            if case is not None and not _is_new(case, left):
                return
            opened = replace(about, opened_at=time_text(self.now()), reminded_at=None)
            self._keep(opened, DisputeState.OPEN, Cause.CHECK, reason)
        elif about != case:
            self._keep(about, DisputeState(case.state), Cause.CHECK, reason)

    def _after_credit(self, credit: SettledCdr) -> None:
        """Update the cases that a credit CDR may change.

        A credit CDR without a reference may credit any CDR of its session.
        """
        stored = credit.stored
        if stored.credits_key is not None:
            cdr = self.cdrs.get(stored.credits_key)
            credited = [cdr] if cdr is not None else []
        else:
            credited = self.cdrs.of_session(stored.session_key) if stored.session_key else []
        for each in credited:
            read = self._read(each)
            if not read.claimed.is_credit:
                self._credited(read, (credit,))

    def _credited(self, cdr: SettledCdr, arrived: Sequence[SettledCdr]) -> None:
        for _ in range(KEEP_ATTEMPTS):
            case = self.disputes.get(dispute_id_of(cdr.key))
            if case is None or case.state in CLOSED:
                return
            claim = claim_in(case)
            crediting = self._credits_of(cdr, arrived)
            left = claim.left(_rest(cdr, crediting))
            keys = tuple(credit.key for credit in crediting)
            if _stored(left) == case.left and keys == case.credits:
                return
            state = DisputeState.CREDITED if self._is_small(left) else DisputeState(case.state)
            reason = f"credited by {', '.join(keys)}: {text(amount_of(left))} {claim.currency} is left"
            try:
                self._keep(replace(case, left=_stored(left), credits=keys), state, Cause.CREDIT, reason)
            except ConditionFailed:
                continue
            return
        raise _busy(cdr.key)

    def _credits_of(self, cdr: SettledCdr, arrived: Sequence[SettledCdr]) -> list[SettledCdr]:
        """Return the CDRs that credit this one.

        They name this CDR, or they name none and this is the only CDR of their session.
        """
        known = {each.key: each for each in arrived}
        session = self.cdrs.of_session(cdr.stored.session_key) if cdr.stored.session_key else []
        if cdr.stored.credited_by and (first := self.cdrs.get(cdr.stored.credited_by)) is not None:
            session.append(first)
        known |= {each.key: each for each in map(self._read, session)}
        claims = {each.key for each in known.values() if not each.claimed.is_credit} | {cdr.key}
        return [
            each
            for _, each in sorted(known.items())
            if each.claimed.is_credit
            and (each.stored.credits_key == cdr.key or (each.stored.credits_key is None and len(claims) == 1))
        ]

    def _is_small(self, left: ClaimedAmount) -> bool:
        return not left.beyond(max(PAISA, Fraction(self.rules.tolerance)))

    def _read(self, cdr: StoredCdr, check: JsonObject | None = None) -> SettledCdr:
        if check is not None:
            cdr = replace(cdr, check=dump_json(check))
        return SettledCdr.read(cdr, self.rules.gst_percent)

    def _new(self, cdr: SettledCdr, claim: DisputedClaim) -> Dispute:
        country_code, party_id, cdr_id = (
            word(cdr.body.get(name)) for name in ("country_code", "party_id", "id")
        )
        return Dispute(
            dispute_id=dispute_id_of(cdr.key),
            cdr_key=cdr.key,
            country_code=country_code,
            party_id=party_id,
            cdr_id=cdr_id,
            session_id=word(cdr.body.get("session_id")) or None,
            end_date_time=cdr.stored.end_date_time,
            state=DisputeState.OPEN,
            verdict="",
            opened_at="",
            changed_at="",
            currency=claim.currency,
            claimed=_stored(claim.claimed),
            right=_stored(claim.right),
            left=_stored(claim.over_by),
        )

    def _keep(self, case: Dispute, state: DisputeState, cause: Cause, note: str) -> None:
        at = time_text(self.now())
        entry = entry_of(case, state.value, cause, note, at)
        kept = self.disputes.keep(replace(case, state=state.value, changed_at=at), entry)
        log.info("a dispute case changed", dispute_id=kept.dispute_id, state=state.value, cause=cause.value)


def _is_new(case: Dispute, left: ClaimedAmount) -> bool:
    last = Cause(str(case.history[-1]["cause"]))
    return is_new_claim(amount_of(left), amount_of(left_in(case)), last)


def _rest(cdr: SettledCdr, crediting: Sequence[SettledCdr]) -> ClaimedAmount:
    """Return what remains of the CDR after its credits, or its total if that is unknown."""
    found = net_to_pay([cdr.claimed, *(credit.claimed for credit in crediting)]).left.get(cdr.key)
    return found.left if found else cdr.total or NONE


def _stored(amount: ClaimedAmount) -> Stored:
    return cast("Stored", amount.as_json())


def _cause_of(check: JsonObject) -> str | None:
    cause = check.get("likely_cause")
    return word(cause.get("message")) or None if isinstance(cause, dict) else None


def _busy(cdr_key: str) -> StoreUnavailable:
    return StoreUnavailable(f"the case of CDR {cdr_key} was changed at the same time by others: try again")
