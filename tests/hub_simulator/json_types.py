"""Names for the JSON that the simulator reads and writes."""

from typing import Any

type JsonObject = dict[str, Any]
