"""Bodies in other encodings than UTF-8: read as what they say they are, or kept byte for byte."""

import base64
import json

import pytest

from tests.integration.house import House
from tests.integration.samples import path_of, session

NAME = "Größe 47, चेन्नई"
LATIN = "Größe 47"


def named(name: str) -> str:
    value = session("S-1")
    value["cdr_token"]["contract_id"] = "C-1"
    return json.dumps(value | {"name": name}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("content_type", "encoding", "name"),
    [
        (None, "utf-8", NAME),
        ("application/json", "utf-8", NAME),
        ("application/json", "utf-8-sig", NAME),
        ("application/json; charset=utf-8", "utf-8", NAME),
        ("application/json; charset=UTF8", "utf-8", NAME),
        ('application/json; Charset="utf-8"', "utf-8", NAME),
        ("application/json; charset=iso-8859-1", "latin-1", LATIN),
        ("application/json;charset=ISO-8859-15", "iso8859-15", LATIN),
        ("application/json; charset=windows-1252", "cp1252", LATIN),
        ("application/json; charset=utf-16", "utf-16", NAME),
        ("application/json; charset=utf-16le", "utf-16-le", NAME),
        ("application/json", "utf-16", NAME),
        ("application/json", "utf-32", NAME),
        (None, "utf-16-be", NAME),
    ],
)
@pytest.mark.parametrize("base64_body", [True, False])
def test_a_body_is_stored_with_the_characters_that_were_meant(
    house: House, content_type: str | None, encoding: str, name: str, base64_body: bool
) -> None:
    if not base64_body and encoding.startswith(("utf-16", "utf-32")):
        pytest.skip("as text, API Gateway has already lost what these bytes were")
    headers = {} if content_type is None else {"Content-Type": content_type}
    # What comes as text was decoded before us: the characters are right, whatever Content-Type says.
    raw = named(name).encode(encoding if base64_body else "utf-8")
    answer = house.call("PUT", path_of(session("S-1")), raw=raw, headers=headers, base64_body=base64_body)
    assert answer.status_code == 1000, answer.envelope
    assert house.call("GET", path_of(session("S-1"))).envelope["data"]["name"] == name


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("application/json", named(LATIN).encode("latin-1")),
        (None, named(LATIN).encode("cp1252")),
        ("application/json; charset=utf-8", named(LATIN).encode("latin-1")),
        ("application/json; charset=utf-16", b"{}{"),
        ("application/json; charset=ascii", named(LATIN).encode()),
        ("application/json; charset=klingon", named(LATIN).encode()),
        ("application/json; charset=rot13", named(LATIN).encode()),
        ("application/json; charset=zlib", named(LATIN).encode()),
        ("application/json", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"),
    ],
)
def test_a_body_that_can_not_be_read_is_refused_and_kept_byte_for_byte(
    house: House, content_type: str | None, raw: bytes
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = house.call("PUT", path_of(session("S-1")), raw=raw, headers=headers, base64_body=True)
    assert answer.status_code == 2001
    [kept] = house.rejected()
    body = base64.b64decode(kept["body_base64"]) if "body_base64" in kept else kept["body"].encode()
    assert body == raw
    assert house.items("sessions") == []
