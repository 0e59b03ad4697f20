"""Make the report, one HTML file without scripts or network access, legible on a desktop and on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.demo.journal import Entry
from tests.demo.report.app import AppRequest, app_requests
from tests.demo.report.curve import energy
from tests.demo.report.markup import element, text
from tests.demo.report.price import QUIET, money, price_lines
from tests.demo.report.stations import stations
from tests.demo.report.timeline import timeline

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Journey:
    """Everything that a report shows of one charge."""

    entries: Sequence[Entry]
    features: Sequence[dict[str, Any]]
    location: dict[str, Any]
    curve: Sequence[tuple[datetime, float]]
    cdr: dict[str, Any]
    checks: Sequence[dict[str, Any]]
    """The results of check_cdr. The one for `cdr` comes first."""
    app: Sequence[AppRequest] = ()
    """What a driver's app did in a charge of its own."""


def page(journey: Journey) -> str:
    """The HTML of the report."""
    location, cdr = journey.location, journey.cdr
    title = f"A charge at {location.get('name') or location['id']}"
    cpo = f"{cdr['country_code']}*{cdr['party_id']}"
    lead = f"{cdr['total_energy']} kWh for {_paid(cdr, journey.checks[0])}, CDR {cdr['id']} of {cpo}"
    sections = (
        ("The journey", timeline(journey.entries)),
        ("The stations", stations(journey.features, location["id"])),
        ("The energy", energy(journey.curve)),
        ("The price", "".join(map(price_lines, journey.checks))),
        ("A charge from a driver's app", app_requests(journey.app)),
    )
    head = (
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        + element("title", text(title))
        + f"<style>{STYLE}</style>"
    )
    body = element("header", element("h1", text(title)), element("p", text(lead)))
    body += element(
        "main", *(element("section", element("h2", text(name)), inside) for name, inside in sections)
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _paid(cdr: dict[str, Any], check: dict[str, Any]) -> str:
    """The claim of the CDR with VAT. If it has none, the price by the tariff, if both agree."""
    claimed, computed = cdr["total_cost"], check["computed"]
    if "incl_vat" not in claimed and computed and check["verdict"] in QUIET:
        return money(computed, cdr["currency"])
    return money(claimed, cdr["currency"])


def write(journey: Journey, path: Path) -> Path:
    """Write the page, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(journey), encoding="utf-8")
    return path
