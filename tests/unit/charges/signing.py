"""Meters that sign OCMF, by OpenSSL: another implementation than the one that verifies."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

READINGS: list[dict[str, Any]] = [
    {
        "TM": "2026-11-22T09:55:00,000+0000 S",
        "TX": "B",
        "RV": 2935.6,
        "RI": "1-b:1.8.0",
        "RU": "kWh",
        "ST": "G",
    },
    {"TM": "2026-11-22T10:40:00,000+0000 S", "TX": "E", "RV": 2948.1},
]
CURVES: dict[str, ec.EllipticCurve] = {
    "secp192r1": ec.SECP192R1(),
    "secp256r1": ec.SECP256R1(),
    "secp256k1": ec.SECP256K1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpool256r1": ec.BrainpoolP256R1(),
    "brainpool384r1": ec.BrainpoolP384R1(),
}


class Meter:
    def __init__(self, serial: str = "M-1", curve: str = "secp256r1") -> None:
        self.serial, self.curve = serial, curve
        self.key = ec.generate_private_key(CURVES[curve])

    @property
    def public_key(self) -> str:
        return base64.b64encode(self.der).decode()

    @property
    def der(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def pem(self) -> str:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def record(self, readings: list[dict[str, Any]] = READINGS, digest: str = "SHA256", **more: Any) -> str:
        payload = json.dumps({"FV": "1.0", "MS": self.serial, "RD": readings})
        hashed = hashes.SHA512() if digest == "SHA512" else hashes.SHA256()
        signature = self.key.sign(payload.encode(), ec.ECDSA(hashed)).hex()
        return f"OCMF|{payload}|{json.dumps({'SA': f'ECDSA-{self.curve}-{digest}', 'SD': signature, **more})}"


def signed_data(*records: str, public_key: str | None = None) -> dict[str, Any]:
    """OCPI's SignedData, with the records in Base64 as OCPI has them."""
    values = [
        {"nature": "End", "plain_data": "", "signed_data": base64.b64encode(each.encode()).decode()}
        for each in records
    ]
    return {"encoding_method": "OCMF", "public_key": public_key, "signed_values": values}
