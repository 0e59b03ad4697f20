"""What a charge and a change of the catalogue write, say and log: counted by driving the real handlers."""

import contextlib
import gzip
import io
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from emsp.log import log
from tests.integration.catalogue.house import CatalogueHouse, catalogue_house
from tests.integration.charges.test_check_cdr import keep_version, tariff
from tests.integration.dynamodb_calls import dynamodb_calls
from tests.integration.house import House, house
from tests.integration.samples import cdr, path_of, period, session
from tests.integration.streams import Streams, Tap, is_let_through
from tests.price.units import Index, Item, indexes, size, write_units
from tests.template.template import resources, template

PUSHES = 10
BEGUN = datetime(2026, 11, 22, 10, tzinfo=UTC)
BETWEEN_PUSHES = timedelta(minutes=5)
"""Of one session: a car charges for three quarters of an hour, and its CPO tells of it every five minutes."""

# As it was before: everything in every index, one of which moved with each push; bodies as plain text.
WHOLE_INDEXES = {
    "SessionsTable": [
        Index(("object_id",)),
        Index(("token_key", "last_updated"), None),
        Index(("start_day", "start_date_time"), None),
    ]
}


@dataclass(frozen=True)
class Counts:
    """Of one session push, one CDR and one changed EVSE, each on average."""

    session_units: float
    session_units_before: float
    session_bytes: float
    session_log_bytes: float
    publish_log_bytes: float
    access_log_bytes: int
    links_per_push: float
    events_per_push: float
    event_bytes: float
    lookups_per_push: float
    cdr_units: float
    cdr_bytes: float
    location_units: float
    location_units_before: float
    location_bytes: float


def measure() -> Counts:
    """Drives one charge, and then a change of one EVSE in each of forty locations."""
    with house() as pushed:
        streams, tap = Streams(), Tap()
        sessions, receiver_log = _logged(lambda: _a_session(pushed))
        records = streams.records()
        publish_log, events, lookups = _published(pushed, records, tap)
        links = sum(is_let_through("link_session", record) for record in records)
        before_cdr = pushed.item("sessions", "IN#CPO#S-1")
        assert pushed.call("POST", "/ocpi/2.2.1/cdrs", cdr()).status_code == 1000
        stored = pushed.item("cdrs", "IN#CPO#C-1")
        after_cdr = pushed.item("sessions", "IN#CPO#S-1")
    assert stored
    assert before_cdr
    assert after_cdr
    with catalogue_house() as pulled:
        locations = _changed_locations(pulled)
    pairs = list(zip([None, *sessions], sessions, strict=False))
    return Counts(
        session_units=_mean(write_units(b, a, "object_key", _now("SessionsTable")) for b, a in pairs),
        session_units_before=_mean(
            write_units(b and _plain(b), _plain(a), "object_key", WHOLE_INDEXES["SessionsTable"])
            for b, a in pairs
        ),
        session_bytes=_mean(map(size, sessions)),
        session_log_bytes=len(receiver_log) / PUSHES,
        publish_log_bytes=len(publish_log) / PUSHES,
        access_log_bytes=len(_access_log_line(path_of(session()))),
        links_per_push=links / PUSHES,
        events_per_push=len(events) / PUSHES,
        event_bytes=_mean(len(json.dumps(each, separators=(",", ":"))) for each in events),
        lookups_per_push=lookups / PUSHES,
        cdr_units=write_units(None, stored, "object_key", _now("CdrsTable"), in_transaction=True)
        + write_units(before_cdr, after_cdr, "object_key", _now("SessionsTable"), in_transaction=True),
        cdr_bytes=size(stored),
        location_units=_mean(write_units(b, a, "object_key", _now("LocationsTable")) for b, a in locations),
        location_units_before=_mean(
            write_units(b and _plain(b), _plain(a), "object_key", _now("LocationsTable"))
            for b, a in locations
        ),
        location_bytes=_mean(size(a) for _, a in locations),
    )


