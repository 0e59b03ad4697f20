"""An OpenID Connect issuer for tests, on loopback: keys, tokens (RS256), and a page that signs in anybody."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "drivers"
KEY_ID = "test-key"
LOOPBACK: Final = "http://127.0.0.1:"
SIGN_IN: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 360px; margin: 12vh auto;
  padding: 0 20px; color: #10201b }}
input, button {{ font: inherit; width: 100%; padding: 12px; margin-top: 8px; box-sizing: border-box }}
button {{ background: #10201b; color: #fff; border: 0; border-radius: 8px }}</style>
<main><h1>Test issuer</h1><p>It signs in whoever asks. Yours asks for a password.</p>
<form method="post" action="/authorize?{query}"><label>Token uid of the driver
<input name="uid" value="DRIVER-0001" required></label><button>Sign in</button></form></main></html>"""


@dataclass(frozen=True)
class Issuer:
    """`url` is what the parameter DriverApiIssuer takes."""

    url: str
    key: rsa.RSAPrivateKey
    codes: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    """What a code stands for, once: the driver's uid, and what the app asked with (RFC 7636)."""

    def code(self, uid: str, asked: dict[str, str]) -> str:
        """For the app, which gets a token for it."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = (uid, asked)
        return code

    def token_for(self, form: dict[str, str]) -> str | None:
        """None for what does not go with the code."""
        uid, asked = self.codes.pop(form.get("code", ""), ("", {}))
        challenge = _base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        same = all(form.get(name) == asked.get(name) for name in ("client_id", "redirect_uri"))
        return self.token(uid) if uid and same and asked.get("code_challenge") == challenge else None

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
def issuer(port: int = 0, key: rsa.RSAPrivateKey | None = None) -> Iterator[Issuer]:
    """An issuer that serves its keys until it is left."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    served = Issuer(f"http://127.0.0.1:{server.server_address[1]}", key or new_key())
    server.RequestHandlerClass = type("Handler", (_Handler,), {"issuer": served})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


ENDPOINTS: Final = {"authorization": "authorize", "token": "token"}


class _Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        match path:
            case "/.well-known/openid-configuration":
                url = self.issuer.url
                ends = {f"{name}_endpoint": f"{url}/{path}" for name, path in ENDPOINTS.items()}
                self._answer({"issuer": url, "jwks_uri": f"{url}/keys", **ends})
            case "/keys":
                self._answer(self.issuer.keys())
            case "/token":
                uids = [each.partition("=")[2] for each in query.split("&") if each.startswith("uid=")]
                self._answer({"access_token": self.issuer.token(*(uids or ["DRIVER-0001"]))})
            case "/authorize":
                self._answer(SIGN_IN.format(query=escape(query)))
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        path, _, query = self.path.partition("?")
        form = _form(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        if path == "/authorize":
            self._come_back(form.get("uid", ""), _form(query))
        elif path == "/token" and (token := self.issuer.token_for(form)):
            self._answer({"access_token": token, "token_type": "Bearer", "expires_in": 3600})
        else:
            self._answer({"error": "invalid_grant"}, 400)

    def _come_back(self, uid: str, asked: dict[str, str]) -> None:
        back = asked.get("redirect_uri", "")
        if not back.startswith(LOOPBACK) or asked.get("code_challenge_method") != "S256":
            self._answer({"error": "invalid_request"}, 400)
            return
        given = {"code": self.issuer.code(uid, asked), "state": asked.get("state", "")}
        self.send_response(303)
        self.send_header("Location", f"{urlsplit(back).geturl()}?{urlencode(given)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, value: dict[str, Any] | str, status: int = 200) -> None:
        """JSON, or a page."""
        body = (value if isinstance(value, str) else json.dumps(value)).encode()
        self.send_response(status)
        kind = "text/html; charset=utf-8" if isinstance(value, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Nothing: a test run is read by people."""


def _form(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}


def _json64(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _number64(number: int) -> str:
    return _base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
