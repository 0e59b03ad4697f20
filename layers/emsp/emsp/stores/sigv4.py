"""AWS Signature Version 4 for the one kind of request that aws_json.py sends: a `POST`, all headers signed.

A test holds it against botocore's own signatures. Source: "Create a signed AWS API request", IAM User Guide.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    """What a request is signed with; `session_token` goes with the temporary ones that every Lambda has."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def signed(
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    now: datetime,
    path: str = "/",
) -> dict[str, str]:
    """`headers` with the signature over them, `POST`, `path` and `body` added to them.

    The headers must have `host`, their names in lower case. `now` is in UTC; AWS takes requests that are at
    most five minutes old.
    """
    time = now.strftime("%Y%m%dT%H%M%SZ")
    covered = {**headers, "x-amz-date": time}
    if credentials.session_token:
        covered["x-amz-security-token"] = credentials.session_token
    names = sorted(covered)
    signed_names = ";".join(names)
    lines = [f"{name}:{' '.join(covered[name].split())}" for name in names]
    request = "\n".join(["POST", path, "", *lines, "", signed_names, sha256(body).hexdigest()])
    scope = f"{time[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join([ALGORITHM, time, scope, sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"{credentials.access_key_id}/{scope}"
    covered["authorization"] = (
        f"{ALGORITHM} Credential={credential}, SignedHeaders={signed_names}, Signature={signature}"
    )
    return covered
