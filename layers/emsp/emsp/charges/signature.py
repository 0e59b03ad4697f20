"""Verify the signatures of OCMF records with the package ecdsa.

The package is imported only when a signature is verified. It is not protected against side channels, which
matters only for secret keys, and verifying uses none.
"""

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Final

from emsp.charges.ocmf import OcmfRecord
from emsp.pricing.read_tariff import word

if TYPE_CHECKING:
    from ecdsa import VerifyingKey

DEFAULT: Final = "ECDSA-secp256r1-SHA256"
CURVES: Final = {
    "secp192r1": "NIST192p",
    "secp256r1": "NIST256p",
    "secp384r1": "NIST384p",
    "secp521r1": "NIST521p",
    "secp256k1": "SECP256k1",
    "brainpool256r1": "BRAINPOOLP256r1",
    "brainpoolp256r1": "BRAINPOOLP256r1",
    "brainpool384r1": "BRAINPOOLP384r1",
    "brainpoolp384r1": "BRAINPOOLP384r1",
}
"""Maps a curve in OCMF's `SA`, in lower case, to its name in the package, which does not know secp192k1."""
HASHES: Final = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
KEY_CHARACTERS_AT_MOST: Final = 2000


class CannotVerify(ValueError):
    """The key, the algorithm or the encoding is invalid or not supported. The message says which."""


def is_signed_by(record: OcmfRecord, public_key: str) -> bool:
    """Whether the record was signed with the private key of `public_key`. Raises CannotVerify.

    The key is DER in Base64 or hexadecimal digits, or PEM.
    """
    from ecdsa import BadSignatureError  # noqa: PLC0415
    from ecdsa.util import sigdecode_der  # noqa: PLC0415

    stated = record.signature
    algorithm = word(stated.get("SA")) or DEFAULT
    _, curve, digest = (*algorithm.lower().split("-"), "", "", "")[:3]
    if digest not in HASHES:
        raise CannotVerify(f"the algorithm {algorithm[:40]} is not supported")
    if curve not in CURVES:
        raise CannotVerify(f"the curve {curve[:40]} is not supported (algorithm {algorithm[:40]})")
    signature = _bytes(word(stated.get("SD")), word(stated.get("SE")).lower() or "hex")
    key = _key(public_key)
    if key.curve.name != CURVES[curve]:
        return False
    try:
        key.verify(signature, record.signed.encode(), hashfunc=HASHES[digest], sigdecode=sigdecode_der)
    except BadSignatureError:
        return False
    return True


def _key(text: str) -> "VerifyingKey":
    from ecdsa import VerifyingKey  # noqa: PLC0415
    from ecdsa.curves import UnknownCurveError  # noqa: PLC0415
    from ecdsa.der import UnexpectedDER  # noqa: PLC0415
    from ecdsa.errors import MalformedPointError  # noqa: PLC0415

    if len(text) > KEY_CHARACTERS_AT_MOST:
        raise CannotVerify("the public key is too long")
    body = "".join(line for line in text.split() if "-----" not in line and line not in ("PUBLIC", "KEY"))
    malformed = (
        UnexpectedDER,
        MalformedPointError,
        UnknownCurveError,
        ValueError,
        ArithmeticError,
        IndexError,
    )
    for encoding in ("hex", "base64"):
        try:
            # A key with its own curve parameters can make any signature valid.
            return VerifyingKey.from_der(_bytes(body, encoding), valid_curve_encodings={"named_curve"})
        except malformed:
            continue
    raise CannotVerify("the public key can't be read: it must be DER in Base64 or hexadecimal digits")


def _bytes(text: str, encoding: str) -> bytes:
    try:
        if encoding == "hex":
            return bytes.fromhex(text)
        if encoding == "base64":
            return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise CannotVerify(f"a text is not valid {encoding}: {error}") from None
    raise CannotVerify(f"the encoding {encoding[:40]} is not supported")
