"""Read the claim of a stored CDR, for the amount to pay."""

from copy import replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Final

from emsp.ocpi.json_text import (
    JsonObject,
    JsonValue,
    as_object,
    dump_json,
    objects_in,
    parse_json,
    stored_object,
)
from emsp.pricing.amounts import exact
from emsp.pricing.claims import read_claim
from emsp.pricing.merged_lines import merged_lines
from emsp.pricing.net_to_pay import ClaimedCdr
from emsp.pricing.read_tariff import word
from emsp.pricing.vat_choice import NO_VAT, vat_ratio
from emsp.stores.cdrs import StoredCdr

TEXT_AT_MOST: Final = 1000
LINES_AT_MOST: Final = 200
FINDINGS_AT_MOST: Final = 100
"""The largest number of findings that are kept of a check. A check may have 8,000 lines of 12 MB."""
FIELDS: Final = frozenset(
    {
        *("country_code", "party_id", "id", "session_id", "cdr_token", "cdr_location", "auth_method"),
        *("authorization_reference", "start_date_time", "end_date_time", "last_updated", "currency"),
        *("total_energy", "total_cost", "total_fixed_cost", "total_energy_cost", "total_time_cost"),
        *("total_parking_cost", "total_reservation_cost"),
        *("credit", "credit_reference_id", "invoice_reference_id"),
    }
)
"""The fields of a CDR that accounting uses. Other fields are dropped, because a charge may have 200 CDRs, and
one may take 60 MB of memory.
"""
MEMBERS: Final = frozenset(
    {
        *("country_code", "party_id", "id", "uid", "excl_vat", "incl_vat", "evse_uid", "connector_id"),
        *("name", "address", "city", "postal_code", "state", "country"),
    }
)
"""The members of FIELDS that accounting uses."""


def small_cdr(stored: StoredCdr) -> JsonObject:
    """Return the fields of a CDR that accounting uses.

    Lists, and texts and numbers longer than TEXT_AT_MOST, are left out.
    """
    whole = stored_object(stored.body, f"CDR {stored.object_key}")
    return {
        name: _members(value) if isinstance(value, dict) else value
        for name, value in whole.items()
        if name in FIELDS and (isinstance(value, dict) or _is_small(value))
    }


def small_check(stored: StoredCdr) -> JsonObject:
    """Return the check with one line for each price, or an empty object if there is no check.

    It has at most LINES_AT_MOST lines and FINDINGS_AT_MOST findings.
    """
    value = as_object(parse_json(stored.check) if stored.check else None)
    if not value:
        return {}
    lines: list[JsonValue] = [*merged_lines(objects_in(value, "lines"))[:LINES_AT_MOST]]
    findings: list[JsonValue] = [*islice(objects_in(value, "findings"), FINDINGS_AT_MOST)]
    return {**value, "lines": lines, "findings": findings}


def small(stored: StoredCdr) -> StoredCdr:
    """Return the stored CDR with its body reduced by small_cdr and its check reduced by small_check."""
    check = dump_json(small_check(stored)) if stored.check else None
    return replace(stored, body=dump_json(small_cdr(stored)), check=check)


def _members(value: JsonObject) -> JsonObject:
    return {name: each for name, each in value.items() if name in MEMBERS and _is_small(each)}


def _is_small(value: JsonValue) -> bool:
    return not isinstance(value, list | dict) and len(str(value)) <= TEXT_AT_MOST


def claimed_cdr(
    stored: StoredCdr, body: JsonObject, check: JsonObject, gst_percent: Decimal | None
) -> ClaimedCdr:
    """Return the claim of a CDR. `body` is the CDR, and `check` its check, or empty."""
    claim = read_claim(body)
    return ClaimedCdr(
        key=stored.object_key,
        currency=word(body.get("currency")).upper(),
        total=claim.total,
        is_credit=claim.is_credit,
        credits_key=stored.credits_key,
        vat=vat_of(check, gst_percent),
    )


def vat_of(check: JsonObject, gst_percent: Decimal | None) -> Fraction:
    """Return the ratio of incl. VAT to excl. VAT: by the tariff in the check, or else by the configured rate.

    If both are unknown, it is 1.
    """
    for name in ("computed", "most"):
        price = check.get(name)
        if isinstance(price, dict):
            excl_vat, incl_vat = exact(price.get("excl_vat")), exact(price.get("incl_vat"))
            if excl_vat and incl_vat:
                return incl_vat / excl_vat
    ratio = vat_ratio(None, gst_percent)
    return NO_VAT if ratio is None else ratio
