"""Check CDRs: each one when it arrives, one on request, or all that ended in a span of time.

Each check is stored beside its CDR.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Annotated, Any, Final, Protocol, Self

from pydantic import Field, model_validator

from emsp.charges.pricing_context import LookUpPricingContext
from emsp.charges.retail_of_cdr import RetailOfCdr
from emsp.charges.signed_data import verify_signed_data
from emsp.deadline import Deadline
from emsp.invocation import Flag, InvalidInvocation, Moment, OwnedObject, Payload, read_payload
from emsp.ocpi.credit_cdrs import is_credit
from emsp.ocpi.datetimes import canonical_datetime, write_datetime
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json, parse_json, stored_object
from emsp.ocpi.parties import PartyId
from emsp.pricing.amounts import ZERO, text
from emsp.pricing.check_claim import CheckRules, Verdict, check
from emsp.pricing.read_tariff import word
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.meter_keys import MeterKeys
from emsp.stores.table import ConditionFailed, Item, StoreUnavailable

TIME_KEPT_S: Final = 20.0
"""A span stops when this many seconds of the Lambda's time remain, so that it can return `resume_from`."""
KEEP_ATTEMPTS: Final = 3
"""How often the check of a CDR is tried, because another check of the same CDR may be stored meanwhile."""


class CdrReference(OwnedObject):
    """A CDR of a CPO."""


class CheckCdrRequest(Payload):
    """The payload of check_cdr: one CDR, or all CDRs that ended from `from` until before `to`.

    If `open_disputes` is true, a CDR that is older than the table of disputes can also open a case.
    """

    cdr: CdrReference | None = None
    reprice: Flag = False
    """Whether to decide the driver's price again, if it was decided from the CPO's claim."""
    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None
    open_disputes: Flag = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        spanned = self.start is not None and self.end is not None
        if (self.cdr is None) == (not spanned) or (not spanned and (self.start or self.end)):
            raise ValueError('give either "cdr", or "from" and "to"')
        if self.reprice and self.cdr is None:
            raise ValueError('"reprice" needs "cdr"')
        if self.start and self.end and self.end <= self.start:
            raise ValueError('"to" must be after "from"')
        return self


class AfterCheck(Protocol):
    """A function to call after each check.

    `arrived`: the CDR has just arrived. `on_request`: a CDR that is older than the table of disputes can also
    open a case.
    """

    def __call__(self, cdr: StoredCdr, check: JsonObject, *, arrived: bool, on_request: bool) -> None: ...


