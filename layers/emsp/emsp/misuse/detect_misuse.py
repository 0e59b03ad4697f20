"""Compare a charge with the other charges of its token, to find misuse.

That happens when a charge begins, when it ends, and when its CDR arrives. Other pushes of a session are not
examined.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from emsp.charges.credible_times import Seen
from emsp.charges.pricing_context import ChargeLocations, power_kw_of
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.misuse.apply_rules import MisuseRules
from emsp.misuse.failed_starts import has_failed
from emsp.misuse.finding import MisuseFinding, Severity
from emsp.misuse.token_charge import (
    TokenCharge,
    charge_of_cdr,
    charge_of_command,
    charge_of_session,
    position_of,
    with_cdr,
)
from emsp.ocpi.credit_cdrs import is_credit
from emsp.ocpi.datetimes import canonical_datetime, write_datetime
from emsp.ocpi.json_text import JsonObject, dump_json, stored_object
from emsp.ocpi.parties import PartyId
from emsp.pushes.current_session import current_session
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.charge_indexes import ChargeIndexes, Listed
from emsp.stores.commands import CommandStore, UnknownCommand
from emsp.stores.misuse_findings import FindingStore
from emsp.stores.sessions import SessionStore, StoredSession
from emsp.stores.time_left import half_of_the_time

WINDOW: Final = timedelta(hours=24)
"""The time before and after a charge in which the token's other charges are examined. 24 hours are 4,800 km
at 200 km/h.
"""
CHARGES_AT_MOST: Final = 100
"""The largest number of charges that are examined. The token of a fleet may have more."""


@dataclass(frozen=True)
class DetectMisuse:
    """Applies the rules to a charge, and stores the findings. All methods raise StoreUnavailable."""

    sessions: SessionStore
    cdrs: CdrStore
    commands: CommandStore
    indexes: ChargeIndexes
    places: ChargeLocations
    tokens: AuthorizedTokens
    findings: FindingStore
    our_party: PartyId
    rules: MisuseRules

    def of_session(self, object_key: str, now: datetime) -> list[str]:
        """Examine a session. Return the ids of new findings."""
        stored = self.sessions.get(object_key)
        if stored is None or not stored.token_key:
            return []
        cdr = self.cdrs.get(stored.closed_by_cdr) if stored.closed_by_cdr else None
        return self._detect(self._of_both(stored, cdr), stored.token_key, now)

    def of_cdr(self, object_key: str, now: datetime) -> list[str]:
        """Examine the charge of a CDR. Return the ids of new findings. A credit CDR has none."""
        cdr = self.cdrs.get(object_key)
        if cdr is None or cdr.credits_key is not None or is_credit(_cdr(cdr)):
            return []
        session = self.sessions.get(cdr.session_key) if cdr.session_key else None
        token_key = session.token_key if session and session.token_key else cdr.token_key
        charge = self._of_both(session, cdr)
        return self._detect(charge, token_key, now) if token_key else []

    def of_command(self, command_id: str, now: datetime) -> list[str]:
        """Examine a START_SESSION that the CPO rejected. Return the ids of new findings. Other commands have
        none.
        """
        try:
            record = self.commands.get(command_id)
        except UnknownCommand:
            return []
        return self._detect(charge_of_command(record), record.token_key, now) if record.token_key else []

    def _detect(self, charge: TokenCharge | None, token_key: str, now: datetime) -> list[str]:
        if charge is None:
            return []
        around = [*self._around(charge, token_key)]
        if has_failed(charge):
            around += self._failed_commands(charge, token_key)
        others = [each for each in around if each.key != charge.key]
        new = []
        for finding in self._found(charge, others, token_key):
            answered = {**finding.as_json(), "found_at": write_datetime(now)}
            if self.findings.add(finding.id, token_key, dump_json(answered), now):
                new.append(finding.id)
                if finding.severity is Severity.HIGH:
                    count(Metric.TOKEN_MISUSE_SUSPECTED)
                log.warning(
                    "a token may be misused",
                    finding=finding.id,
                    kind=finding.kind.value,
                    severity=finding.severity.value,
                )
        return new

    def _found(
        self, charge: TokenCharge, others: list[TokenCharge], token_key: str
    ) -> Iterator[MisuseFinding]:
        refusal = self.tokens.refusal(self.our_party, token_key.split("#", 2)[2])
        return self.rules.findings(charge, others, refusal)

    def _around(self, charge: TokenCharge, token_key: str) -> Iterator[TokenCharge]:
        """Yield each charge of the token that is near this one in time, once."""
        start, end = (
            canonical_datetime(each)
            for each in (charge.start - WINDOW, max(charge.last_seen, charge.start) + WINDOW)
        )
        known: set[str] = set()
        is_late = half_of_the_time()
        for part in self.indexes.of_token(token_key, start, end):
            for entry in islice(self.indexes.keys(part, None), CHARGES_AT_MOST):
                if is_late():
                    log.warning(
                        "some charges of a token were not examined: the time was not enough",
                        charge=charge.key,
                    )
                    return
                if part.listed is Listed.SESSION:
                    session, cdr = self.sessions.get(entry.key), None
                else:
                    session, cdr = None, self.cdrs.get(entry.key)
                    if cdr is None or cdr.credits_key is not None:
                        continue
                found = self._of_both(session, cdr)
                if found is not None and found.key not in known:
                    known.add(found.key)
                    yield found

    def _failed_commands(self, charge: TokenCharge, token_key: str) -> list[TokenCharge]:
        start, end = charge.start - WINDOW, charge.start + WINDOW
        answered = (charge_of_command(each) for each in self.commands.of_token(token_key, start, end))
        return [each for each in answered if each is not None][:CHARGES_AT_MOST]

    def _of_both(self, session: StoredSession | None, cdr: StoredCdr | None) -> TokenCharge | None:
        """Return the charge of a session, a CDR, or both, with its position and the power of its connector.

        Return None if neither contains a usable charge.
        """
        charge: TokenCharge | None = None
        value: JsonObject = {}
        if session is not None:
            pushed = stored_object(session.body, f"session {session.object_key}")
            charge = charge_of_session(f"session {session.object_key}", pushed, Seen.of(session))
            value = pushed
            if charge is not None and cdr is None and session.closed_by_cdr is not None:
                ended = charge_of_session(charge.key, current_session(session), Seen.of(session))
                charge = replace(charge, ended=True, last_seen=ended.last_seen) if ended else charge
        if cdr is not None:
            value = _cdr(cdr)
            key = f"session {cdr.session_key}" if cdr.session_key else f"CDR {cdr.object_key}"
            charge = with_cdr(charge, value) if charge else charge_of_cdr(key, value)
        if charge is None:
            return None
        location = self.places.location(value)
        return replace(
            charge,
            position=charge.position or position_of(location),
            power_kw=power_kw_of(value, location),
        )


def _cdr(stored: StoredCdr) -> JsonObject:
    return stored_object(stored.body, f"CDR {stored.object_key}")
