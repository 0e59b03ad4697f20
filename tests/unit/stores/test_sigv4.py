"""Our signatures are those of botocore, which is the reference."""

from datetime import UTC, datetime
from unittest.mock import patch

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from emsp.stores.sigv4 import Credentials, signed

NOW = datetime(2026, 11, 22, 10, 0, 5, tzinfo=UTC)
printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
header_value = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
header_names = st.from_regex(r"x-amz-[a-z]{1,10}", fullmatch=True)


@given(
    body=st.binary(max_size=300),
    key_id=st.from_regex(r"A[SK]IA[A-Z0-9]{16}", fullmatch=True),
    secret=printable,
    session_token=st.none() | printable,
    headers=st.dictionaries(header_names, header_value, max_size=4),
    region=st.sampled_from(["ap-south-1", "ap-south-2", "eu-west-1"]),
    service=st.sampled_from(["dynamodb", "secretsmanager", "sqs", "events", "states"]),
)
def test_a_signature_is_the_one_that_botocore_makes(
    *,
    body: bytes,
    key_id: str,
    secret: str,
    session_token: str | None,
    headers: dict[str, str],
    region: str,
    service: str,
) -> None:
    host = f"{service}.{region}.amazonaws.com"
    request = AWSRequest("POST", f"https://{host}/", headers | {"host": host}, body)
    with patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        SigV4Auth(BotocoreCredentials(key_id, secret, session_token), service, region).add_auth(request)

    ours = signed(
        headers | {"host": host},
        body,
        credentials=Credentials(key_id, secret, session_token),
        region=region,
        service=service,
        now=NOW,
    )

    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token")


def test_credentials_do_not_show_their_secrets() -> None:
    assert "shh" not in repr(Credentials("AKIA", "shh", "shh-too"))
