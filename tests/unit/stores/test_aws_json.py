"""The small AWS client against a server that answers, refuses, hangs up and keeps silent as it is told."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import botocore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from emsp.stores import aws_json
from emsp.stores.aws_json import AwsJsonClient, AwsRefused, AwsUnreachable

HANG_UP = 0
SILENCE = -1


@dataclass
class Aws:
    """`answers` are given in turn: (status, document), or HANG_UP, or SILENCE; then 200 with {} for ever."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    closing: bool = False
    pause_s: float = 0.0
    silent: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    played = Aws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def setup(self) -> None:
            played.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            played.requests.append(({name.lower(): text for name, text in self.headers.items()}, body))
            answer = played.answers.pop(0) if played.answers else (200, {})
            if answer == SILENCE:
                played.silent.wait(5)
            if answer in (HANG_UP, SILENCE):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            time.sleep(played.pause_s)
            status, document = answer
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = played.closing  # without a word, as a server does with idle connections

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    played.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", played.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", played.url)
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    monkeypatch.setattr(aws_json, "LONGEST_BACKOFF_S", 0.0)
    yield played
    played.silent.set()
    server.shutdown()
    server.server_close()


def test_a_call_is_the_operation_with_its_parameters_as_json(aws: Aws) -> None:
    aws.answers = [(200, {"Item": {"object_key": {"S": "k"}}})]

    answer = AwsJsonClient("dynamodb").get_item(TableName="sessions", Key={"object_key": {"S": "k"}})

    assert answer == {"Item": {"object_key": {"S": "k"}}}
    headers, body = aws.requests[0]
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert "/ap-south-1/dynamodb/aws4_request" in headers["authorization"]
    assert json.loads(body) == {"TableName": "sessions", "Key": {"object_key": {"S": "k"}}}


def test_binary_attributes_are_bytes_here_and_base64_there(aws: Aws) -> None:
    item = {"body_gz": {"B": b"\x1f\x8b\x00"}, "named": {"M": {"B": {"S": "an attribute called B"}}}}
    client = AwsJsonClient("dynamodb")
    client.put_item(TableName="t", Item=item)
    sent = json.loads(aws.requests[0][1])["Item"]
    assert sent["body_gz"] == {"B": "H4sA"}

    aws.answers = [(200, {"Item": sent})]
    assert client.get_item(TableName="t", Key={})["Item"] == item


def test_times_go_as_seconds(aws: Aws) -> None:
    AwsJsonClient("dynamodb").put_item(At=datetime(2026, 11, 22, tzinfo=UTC))
    assert json.loads(aws.requests[0][1]) == {"At": 1795305600.0}


def test_a_refusal_has_the_form_of_boto3_and_is_not_repeated(aws: Aws) -> None:
    refusal = {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": {"revision": {"N": "4"}},
    }
    aws.answers = [(400, refusal)]

    with pytest.raises(AwsRefused) as raised:
        AwsJsonClient("dynamodb").update_item(TableName="t")

    assert raised.value.code == "ConditionalCheckFailedException"
    assert raised.value.response["Error"]["Message"] == "The conditional request failed"
    assert raised.value.response["Item"] == {"revision": {"N": "4"}}
    assert len(aws.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        (500, {"__type": "InternalServerError"}),
        (503, b"no JSON at all"),
        (400, {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}),
        HANG_UP,
    ],
)
def test_a_passing_fault_is_tried_once_more(aws: Aws, fault: Any) -> None:
    aws.answers = [fault, (200, {"Item": {}})]
    assert AwsJsonClient("dynamodb").get_item(TableName="t") == {"Item": {}}
    assert len(aws.requests) == 2


def test_a_lasting_fault_is_an_error_after_two_attempts(aws: Aws) -> None:
    aws.answers = [(500, {"__type": "InternalServerError"})] * 3
    with pytest.raises(AwsRefused, match="InternalServerError"):
        AwsJsonClient("dynamodb").get_item(TableName="t")
    assert len(aws.requests) == 2

    aws.answers = [HANG_UP] * 3
    with pytest.raises(AwsUnreachable):
        AwsJsonClient("dynamodb").get_item(TableName="t")
    assert len(aws.requests) == 4


def test_silence_is_an_error_in_time(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_json, "READ_TIMEOUT_S", 0.1)
    aws.answers = [SILENCE, SILENCE]
    with pytest.raises(AwsUnreachable, match="TimeoutError"):
        AwsJsonClient("dynamodb").get_item(TableName="t")
    assert len(aws.requests) == 2


def test_nobody_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    monkeypatch.setattr(aws_json, "LONGEST_BACKOFF_S", 0.0)
    with pytest.raises(AwsUnreachable, match=r"GetItem.*127\.0\.0\.1:9"):
        AwsJsonClient("dynamodb").get_item(TableName="t")


def test_connections_stay_open_and_one_that_was_closed_meanwhile_costs_no_attempt(aws: Aws) -> None:
    client = AwsJsonClient("dynamodb")
    client.get_item(TableName="t")
    client.get_item(TableName="t")
    assert aws.connections == 1

    aws.closing = True
    client.get_item(TableName="t")
    aws.answers = [(500, {"__type": "InternalServerError"}), (200, {"Item": {}})]
    assert client.get_item(TableName="t") == {"Item": {}}


