"""The demo's report: one file that needs nothing else, with all that happened, and nothing that it shows can
break it.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from emsp.pricing.check_claim import CheckRules, check
from tests.demo.event_tap import EventTap
from tests.demo.journal import Entry, Journal, Lane, energy_curve
from tests.demo.report.app import AppRequest
from tests.demo.report.page import Journey, page

T0 = datetime(2026, 11, 25, 12, tzinfo=UTC)
NASTY = '</script><script>alert(1)</script> & "<b>'
TARIFF = {
    "country_code": "IN",
    "party_id": "ABC",
    "id": "T-1",
    "currency": "INR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 10, "vat": 18, "step_size": 1}]}],
    "last_updated": "2026-01-01T00:00:00Z",
}


def cdr(**changes: Any) -> dict[str, Any]:
    return {
        "country_code": "IN",
        "party_id": "ABC",
        "id": "CDR-1",
        "start_date_time": "2026-11-25T12:00:00Z",
        "end_date_time": "2026-11-25T12:30:00Z",
        "currency": "INR",
        "tariffs": [TARIFF],
        "charging_periods": [
            {
                "start_date_time": "2026-11-25T12:00:00Z",
                "tariff_id": "T-1",
                "dimensions": [{"type": "ENERGY", "volume": Decimal("5.5")}],
            }
        ],
        "total_cost": {"excl_vat": Decimal("55.00"), "incl_vat": Decimal("64.90")},
        "total_energy": Decimal("5.5"),
        "total_time": Decimal("0.5"),
        **changes,
    }


def checked(value: dict[str, Any]) -> dict[str, Any]:
    """As check_cdr answers."""
    named = {name: value[name] for name in ("country_code", "party_id", "id")}
    return {"cdr": named, **check(value, [], "Asia/Kolkata", CheckRules()).as_json()}


def feature(station: str, longitude: float, latitude: float, status: str) -> dict[str, Any]:
    properties = {"id": station, "name": NASTY, "evses": [[2, "IEC_62196_T2_COMBO", 60000, status]]}
    geometry = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def journey(**changes: Any) -> Journey:
    parts: dict[str, Any] = {
        "entries": [
            Entry(
                T0,
                Lane.OURS,
                "send_command START_SESSION",
                0.25,
                "SENT",
                {"command_id": "c-1"},
                (("payload", {"a": NASTY}),),
            ),
            Entry(
                T0 + timedelta(seconds=0.1),
                Lane.TO_HUB,
                "POST /commands",
                0.05,
                "HTTP 200",
                {"X-Request-ID": "r-1"},
            ),
            Entry(
                T0 + timedelta(seconds=2),
                Lane.FROM_HUB,
                "PUT /sessions",
                0.02,
                "delivered",
                {"X-Correlation-ID": "k-1"},
            ),
            Entry(T0 + timedelta(seconds=3), Lane.EVENT, f"CDR Received {NASTY}", ids={"event id": "e-1"}),
        ],
        "features": [feature("L-1", 77.6, 12.97, "AVAILABLE"), feature("L-2", 72.9, 19.1, "CHARGING")],
        "location": {"id": "L-1", "name": NASTY, "time_zone": "Asia/Kolkata"},
        "curve": [(T0, 0.0), (T0 + timedelta(seconds=1), 2.5), (T0 + timedelta(seconds=2), 5.5)],
        "cdr": cdr(),
        **changes,
    }
    parts.setdefault("checks", [checked(parts["cdr"])])
    return Journey(**parts)


class Document(HTMLParser):
    """Elements with their attributes, and all text; checks that they are nested well."""

    EMPTY = ("meta", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str, class_: str = "") -> list[dict[str, str | None]]:
        return [
            attrs for name, attrs in self.elements if name == tag and class_ in (attrs.get("class") or "")
        ]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def test_it_is_one_file_that_runs_nothing_and_asks_no_network() -> None:
    html = page(journey())
    document = Document(html)
    names = {name for name, _ in document.elements}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form", "a"})
    attributes = {key for _, attrs in document.elements for key in attrs}
    assert attributes.isdisjoint(
        {"src", "href", "srcset", "xlink:href"} | {k for k in attributes if k.startswith("on")}
    )
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_every_entry_is_there_folded_with_its_ids_and_what_was_said() -> None:
    document = Document(page(journey()))
    assert len(document.all("details", "entry")) == 4
    assert all("open" not in attrs for attrs in document.all("details"))
    for seen in (
        "send_command START_SESSION",
        "POST /commands",
        "c-1",
        "r-1",
        "k-1",
        "e-1",
        "+2.000 s",
        "250 ms",
    ):
        assert seen in document.text
    assert NASTY in document.text, "shown as it is"
    assert json.dumps({"a": NASTY}, indent=2) in document.text


def test_bars_lie_on_the_axis() -> None:
    bars = [attrs["style"] or "" for attrs in Document(page(journey())).all("i")]
    placed = [tuple(float(part.split(":")[1].rstrip("%")) for part in bar.split(";")) for bar in bars]
    assert [left for left, _ in placed] == sorted(left for left, _ in placed)
    assert all(left >= 0 and left + width <= 100.01 for left, width in placed)
    assert placed[-1][0] > 99


def test_stations_lie_north_and_east_of_each_other_as_they_do() -> None:
    document = Document(page(journey()))
    [bengaluru] = document.all("circle", "charged")
    [mumbai] = document.all("circle", "taken")
    assert float(bengaluru["cx"] or 0) > float(mumbai["cx"] or 0)
    assert float(bengaluru["cy"] or 0) > float(mumbai["cy"] or 0)
    assert "2 stations, 1 with a free connector" in document.text


def test_the_energy_rises_from_left_to_right() -> None:
    [line] = Document(page(journey())).all("polyline", "energy")
    points = [tuple(map(float, point.split(","))) for point in (line["points"] or "").split()]
    assert points == sorted(points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)


@pytest.mark.parametrize(
    ("total_cost", "verdict"),
    [
        ({"excl_vat": Decimal("55.00"), "incl_vat": Decimal("64.90")}, "AGREES"),
        ({"excl_vat": Decimal("55.00")}, "AGREES"),
        ({"excl_vat": Decimal("60.00"), "incl_vat": Decimal("70.80")}, "OVERCHARGED"),
    ],
)
def test_the_price_is_told_line_by_line_and_checked(total_cost: Any, verdict: str) -> None:
    document = Document(page(journey(cdr=cdr(total_cost=total_cost))))
    for seen in ("ENERGY", "5.5 kWh", "10 + 18% VAT", "64.9", verdict):
        assert seen in document.text


@pytest.mark.parametrize(
    ("total_cost", "lead"),
    [
        ({"excl_vat": Decimal("55.00"), "incl_vat": Decimal("64.90")}, "64.90 INR with VAT (55.00 without)"),
        ({"excl_vat": Decimal("55.00")}, "64.90 INR with VAT (55.00 without)"),
        ({"excl_vat": Decimal("60.00")}, "60.00 INR without VAT"),
    ],
    ids=["the CDR tells it", "the tariff tells it", "the CDR is wrong, and tells none"],
)
def test_the_price_at_the_top_is_with_vat_or_says_that_it_is_not(total_cost: Any, lead: str) -> None:
    assert f"5.5 kWh for {lead}, CDR CDR-1" in Document(page(journey(cdr=cdr(total_cost=total_cost)))).text


def test_each_cdr_that_was_checked_has_its_price() -> None:
    wrong = cdr(id="CDR-X", total_cost={"excl_vat": Decimal("64.90"), "incl_vat": Decimal("64.90")})
    told = Document(page(journey(checks=[checked(cdr()), checked(wrong)]))).text
    price = told[told.index("The price") :]
    for seen in ("CDR CDR-1:  AGREES", "CDR CDR-X:  OVERCHARGED", "64.90 INR with VAT (55.00 without)"):
        assert seen in price


def test_a_charge_from_an_app_stands_request_by_request() -> None:
    amount = {"currency": "INR", "excl_vat": "55", "incl_vat": "64.9"}
    app = (
        AppRequest("POST", "/charges", 202, {"state": "STARTING"}),
        AppRequest("GET", f"/charges/{NASTY}", 200, {"state": "CHARGING", "kwh": 2.5, "cost": amount}),
    )
    told = Document(page(journey(app=app))).text
    for seen in ("POST /charges", "state CHARGING, kwh 2.5, cost 64.9 INR"):
        assert seen in told
    assert "no API for drivers" in Document(page(journey())).text


def test_a_price_that_can_not_be_told_says_so() -> None:
    told = Document(page(journey(cdr=cdr(tariffs=[], charging_periods=[])))).text
    assert "the price by its tariff is unknown" in told
    assert "CANNOT_TELL" in told


@pytest.mark.parametrize("changes", [{"entries": []}, {"features": []}, {"curve": [(T0, 0.0)]}])
def test_what_is_not_there_is_no_fault(changes: dict[str, Any]) -> None:
    Document(page(journey(**changes)))


def test_it_is_made_for_narrow_screens_too() -> None:
    document = Document(page(journey()))
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in document.all("meta")
    assert all("width" not in attrs for attrs in document.all("svg")), "drawings fit the screen"


def test_labels_are_not_cut_off_on_narrow_screens_either() -> None:
    """At 26 px of a drawing 640 wide, as style.css has it for narrow screens; a letter is 0.62 of it wide."""
    html = page(journey())
    labels = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]*)</text>', html)
    assert len(labels) >= 8
    for x, _, anchor, told in labels:
        width = 26 * 0.62 * len(told)
        begins = float(x) - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        assert begins >= 0, told
        assert begins + width <= 640, told


def test_a_token_of_an_invocation_is_not_kept() -> None:
    journal = Journal()
    journal.invoked("register", {"action": "register", "token": "secret"}, lambda: {"registered": True})
    assert "secret" not in str(journal.entries)
    journal.invoked("send_command", {"token": {"uid": "A"}}, lambda: {"state": "SENT", "command_id": "c-1"})
    assert journal.entries[1].ids == {"command_id": "c-1"}


def test_what_an_event_tells_stands_after_what_caused_it_and_a_push_has_its_ocpi_path() -> None:
    """The event's own time has whole seconds: it lies before the push."""

    class Hub:
        def requests(self) -> list[dict[str, Any]]:
            return []

        def pushes(self) -> list[dict[str, Any]]:
            at = "2026-11-25T12:00:16.100Z"
            attempt = {"at": at, "took_s": 0.1, "http_status": 200, "status_code": 1000, "request_id": "r"}
            url = "http://127.0.0.1:1/_aws/execute-api/emsplocal/live/ocpi/2.2.1/sessions/IN/ABC/S"
            pushed = {"url": url, "method": "PUT", "body": "{}", "state": "delivered", "correlation_id": "c"}
            return [{**pushed, "attempts": [attempt]}]

    events = EventTap(sqs=None, queue_url="")
    event = {"id": "e", "time": "2026-11-25T12:00:15Z", "detail-type": "Session Updated"}
    events.taken = [{**event, "detail": {"id": "S", "object": {"status": "ACTIVE"}}}]
    events.arrived = {"e": T0 + timedelta(seconds=16.2)}
    journal = Journal()
    journal.gather(Hub(), events)  # type: ignore[arg-type]  # all that it needs of one
    assert [entry.title for entry in journal.entries] == [
        "PUT /ocpi/2.2.1/sessions/IN/ABC/S",
        "Session Updated S",
    ]


def test_the_curve_is_what_the_hub_pushed() -> None:
    class Hub:
        def pushes(self, module: str) -> list[dict[str, Any]]:
            assert module == "sessions"
            return [
                {"body": json.dumps({"id": name, "kwh": kwh, "last_updated": f"2026-11-25T12:00:0{second}Z"})}
                for name, kwh, second in (("S", 2.0, 2), ("S", 1.0, 1), ("T", 9.0, 1))
            ]

    curve = energy_curve(Hub(), "S")  # type: ignore[arg-type]  # all that it needs of one
    assert [kwh for _, kwh in curve] == [1.0, 2.0]
