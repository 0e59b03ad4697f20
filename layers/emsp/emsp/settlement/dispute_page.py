"""Write a case as an HTML page, to print or to send to the CPO. The page loads nothing. Without I/O.

All values are escaped, because a CPO may write anything into ids, names and reasons.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, objects_in

CHARACTERS_AT_MOST: Final = 500
"""The largest number of characters of a cell."""
LINES: Final = ("part", "measured", "billed", "unit", "price", "vat", "excl_vat", "incl_vat", "because")
FINDINGS: Final = ("code", "message", "amount")
TARIFFS: Final = ("id", "last_updated", "sha256")
HISTORY: Final = ("at", "state", "left", "note", "who")
CHARGE: Final = ("start_date_time", "end_date_time", "total_energy", "total_time", "last_updated")
AMOUNTS: Final = (
    ("Claimed", "claimed"),
    ("Right", "right"),
    ("Claimed too much", "over_by"),
    ("Left after credits", "left_over_by"),
)
STYLE: Final = (
    "body{font:14px/1.4 sans-serif;max-width:60em;margin:2em auto}table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "h2{margin:1.2em 0 .3em}@media print{body{margin:0}tr{break-inside:avoid}}"
)


def dispute_page(case: JsonObject, printed_at: str) -> str:
    """Return the page of a case. `case` is the answer of get_dispute."""
    evidence, cdr = as_object(case.get("evidence")), as_object(case.get("cdr"))
    claimed, session = as_object(evidence.get("cdr")), as_object(evidence.get("session"))
    currency = case.get("currency")
    title = f"Dispute {case.get('id')}"
    place = as_object(claimed.get("cdr_location"))
    facts: list[list[JsonValue]] = [
        ["CDR", f"{cdr.get('country_code')}*{cdr.get('party_id')} {cdr.get('id')}"],
        ["Session", case.get("session_id")],
        ["Location", place.get("name") or place.get("id")],
        ["State", case.get("state")],
        ["Verdict", case.get("verdict")],
        ["Likely cause", case.get("likely_cause")],
        ["Opened", case.get("opened_at")],
        ["Printed", printed_at],
    ]
    charges = [[name, claimed.get(name), session.get(name)] for name in CHARGE]
    parts = [
        [each.get("part"), _excl_vat(each.get("claimed")), _excl_vat(each.get("computed"))]
        for each in objects_in(evidence, "parts")
    ]
    body = [
        f"<h1>{escape(title)}</h1>",
        _table("", ("", ""), facts),
        _table(f"Amounts in {currency}", ("", "excl. VAT", "incl. VAT"), _amounts(case)),
        _table("Charge", ("", "CDR", "session"), charges),
        _table("Parts, excl. VAT", ("part", "claimed", "right"), parts),
        _table("Lines of the right price", LINES, _rows(evidence, "lines", LINES)),
        _table("Findings", FINDINGS, _rows(evidence, "findings", FINDINGS)),
        _table("Tariffs, by version", TARIFFS, _rows(evidence, "tariffs", TARIFFS)),
        _table("Credit CDRs", ("id", "total_cost"), _credits(evidence)),
        _table("History", HISTORY, _rows(case, "history", HISTORY)),
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>'


def _amounts(case: JsonObject) -> list[list[JsonValue]]:
    return [
        [name, *(as_object(case.get(field)).get(vat) for vat in ("excl_vat", "incl_vat"))]
        for name, field in AMOUNTS
    ]


def _credits(evidence: JsonObject) -> list[list[JsonValue]]:
    return [
        [each.get("id"), _excl_vat(each.get("total_cost"))] for each in objects_in(evidence, "credit_cdrs")
    ]


def _rows(value: JsonObject, name: str, columns: Sequence[str]) -> Iterable[list[JsonValue]]:
    return ([each.get(column) for column in columns] for each in objects_in(value, name))


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[JsonValue]]) -> str:
    """Return a table, or nothing if there are no rows."""
    lines = "".join(f"<tr>{''.join(f'<td>{_cell(each)}</td>' for each in row)}</tr>" for row in rows)
    heading = "".join(f"<th>{escape(each)}</th>" for each in columns)
    caption = f"<h2>{escape(title)}</h2>" if title else ""
    return f"{caption}<table><tr>{heading}</tr>{lines}</table>" if lines else ""


def _cell(value: JsonValue) -> str:
    return "" if value is None else escape(str(value)[:CHARACTERS_AT_MOST])


def _excl_vat(price: JsonValue) -> JsonValue:
    return price.get("excl_vat") if isinstance(price, dict) else price
