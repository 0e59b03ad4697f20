"""Credit CDRs: CDRs that reverse the claim of another CDR (OCPI 2.2.1, mod_cdrs, "Credit CDRs")."""

import re
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue

_TRUE: Final = frozenset({"true", "1", "yes", "y", "on", "t"})
_FALSE: Final = frozenset({"false", "0", "no", "n", "off", "f"})
_ZEROS: Final = re.compile(r"([01])\.0*|([01])e[+-]?0+", re.ASCII)


def is_credit(cdr: JsonObject) -> bool:
    """Whether this is a credit CDR. Only this function reads `credit`.

    `credit` may be true or false in any form. If it is neither, a CDR with a credit_reference_id and a
    negative total_cost is a credit CDR, because no other CDR has both.
    """
    message = _plain(str(cdr.get("credit")).strip().lower())
    if message in _TRUE or message in _FALSE:
        return message in _TRUE
    return bool(cdr.get("credit_reference_id")) and _is_negative(cdr.get("total_cost"))


def _plain(message: str) -> str:
    """Return `1` or `0` for another form of it, such as 1.00 or 1e0. Return any other text unchanged."""
    match = _ZEROS.fullmatch(message)
    return message if match is None else match[1] or match[2]


def _is_negative(total_cost: JsonValue) -> bool:
    excl_vat = total_cost.get("excl_vat") if isinstance(total_cost, dict) else total_cost
    return str(excl_vat).strip().startswith("-")
