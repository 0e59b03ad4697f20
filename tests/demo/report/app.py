"""What a driver's app sent and showed, request by request."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.demo.report.markup import element, text

HEADS = ("request", "answer", "the app shows")


@dataclass(frozen=True)
class AppRequest:
    """One request to the API for drivers. `shown` are the parts of the answer that an app shows."""

    method: str
    path: str
    status: int
    shown: dict[str, Any]


def app_requests(requests: Sequence[AppRequest]) -> str:
    """A table of these requests."""
    if not requests:
        return element("p", "This stack has no API for drivers for the demo.")
    rows = "".join(_row(each) for each in requests)
    head = element("thead", element("tr", *(element("th", text(each)) for each in HEADS)))
    return element("div", element("table", head, element("tbody", rows)), class_="wide")


def _row(request: AppRequest) -> str:
    shown = ", ".join(f"{name} {_value(value)}" for name, value in request.shown.items())
    cells = (f"{request.method} {request.path}", request.status, shown)
    named = zip(HEADS, cells, strict=True)
    return element("tr", *(element("td", text(cell), data_label=head) for head, cell in named))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value.get('incl_vat') or value.get('excl_vat')} {value.get('currency')}"
    return value if isinstance(value, str) else json.dumps(value)
