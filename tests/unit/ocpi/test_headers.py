"""Headers are found however they are cased, and a credentials token in both encodings."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.ocpi.headers import Headers, TokenEncoding, authorization_header, routing_headers, token_candidates
from emsp.ocpi.parties import PartyId

credentials_tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)


@given(credentials_tokens, st.sampled_from(TokenEncoding))
def test_a_token_that_was_sent_is_among_the_candidates(token: str, encoding: TokenEncoding) -> None:
    assert token in token_candidates(authorization_header(token, encoding))


@given(credentials_tokens)
def test_a_token_that_was_sent_without_padding_is_among_the_candidates(token: str) -> None:
    assert token in token_candidates("Token " + base64.b64encode(token.encode()).decode().rstrip("="))


@given(credentials_tokens)
def test_a_plain_token_is_the_first_candidate(token: str) -> None:
    assert token_candidates(f"Token {token}")[0] == token


@given(st.text(max_size=100))
def test_any_header_is_read_without_an_error(header: str) -> None:
    for candidate in token_candidates(header):
        assert candidate


@pytest.mark.parametrize("header", ["Token abc-1", "token abc-1", "TOKEN  abc-1", "  Token abc-1  "])
def test_the_scheme_is_read_however_it_is_cased(header: str) -> None:
    assert token_candidates(header) == ("abc-1",)


def test_the_line_end_in_the_specifications_own_example_is_dropped() -> None:
    assert token_candidates("Token ZXhhbXBsZS10b2tlbgo=") == ("ZXhhbXBsZS10b2tlbgo=", "example-token")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Token",
        "Token ",
        "Bearer abc",
        "abc",
        "Basic dXNlcjpwYXNz",
        "Token " + "a" * 2000,
        "Token \u20b9",
        "Token \udc80",
    ],
)
def test_other_headers_hold_no_token(header: str) -> None:
    assert token_candidates(header) == ()


@pytest.mark.parametrize("encoded", [b"\x00\x01\x02\x03", b"\xff\xfe\xfd", b"a\tb", b"\n"])
def test_what_decodes_to_no_printable_text_is_only_taken_as_it_is(encoded: bytes) -> None:
    text = base64.b64encode(encoded).decode()
    assert token_candidates(f"Token {text}") == (text,)


def test_a_header_is_written_in_the_encoding_that_was_asked_for() -> None:
    assert authorization_header("example-token", TokenEncoding.PLAIN) == "Token example-token"
    assert authorization_header("example-token", TokenEncoding.BASE64) == "Token ZXhhbXBsZS10b2tlbg=="


def test_headers_are_found_however_they_are_cased() -> None:
    headers = Headers({"x-request-id": "1", "Link": "<a>"})
    assert headers["X-Request-ID"] == "1"
    assert headers.get("LINK") == "<a>"
    assert "link" in headers
    assert headers.get("X-Limit") is None
    assert dict(headers) == {"x-request-id": "1", "Link": "<a>"}
    assert len(Headers([("A", "1"), ("a", "2")])) == 1
    assert Headers([("A", "1"), ("a", "2")])["A"] == "2"
    assert len(Headers(None)) == 0


def test_routing_headers_name_both_parties_or_leave_the_receiver_open() -> None:
    ours, theirs = PartyId("in", "emp"), PartyId("IN", "CPO")
    assert routing_headers(ours, theirs) == {
        "OCPI-from-country-code": "IN",
        "OCPI-from-party-id": "EMP",
        "OCPI-to-country-code": "IN",
        "OCPI-to-party-id": "CPO",
    }
    assert routing_headers(ours, None) == {"OCPI-from-country-code": "IN", "OCPI-from-party-id": "EMP"}
