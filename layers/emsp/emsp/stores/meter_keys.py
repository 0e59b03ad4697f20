"""The public keys of the CPOs' meters, which an operator registers.

Item of the control table: hash `control_key` = `meter_key#IN*ABC#SERIAL`, `public_keys` (a string set: DER in
Base64 or hexadecimal digits, or PEM). No function writes it.
"""

from collections.abc import Sequence
from typing import Final

from emsp.ocpi.parties import PartyId
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.keyed_items import KeyedItems

KEYS_AT_MOST: Final = 5
"""The largest number of keys of a meter. After a change the previous key is needed for older CDRs."""


class MeterKeys:
    """Reads these items. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = KeyedItems(client, table)

    def of(self, party: PartyId, meter: str) -> Sequence[str]:
        """Return the registered keys of a meter, or an empty list."""
        item = self._items.read(
            f"meter_key#{party}#{meter}", f"reading the keys of meter {meter}", consistent=False
        )
        return sorted(item.get("public_keys", {}).get("SS", []))[:KEYS_AT_MOST]
