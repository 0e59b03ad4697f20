"""An OpenID Connect issuer for tests, on loopback: keys and tokens (RS256). It signs in whoever asks."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "drivers"
KEY_ID = "test-key"


@dataclass(frozen=True)
class Issuer:
    """`url` is what the parameter DriverApiIssuer takes."""

    url: str
    key: rsa.RSAPrivateKey

    def token(self, *uids: str, key: rsa.RSAPrivateKey | None = None, **claims: Any) -> str:
        """A JWT of the driver with these token uids. `claims` are over what a good one has."""
        now = int(time.time())
        said: dict[str, Any] = {"iss": self.url, "aud": AUDIENCE, "sub": "driver", "exp": now + 3600}
        said |= {"token_uid": uids[0] if len(uids) == 1 else list(uids), **claims}
        signed = f"{_json64({'alg': 'RS256', 'typ': 'JWT', 'kid': KEY_ID})}.{_json64(said)}"
        signature = (key or self.key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"

    def unsigned_token(self, uid: str) -> str:
        """With `alg: none`, as a forger tries it."""
        good = self.token(uid).split(".")
        return f"{_json64({'alg': 'none', 'typ': 'JWT', 'kid': KEY_ID})}.{good[1]}."

    def keys(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID}
        return {"keys": [{**key, "n": _number64(numbers.n), "e": _number64(numbers.e)}]}


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def issuer(port: int = 0) -> Iterator[Issuer]:
    """An issuer that serves its keys until it is left."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    served = Issuer(f"http://127.0.0.1:{server.server_address[1]}", new_key())
    server.RequestHandlerClass = type("Handler", (_Handler,), {"issuer": served})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        match path:
            case "/.well-known/openid-configuration":
                self._answer({"issuer": self.issuer.url, "jwks_uri": f"{self.issuer.url}/keys"})
            case "/keys":
                self._answer(self.issuer.keys())
            case "/token":
                uids = [each.partition("=")[2] for each in query.split("&") if each.startswith("uid=")]
                self._answer({"access_token": self.issuer.token(*(uids or ["DRIVER-0001"]))})
            case _:
                self.send_error(404)

    def _answer(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Nothing: a test run is read by people."""


def _json64(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _number64(number: int) -> str:
    return _base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
