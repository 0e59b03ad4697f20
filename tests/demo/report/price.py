"""The price of a CDR by its tariff, line by line, as check_cdr computes it, and the CPO's claim."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.demo.report.markup import element, text

QUIET = {"AGREES", "ROUNDING"}


def price_lines(check: dict[str, Any]) -> str:
    """The verdict on a CDR, a table of volumes with prices and reasons, both totals, and the findings."""
    currency = check["currency"]
    heads = ("", "billed", "price", f"{currency} without VAT", "with VAT", "because")
    rows = "".join(_row(line, heads) for line in check["lines"])
    table = element(
        "table",
        element("thead", element("tr", *(element("th", text(head)) for head in heads))),
        element("tbody", rows),
    )
    claimed, computed = money(check["claimed"], currency), money(check["computed"], currency)
    kind = "agrees" if check["verdict"] in QUIET else "differs"
    heading = element(
        "h3", text(f"CDR {check['cdr']['id']}: "), element("strong", text(check["verdict"]), class_=kind)
    )
    totals = element("p", text(f"The CPO claims {claimed}; the price by its tariff is {computed}."))
    remarks = [*check["findings"], *check["assumptions"], *check["limits"]]
    told = "".join(element("li", text(each.get("message", each))) for each in remarks)
    return heading + element("div", table, class_="wide") + totals + (element("ul", told) if told else "")


def _row(line: dict[str, Any], heads: Sequence[str]) -> str:
    vat = f" + {line['vat']}% VAT" if line["vat"] else ""
    cells = (
        line["dimension"],
        f"{line['billed']} {line['unit']}",
        f"{line['price']}{vat}",
        line["excl_vat"],
        line["incl_vat"],
        line["because"],
    )
    named = zip(heads, cells, strict=True)
    return element("tr", *(element("td", text(cell), data_label=head) for head, cell in named))


def money(amount: Any, currency: str) -> str:
    """An amount for people, with VAT first, rounded to the hundredth."""
    if amount is None:
        return "unknown"
    without = _rounded(amount["excl_vat"])
    if amount.get("incl_vat") is None:
        return f"{without} {currency} without VAT"
    return f"{_rounded(amount['incl_vat'])} {currency} with VAT ({without} without)"


def _rounded(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
