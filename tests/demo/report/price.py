"""A CDR's price line by line, as check_cdr reckoned it by its tariff, beside what its CPO wants."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.demo.report.markup import element, text

QUIET = {"AGREES", "ROUNDING"}


def price_lines(check: dict[str, Any]) -> str:
    """The verdict on a CDR; a table of what was used, its price and why; both totals, and what was found."""
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
    totals = element("p", text(f"The CPO claims {claimed}; by its tariff it is {computed}."))
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
    """An amount as people read it, with VAT first, to the hundredth."""
    if amount is None:
        return "what can't be told"
    without = _rounded(amount["excl_vat"])
    if amount.get("incl_vat") is None:
        return f"{without} {currency} without VAT"
    return f"{_rounded(amount['incl_vat'])} {currency} with VAT ({without} without)"


def _rounded(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
