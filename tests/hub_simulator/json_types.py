"""Type names for JSON."""

from typing import Any

type JsonObject = dict[str, Any]
