"""The receipt of a charge, as JSON or HTML: what its CPO claims, its credits, and the amount to pay."""

from html import escape
from typing import Any

from pydantic import BaseModel, ConfigDict

from emsp.driver_api.charge_view import ChargeView
from emsp.driver_api.money import Money, money_of
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.ocpi.json_text import JsonObject, objects_in

TRY_AGAIN_S = 60

WORDS = {
    "en": ("Receipt", "Station", "From", "Until", "Energy", "Cost without tax", "Cost with tax", "You pay"),
    "hi": ("रसीद", "स्टेशन", "से", "तक", "ऊर्जा", "कर के बिना लागत", "कर सहित लागत", "आप भुगतान करेंगे"),
}


class ReceiptLine(BaseModel):
    """A CDR or a credit CDR. The amounts of a credit CDR are subtracted."""

    model_config = ConfigDict(defer_build=True)

    cdr_id: str
    is_credit: bool
    invoice_reference_id: str | None = None
    total: Money | None = None
    parts: dict[str, Money]
    """The costs by OCPI's names: total_energy_cost, total_time_cost, ..."""


class Receipt(BaseModel):
    """The receipt of a charge."""

    model_config = ConfigDict(defer_build=True)

    charge: ChargeView
    to_pay: Money | None = None
    lines: list[ReceiptLine]


def receipt_of(view: ChargeView, answered: JsonObject) -> Receipt:
    """Return the receipt. `answered` is the charge as find_charges returns it.

    Raises ProblemFound if it has no CDR yet, or if its price is not decided yet.
    """
    if not view.receipt_ready:
        missing = "its price is not decided yet" if answered["cdrs"] else f"it is {view.state} and has no CDR"
        raise ProblemFound(Problems.NO_RECEIPT_YET, missing, retry_after_s=TRY_AGAIN_S)
    lines = [
        _line(each, is_credit=name == "credits")
        for name in ("cdrs", "credits")
        for each in objects_in(answered, name)
    ]
    return Receipt(charge=view, to_pay=view.price if answered.get("retail") else view.cost, lines=lines)


def as_page(receipt: Receipt, language: str) -> str:
    """Return the receipt as HTML without scripts, links and external styles."""
    words, charge, cost = WORDS[language], receipt.charge, receipt.charge.cost
    station = charge.station.location_id if charge.station else ""
    values = (
        station,
        charge.started_at.isoformat() if charge.started_at else "",
        charge.ended_at.isoformat() if charge.ended_at else "",
        f"{charge.kwh:g} kWh" if charge.kwh is not None else "",
        _amount(cost.currency, cost.excl_vat) if cost else "",
        _amount(cost.currency, cost.incl_vat) if cost else "",
        _amount(receipt.to_pay.currency, receipt.to_pay.incl_vat or receipt.to_pay.excl_vat)
        if receipt.to_pay
        else "",
    )
    rows = "".join(
        f"<tr><th scope=row>{escape(word)}</th><td>{escape(value)}</td></tr>"
        for word, value in zip(words[1:], values, strict=True)
        if value
    )
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(words[0])}</title><main><h1>{escape(words[0])}</h1><table>{rows}</table></main></html>"
    )


def _line(cdr: Any, *, is_credit: bool) -> ReceiptLine:  # noqa: ANN401  # a CDR in find_charges' answer
    currency = cdr["currency"]
    return ReceiptLine(
        cdr_id=str(cdr["id"]),
        is_credit=is_credit,
        invoice_reference_id=cdr["invoice_reference_id"],
        total=money_of(currency, cdr["total_cost"]),
        parts={name: money for name, each in cdr["parts"].items() if (money := money_of(currency, each))},
    )


def _amount(currency: str | None, amount: str | None) -> str:
    return f"{currency or ''} {amount}".strip() if amount else ""