@dataclass(frozen=True)
class CheckCdr:
    """Checks CDRs, and stores the checks. All methods raise StoreUnavailable."""

    cdrs: CdrStore
    pricing_context: LookUpPricingContext
    rules: CheckRules
    meter_keys: MeterKeys
    retail: RetailOfCdr
    after_check: AfterCheck
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def on_change(self, before: Item | None, after: Item | None) -> None:
        """Check the CDR of a stream record if it is a new one."""
        arrived = self.cdrs.from_item(after)
        if arrived is None or self.cdrs.from_item(before) is not None:
            return
        if _is_credit(arrived):
            self.after_check(arrived, {}, arrived=True, on_request=False)
        else:
            self._checked(arrived, decides=True, arrived=True)

    def answer(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Return the check of one CDR, or the counts and sums of a span. Raises InvalidInvocation."""
        request = read_payload(CheckCdrRequest, payload)
        if request.cdr is not None:
            stored = self.cdrs.get(request.cdr.key)
            if stored is None:
                raise InvalidInvocation(
                    f"there is no CDR {request.cdr.key}: find_charges returns the existing ones"
                )
            if _is_credit(stored):
                raise InvalidInvocation(
                    f"CDR {request.cdr.key} is a credit CDR, which has no verdict of its own: check the "
                    f"CDR that it credits, {stored.credits_key or 'which it does not name'}"
                )
            return self._checked(
                stored, decides=True, reprice=request.reprice, on_request=request.open_disputes
            )
        assert request.start is not None  # noqa: S101  # the payload's own rule
        assert request.end is not None  # noqa: S101
        return self._span(request.start, request.end, deadline, request.open_disputes)

    def _span(self, start: datetime, end: datetime, deadline: Deadline, open_disputes: bool) -> JsonObject:
        counts = _Counts()
        resume_from: str | None = None
        for stored in self.cdrs.ended_between(canonical_datetime(start), canonical_datetime(end)):
            if deadline.remaining() < TIME_KEPT_S:
                resume_from = stored.end_date_time
                break
            if _is_credit(stored):
                continue
            counts.add(self._checked(stored, on_request=open_disputes))
        return {
            "from": write_datetime(start),
            "to": write_datetime(end),
            "resume_from": resume_from,
            **counts.as_json(),
        }

    def _checked(
        self,
        stored: StoredCdr,
        *,
        decides: bool = False,
        reprice: bool = False,
        arrived: bool = False,
        on_request: bool = False,
    ) -> JsonObject:
        """Check the CDR again, and call `after_check`.

        Both are repeated if a previous try ended between them.
        """
        checked = self._checked_again(stored, decides=decides, reprice=reprice)
        self.after_check(stored, checked, arrived=arrived, on_request=on_request)
        return checked

    def _checked_again(self, stored: StoredCdr, *, decides: bool, reprice: bool) -> JsonObject:
        """Return the check. If it differs from the stored one, store it, and return the differences in
        `changed`.

        `decides`: also decide what the driver pays, if that is undecided. The check of a span does not.
        """
        cdr = stored_object(stored.body, f"CDR {stored.object_key}")
        context = self.pricing_context(cdr)
        country_code, party_id, cdr_id = (
            id_text(cdr.get(name)) for name in ("country_code", "party_id", "id")
        )
        checked = check(
            cdr,
            context.tariffs,
            context.time_zone,
            self.rules,
            assumed=context.notes,
            published=context.published,
        )
        signed = verify_signed_data(
            cdr, lambda meter: self.meter_keys.of(PartyId(word(country_code), word(party_id)), meter)
        )
        checked = replace(checked, findings=(*checked.findings, *signed.findings(cdr)))
        if decides:
            self.retail(stored, cdr, checked, context, reprice=reprice)
        found: JsonObject = {
            "cdr": {"country_code": country_code, "party_id": party_id, "id": cdr_id},
            "session_id": id_text(cdr.get("session_id")),
            **checked.as_json(),
            "signed_data": signed.as_json(),
        }
        # The stream and a request may check the same CDR at the same time.
        for _ in range(KEEP_ATTEMPTS):
            try:
                return self._kept(stored, found)
            except ConditionFailed:
                now = self.cdrs.get(stored.object_key)
                if now is None:
                    return found
                stored = now
        raise StoreUnavailable(f"CDR {stored.object_key} was checked at the same time by others: try again")

    def _kept(self, stored: StoredCdr, found: JsonObject) -> JsonObject:
        """Return the stored check if it is equal, or else store and return the new one.

        Raises ConditionFailed if another check was stored since the CDR was read.
        """
        kept = parse_json(stored.check) if stored.check else None
        before = kept if isinstance(kept, dict) else None
        if before is not None and _lasting(before) == _lasting(found):
            return {name: each for name, each in before.items() if name != "changed"}
        checked = {**found, "checked_at": write_datetime(self.now())}
        if before is not None:
            checked["changed"] = _changed(before, checked)
        self.cdrs.keep_check(stored.object_key, dump_json(checked), stored.check_revision)
        return checked


def _is_credit(stored: StoredCdr) -> bool:
    return is_credit(stored_object(stored.body, f"CDR {stored.object_key}"))


def _lasting(value: JsonObject) -> str:
    return dump_json({name: each for name, each in value.items() if name not in ("checked_at", "changed")})


def _changed(before: JsonObject, after: JsonObject) -> JsonObject:
    """Return the values of the previous check that the new one changed."""
    names = (
        *("verdict", "claimed", "computed", "least", "most", "difference", "tariffs", "rules"),
        "signed_data",
    )
    return {
        "checked_at": before.get("checked_at"),
        **{name: before.get(name) for name in names if before.get(name) != after.get(name)},
    }


class _Counts:
    """Counts and sums of money, by verdict and by CPO. Each currency has its own sums."""

    def __init__(self) -> None:
        self.checked = 0
        self.changed: list[JsonValue] = []
        self.by_verdict: dict[str, dict[str, Any]] = {}
        self.by_cpo: dict[str, dict[str, dict[str, Any]]] = {}

    def add(self, found: JsonObject) -> None:
        cdr, verdict, currency = found["cdr"], str(found["verdict"]), str(found["currency"])
        cpo = f"{cdr['country_code']}*{cdr['party_id']}" if isinstance(cdr, dict) else ""
        self.checked += 1
        if "changed" in found:
            self.changed.append({"cdr": cdr, "verdict": verdict, "was": found["changed"]})
        for group in (self.by_verdict, self.by_cpo.setdefault(cpo, {})):
            entry = group.setdefault(verdict, {"count": 0, "money": {}})
            entry["count"] += 1
            money = entry["money"].setdefault(currency, {"claimed": ZERO, "difference": ZERO})
            for name in money:
                money[name] += _decisive(found.get(name))

    def as_json(self) -> JsonObject:
        return {
            "checked": self.checked,
            "by_verdict": {
                verdict: _as_json(self.by_verdict[verdict]) for verdict in _ordered(self.by_verdict)
            },
            "by_cpo": {
                cpo: {verdict: _as_json(group[verdict]) for verdict in _ordered(group)}
                for cpo, group in sorted(self.by_cpo.items())
            },
            "changed": self.changed,
        }


def _ordered(group: Mapping[str, object]) -> list[str]:
    return [verdict.value for verdict in Verdict if verdict.value in group]


def _decisive(amount: JsonValue) -> Fraction:
    """Return the amount with VAT, or without VAT if that is unknown."""
    if not isinstance(amount, dict):
        return ZERO
    decisive = amount["incl_vat"] if amount["incl_vat"] is not None else amount["excl_vat"]
    return Fraction(str(decisive))


def _as_json(entry: Mapping[str, Any]) -> JsonObject:
    money: dict[str, JsonValue] = {
        currency: {name: text(amount) for name, amount in amounts.items()}
        for currency, amounts in sorted(entry["money"].items())
    }
    return {"count": entry["count"], "money": money}
