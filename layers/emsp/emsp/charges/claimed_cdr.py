"""Read the claim of a stored CDR, for the sum that we must pay."""

from decimal import Decimal
from fractions import Fraction

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import exact
from emsp.pricing.claims import read_claim
from emsp.pricing.net_to_pay import ClaimedCdr
from emsp.pricing.read_tariff import word
from emsp.pricing.vat_choice import NO_VAT, vat_ratio
from emsp.stores.cdrs import StoredCdr


def claimed_cdr(
    stored: StoredCdr, body: JsonObject, check: JsonObject, gst_percent: Decimal | None
) -> ClaimedCdr:
    """Return the claim of `stored`. `body` is its CDR and `check` its check; `check` is empty if there is
    none.
    """
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
    """Return the ratio of an amount with VAT to the amount without: by the tariff that the check applied, or
    else by the configured rate. If there is neither, no VAT is added, as in OCPI.
    """
    for name in ("computed", "most"):
        price = check.get(name)
        if isinstance(price, dict):
            excl_vat, incl_vat = exact(price.get("excl_vat")), exact(price.get("incl_vat"))
            if excl_vat and incl_vat:
                return incl_vat / excl_vat
    ratio = vat_ratio(None, gst_percent)
    return NO_VAT if ratio is None else ratio
