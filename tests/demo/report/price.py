"""The CDR's price line by line, reckoned anew by its tariff, beside what its CPO wants."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from emsp.charges.price_session import price
from tests.demo.report.markup import element, text

A_CENT = Decimal("0.01")


def price_lines(cdr: dict[str, Any], time_zone: str | None) -> str:
    """A table of what was used, its price and why; then both totals, and whether they agree to a cent."""
    priced = price(cdr, time_zone=time_zone)
    currency = cdr["currency"]
    heads = ("", "billed", "price", f"{currency} without VAT", "with VAT", "because")
    rows = "".join(_row(line.as_json(), heads) for line in priced.lines)
    table = element(
        "table",
        element("thead", element("tr", *(element("th", text(head)) for head in heads))),
        element("tbody", rows),
    )
    remarks = "".join(element("li", text(each.message)) for each in (*priced.reasons, *priced.notes))
    wanted = cdr["total_cost"]
    ours = priced.total.as_json() if priced.total else None
    verdict, kind = _verdict(wanted, ours)
    totals = element(
        "p",
        text(f"The CPO wants {_money(wanted, currency)}; by its tariff it is {_money(ours, currency)}: "),
        element("strong", text(verdict), class_=kind),
    )
    return element("div", table, class_="wide") + totals + (element("ul", remarks) if remarks else "")


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
        return "not to be told"
    with_vat = f" ({amount['incl_vat']} with VAT)" if amount.get("incl_vat") is not None else ""
    return f"{amount['excl_vat']} {currency}{with_vat}"


def _verdict(wanted: Any, ours: Any) -> tuple[str, str]:
    if ours is None:
        return "it can't be told whether that is right", "unsure"
    names = [name for name in ("excl_vat", "incl_vat") if wanted.get(name) is not None]
    off = [abs(Decimal(str(wanted[name])) - Decimal(ours[name])) for name in names]
    return ("that agrees", "agrees") if max(off) <= A_CENT else (f"that differs by {max(off)}", "differs")
