"""Texts of a CPO or an app that a spreadsheet, S3 or a pattern would take for something else."""

import csv
import io
import time
from collections.abc import Callable

import pytest

from emsp.driver_api.charge_routes import _prefers_html
from emsp.driver_api.problems import language_of
from emsp.settlement.csv_lines import line, text_in
from emsp.stores.table import folder_of

FORMULA = '=HYPERLINK("http://evil.example")'


@pytest.mark.parametrize(
    "cell",
    [
        FORMULA,
        f"a;{FORMULA}",
        f"a,{FORMULA}",
        f"a\n{FORMULA}",
        "a\t@SUM(1)",
        f'a;"{FORMULA}',
        f';"""{FORMULA}',
        "a;b;-2+3",
        "a|+1",
        f"a\r\n{FORMULA}",
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_however_a_spreadsheet_separates_them(cell: str, separator: str) -> None:
    written = line(["before", cell, "after"])
    rows = written.splitlines()
    cells = [
        each
        for row in rows
        for each in (*row.split(separator), *next(csv.reader([row], delimiter=separator)))
    ]
    assert not [each for each in cells if each.startswith(("=", "+", "-", "@"))]
    assert text_in(next(csv.reader(io.StringIO(written, newline="")))[1]) == cell


@pytest.mark.parametrize(
    "object_id", ["../../../../X", "..", ".", "a/../../../../b", "/", "%2F", "S#1", "~" * 300, "<" * 300]
)
def test_no_id_leads_out_of_its_folder_in_s3(object_id: str) -> None:
    key = f"{folder_of(f'sessions#IN#ABC#{object_id}')}/{'0' * 64}.json.gz"
    kind, country_code, party_id, folder, _ = key.split("/")
    assert (kind, country_code, party_id) == ("sessions", "IN", "ABC")
    assert folder.strip(".")
    assert len(key) <= 1024  # S3 takes no longer one
    assert folder_of("sessions#IN#..#S-1") == "sessions/IN/%2E%2E/S-1"


@pytest.mark.parametrize("read", [language_of, _prefers_html])
def test_a_header_of_spaces_costs_no_time(read: Callable[[str], object]) -> None:
    began = time.process_time()
    read(f"en{' ' * 100_000}!")
    assert time.process_time() - began < 10  # 120 s if each space was tried with each
