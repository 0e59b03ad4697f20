"""The CDR's price line by line, as check_cdr reckoned it by its tariff, beside what its CPO wants."""

from collections.abc import Sequence
from typing import Any

from tests.demo.report.markup import element, text

QUIET = {"AGREES", "ROUNDING"}


def price_lines(check: dict[str, Any]) -> str:
    """A table of what was used, its price and why; then both totals, the verdict and what was found."""
    currency = check["currency"]
    heads = ("", "billed", "price", f"{currency} without VAT", "with VAT", "because")
    rows = "".join(_row(line, heads) for line in check["lines"])
    table = element(
        "table",
        element("thead", element("tr", *(element("th", text(head)) for head in heads))),
        element("tbody", rows),
    )
    claimed, computed = _money(check["claimed"], currency), _money(check["computed"], currency)
    kind = "agrees" if check["verdict"] in QUIET else "differs"
    totals = element(
        "p",
        text(f"The CPO claims {claimed}; by its tariff it is {computed}: "),
        element("strong", text(check["verdict"]), class_=kind),
    )
    remarks = [*check["findings"], *check["assumptions"], *check["limits"]]
    told = "".join(element("li", text(each.get("message", each))) for each in remarks)
    return element("div", table, class_="wide") + totals + (element("ul", told) if told else "")


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


def _money(amount: Any, currency: str) -> str:
    if amount is None:
        return "what can't be told"
    with_vat = f" ({amount['incl_vat']} with VAT)" if amount.get("incl_vat") is not None else ""
    return f"{amount['excl_vat']} {currency}{with_vat}"
