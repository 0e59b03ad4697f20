"""The id of a charge in the API: the id of its command, of its session, or of its CDR, in this order.

Without I/O.
"""

import base64
import binascii
from dataclasses import dataclass

from emsp.charges.gather_charge import GatheredCharge

SESSION, CDR = "s-", "c-"


@dataclass(frozen=True)
class ChargeId:
    """The object that an id names. One of these is set."""

    command_id: str = ""
    session_key: str = ""
    cdr_key: str = ""


def id_of(charge: GatheredCharge) -> str:
    """Return the id of a charge. It never changes. A charge by card has no command, so its session gives the
    id.
    """
    command = charge.command
    if command is not None and (charge.session is None or command.session_key == charge.session_key):
        return command.command_id
    if charge.session_key:
        return SESSION + _written(charge.session_key)
    return CDR + _written(charge.cdrs[0].object_key)


def read_id(text: str) -> ChargeId | None:
    """Return the object that an id names, or None if the id is invalid."""
    for prefix, name in ((SESSION, "session_key"), (CDR, "cdr_key")):
        if text.startswith(prefix):
            key = _read(text.removeprefix(prefix))
            return ChargeId(**{name: key}) if key else None
    return ChargeId(command_id=text) if 0 < len(text) <= 64 and text.isprintable() else None


def _written(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _read(text: str) -> str:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return key if key.count("#") >= 2 and len(key.encode()) <= 1024 else ""