def _a_session(pushed: House) -> list[Item]:
    """The item after each push."""
    items: list[Item] = []
    operations = pushed.app("receive_session").OPERATIONS
    put = operations["PUT"]
    for number in range(PUSHES):
        received_at = BEGUN + number * BETWEEN_PUSHES
        operations["PUT"] = lambda request, at=received_at: put(replace(request, received_at=at))
        value = session(
            at=f"{received_at:%Y-%m-%dT%H:%M:%SZ}",
            status=("PENDING", *["ACTIVE"] * (PUSHES - 2), "COMPLETED")[number],
            kwh=2.5 * number,
            charging_periods=[{**period(5 * each, 2.5), "tariff_id": "T1"} for each in range(number)],
            total_cost={"excl_vat": 50.0 * number, "incl_vat": 59.0 * number},
        )
        assert pushed.call("PUT", path_of(value), value).status_code == 1000
        item = pushed.item("sessions", "IN#CPO#S-1")
        assert item
        items.append(item)
    return items


def _access_log_line(path: str) -> str:
    """What API Gateway logs of a push: the template's format with usual values."""
    values = {
        "requestTime": "22/Nov/2026:10:00:00 +0000",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "identity.sourceIp": "203.0.113.117",
        "httpMethod": "PUT",
        "path": f"/live{path}",
        "status": "200",
        "responseLatency": "24",
        "integration.latency": "21",
        "responseLength": "89",
        "error.responseType": "-",
        "wafResponseCode": "-",
    }
    [of_api] = resources("AWS::Serverless::Api").values()
    line: str = of_api["Properties"]["AccessLogSetting"]["Fn::If"][1]["Format"]
    return re.sub(r"\$context\.([A-Za-z.]+)", lambda name: values[name[1]], line)


def _published(
    pushed: House, records: list[dict[str, Any]], tap: Tap
) -> tuple[str, list[dict[str, Any]], int]:
    """What publishing all that has changed logs, one record at a time, the events that it makes, and how
    often it looks something up for them.
    """
    keep_version(pushed, tariff(20), "2026-11-01T00:00:00.000000000Z")
    publish = pushed.app("publish_changes").handler
    with dynamodb_calls() as calls:
        _, logged = _logged(lambda: [publish({"Records": [record]}, None) for record in records])
    lookups = [call for call in calls if call.startswith(("GetItem ", "Query "))]
    told = tap.events()
    assert told[-1]["detail"]["cost_so_far"]["by_tariff"], "all of them could be priced"
    return logged, told, len(lookups)


def _changed_locations(pulled: CatalogueHouse) -> list[tuple[Item, Item]]:
    pulled.pull()
    before = _items(pulled)
    for location in pulled.hub.admin.objects("locations"):
        evse = location["evses"][0]
        evse["status"] = "CHARGING" if evse["status"] != "CHARGING" else "AVAILABLE"
        evse["last_updated"] = location["last_updated"] = "2027-01-01T00:00:00Z"
        owner = location["country_code"], location["party_id"]
        pulled.hub.admin.put_object("locations", *owner, location["id"], body=location)
    pulled.pull()
    return [(before[key], item) for key, item in _items(pulled).items() if item != before[key]]


def _items(pulled: CatalogueHouse) -> dict[str, dict[str, Any]]:
    pages = pulled.dynamodb.get_paginator("scan").paginate(TableName="locations")
    return {item["object_key"]["S"]: item for page in pages for item in page["Items"]}


def _now(table: str) -> list[Index]:
    return indexes(template()["Resources"][table]["Properties"])


def _plain(item: Item) -> Item:
    """As it was when every text was kept as such, and the index told of each push."""
    plain = {name: value for name, value in item.items() if name != "push_awaited_since"}
    for name in [each for each in plain if each.endswith("_gz")]:
        plain[name.removesuffix("_gz")] = {"S": gzip.decompress(plain.pop(name)["B"]).decode()}
    return plain


def _logged[Done](do: Callable[[], Done]) -> tuple[Done, str]:
    """What was done, and what was logged meanwhile: lines of the logger, and metrics on stdout."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(log.registered_formatter)
    log.addHandler(handler)
    try:
        with contextlib.redirect_stdout(said):
            done = do()
    finally:
        log._logger.removeHandler(handler)
    # At DEBUG, which the tests run at, more is said than is paid for.
    # Under pytest the logger's own handler writes to stdout as well: each line counts once.
    lines = [line for line in dict.fromkeys(said.getvalue().splitlines()) if _level(line) != "DEBUG"]
    return done, "\n".join(lines)


def _level(line: str) -> str:
    try:
        document: Mapping[str, Any] = json.loads(line)
    except ValueError:
        return ""
    return str(document.get("level", ""))


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    assert found
    return round(sum(found) / len(found), 2)