def test_after_silence_no_other_connection_of_that_time_is_tried(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_json, "READ_TIMEOUT_S", 0.2)
    client = AwsJsonClient("dynamodb")
    both = threading.Barrier(2)

    def call() -> None:
        both.wait()
        client.get_item(TableName="t")

    aws.pause_s = 0.05  # so that two connections are open
    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert aws.connections == 2

    aws.answers = [SILENCE, (200, {"Item": {}})]
    assert client.get_item(TableName="t") == {"Item": {}}
    assert aws.connections == 3


def test_threads_share_a_client(aws: Aws) -> None:
    client = AwsJsonClient("dynamodb")
    failures: list[Exception] = []

    def call() -> None:
        try:
            for _ in range(20):
                client.get_item(TableName="t")
        except Exception as error:  # noqa: BLE001  whatever it is, the test must see it
            failures.append(error)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(aws.requests) == 160
    assert aws.connections <= 8


def test_a_repeated_write_of_a_secret_is_one_write(aws: Aws) -> None:
    aws.answers = [(500, {"__type": "InternalServiceError"}), (200, {})]
    AwsJsonClient("secretsmanager").put_secret_value(SecretId="s", SecretString="{}")
    tokens = [json.loads(body)["ClientRequestToken"] for _, body in aws.requests]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_an_operation_that_is_not_listed_says_where_to_list_it() -> None:
    with pytest.raises(AttributeError, match=r"delete_table.*SERVICES"):
        AwsJsonClient("dynamodb").delete_table(TableName="t")


def test_the_session_token_and_the_trace_go_along(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session-token")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-abc")
    AwsJsonClient("dynamodb").get_item(TableName="t")
    headers, _ = aws.requests[0]
    assert headers["x-amz-security-token"] == "a-session-token"
    assert "x-amz-security-token" in headers["authorization"]
    assert headers["x-amzn-trace-id"] == "Root=1-abc"


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("ap-south-1", "https://dynamodb.ap-south-1.amazonaws.com"),
        ("cn-north-1", "https://dynamodb.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_without_another_endpoint_it_is_the_regions_own(
    region: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    assert aws_json._endpoint_url("dynamodb", region) == url


def test_amazons_roots_are_those_that_botocore_knows() -> None:
    roots = set(ssl.create_default_context(cafile=aws_json.AMAZON_ROOTS).get_ca_certs(binary_form=True))
    known = ssl.create_default_context(cafile=str(Path(botocore.__file__).with_name("cacert.pem")))
    assert len(roots) == 5
    assert roots <= set(known.get_ca_certs(binary_form=True))


@dataclass
class Tls:
    """A server with a certificate of its own for 127.0.0.1, whose root is in the file `root`."""

    url: str
    root: str


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tls]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    root, both = tmp_path / "root.pem", tmp_path / "both.pem"
    root.write_bytes(certificate.public_bytes(Encoding.PEM))
    both.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + root.read_bytes())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    monkeypatch.setattr(aws_json, "LONGEST_BACKOFF_S", 0.0)
    _forget_trust()
    yield Tls(url, str(root))
    _forget_trust()
    server.shutdown()
    server.server_close()


def _forget_trust() -> None:
    aws_json._trust_amazon.cache_clear()
    aws_json._trust_all.cache_clear()


def test_a_certificate_of_neither_amazon_nor_the_system_is_refused(tls: Tls) -> None:
    with pytest.raises(AwsUnreachable, match="SSLCertVerificationError"):
        AwsJsonClient("dynamodb").get_item(TableName="t")


def test_what_the_system_trusts_serves_where_amazons_roots_do_not(
    tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", tls.root)
    assert AwsJsonClient("dynamodb").get_item(TableName="t") == {}


def test_a_bundle_of_ones_own_is_trusted_alone(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", tls.root)
    assert AwsJsonClient("dynamodb").get_item(TableName="t") == {}

    _forget_trust()
    monkeypatch.setenv("AWS_CA_BUNDLE", aws_json.AMAZON_ROOTS)
    monkeypatch.setenv("SSL_CERT_FILE", tls.root)
    with pytest.raises(AwsUnreachable, match="SSLCertVerificationError"):
        AwsJsonClient("dynamodb").get_item(TableName="t")


def test_a_certificate_of_another_host_is_refused(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", tls.root)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", tls.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(AwsUnreachable, match="SSLCertVerificationError"):
        AwsJsonClient("dynamodb").get_item(TableName="t")


def test_credentials_that_lambda_renews_are_found_too(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SnapStart they are not in the environment but at an address that it names."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["Authorization"] == "a-token-for-this"
            later = datetime.now(UTC) + timedelta(hours=1)
            document = {
                "AccessKeyId": "AKIARENEWED",
                "SecretAccessKey": "secret",
                "Token": "a-session-token",
                "Expiration": later.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    url = f"http://127.0.0.1:{server.server_port}/credentials"
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a-token-for-this")
    aws_json._renewed_credentials.cache_clear()
    try:
        AwsJsonClient("dynamodb").get_item(TableName="t")
    finally:
        aws_json._renewed_credentials.cache_clear()
        server.shutdown()
        server.server_close()
    headers, _ = aws.requests[0]
    assert "Credential=AKIARENEWED/" in headers["authorization"]
    assert headers["x-amz-security-token"] == "a-session-token"
