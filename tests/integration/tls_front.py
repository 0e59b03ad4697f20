"""TLS before the simulated Hub, as a proxy would stand there, with faults of its own on the wire."""

import http.client
import os
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

CHUNK = 65536
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
"""handshake_failure, unencrypted."""


class Fault(StrEnum):
    """What happens instead of an answer. Those from REFUSES on come before any byte of the request."""

    ALERT = "an encrypted alert"
    PLAIN_ALERT = "an alert that is not encrypted"
    BAD_RECORD = "a record that can't be decrypted"
    PLAIN_TEXT = "plain text where TLS is spoken"
    CLOSED = "closed without close_notify"
    RESET = "reset"
    HALF_HEAD = "half of the answer's head, then a bad record"
    HALF_BODY = "half of the answer's body, then a bad record"
    REFUSES = "no handshake: an alert"
    SPEAKS_HTTP = "no handshake: plain text"
    HANGS_UP = "no handshake: closed"


BEFORE_THE_REQUEST = (Fault.REFUSES, Fault.SPEAKS_HTTP, Fault.HANGS_UP)


@dataclass
class TlsFront:
    """Passes requests on to the Hub at `hub_url`. `fault` strikes every request by `method`, after the Hub
    has done what was asked, or every handshake; `requests` are those that came whole.
    """

    hub_url: str
    url: str
    fault: Fault | None = None
    method: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    handshakes: int = 0

    def serve(self, raw: socket.socket, context: ssl.SSLContext) -> None:
        self.handshakes += 1
        match self.fault:
            case Fault.REFUSES:
                raw.sendall(ALERT)
            case Fault.SPEAKS_HTTP:
                raw.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            case Fault.HANGS_UP:
                pass
            case _:
                self._answer(_Tls(raw, context))
        with suppress(OSError):
            raw.shutdown(socket.SHUT_RDWR)
        raw.close()

    def _answer(self, tls: "_Tls") -> None:
        head, _, body = tls.read_until(b"\r\n\r\n").partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        body += tls.read_exactly(int(headers.get("Content-Length", "0")) - len(body))
        self.requests.append((method, path))
        answer = self._passed_on(method, path, headers, body)
        if self.fault is None or method != self.method:
            tls.write(answer)
            return
        match self.fault:
            case Fault.ALERT:
                tls.alert()
            case Fault.PLAIN_ALERT:
                tls.raw.sendall(ALERT)
            case Fault.BAD_RECORD:
                tls.bad_record()
            case Fault.PLAIN_TEXT:
                tls.raw.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            case Fault.RESET:
                tls.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                tls.raw.close()
            case Fault.HALF_HEAD:
                tls.write(answer[:20])
                tls.bad_record()
            case Fault.HALF_BODY:
                tls.write(answer[:-20])
                tls.bad_record()

    def _passed_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        """The Hub's answer, with the URLs by which it is reached through here."""
        connection = http.client.HTTPConnection(urlsplit(self.hub_url).netloc, timeout=10)
        connection.request(method, path, body or None, {**headers, "Accept-Encoding": "identity"})
        answer = connection.getresponse()
        content = answer.read().replace(self.hub_url.encode(), self.url.encode())
        connection.close()
        head = (
            f"HTTP/1.1 {answer.status} {answer.reason}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + content


class _Tls:
    """TLS by hand, so that bytes which are none can be put on the wire too."""

    def __init__(self, raw: socket.socket, context: ssl.SSLContext) -> None:
        self.raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._receive()
            else:
                break
        self._flush()

    def read_until(self, end: bytes) -> bytes:
        read = b""
        while end not in read:
            read += self._read()
        return read

    def read_exactly(self, size: int) -> bytes:
        read = b""
        while len(read) < size:
            read += self._read()
        return read

    def write(self, content: bytes) -> None:
        self._tls.write(content)
        self._flush()

    def bad_record(self) -> None:
        self.raw.sendall(b"\x17\x03\x03\x00\x40" + os.urandom(64))

    def alert(self) -> None:
        """What OpenSSL itself says to a record that it can't decrypt."""
        self._incoming.write(b"\x17\x03\x03\x00\x40" + os.urandom(64))
        with suppress(ssl.SSLError):
            self._tls.read(1)
        self._flush()

    def _read(self) -> bytes:
        while True:
            try:
                return self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                self._receive()

    def _receive(self) -> None:
        received = self.raw.recv(CHUNK)
        if not received:
            raise ConnectionError("the client hung up")
        self._incoming.write(received)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self.raw.sendall(self._outgoing.read())


@contextmanager
def tls_front(
    hub_url: str, folder: Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> Iterator[tuple[TlsFront, ssl.SSLContext]]:
    """The front, and a context of a client that trusts it."""
    certificate = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.minimum_version = context.maximum_version = version
    listener = socket.create_server(("127.0.0.1", 0))
    front = TlsFront(hub_url, f"https://127.0.0.1:{listener.getsockname()[1]}")

    def accept() -> None:
        with suppress(OSError):
            while True:
                raw, _ = listener.accept()
                Thread(target=serve, args=(raw,), daemon=True).start()

    def serve(raw: socket.socket) -> None:
        with suppress(OSError):  # a client that trusts no such certificate, or has had enough
            front.serve(raw, context)

    Thread(target=accept, daemon=True).start()
    yield front, ssl.create_default_context(cafile=str(certificate))
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "simulated Hub")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, SHA256())
    )
    file = folder / "hub.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return file
