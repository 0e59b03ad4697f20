"""Markup that can't be broken by what it shows: every text is escaped where it is put in."""

import json
from html import escape
from typing import Any


def element(name: str, *inside: str, **attributes: object) -> str:
    """An element; `inside` is markup, attributes are texts (`class_` is class)."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>"


def text(value: object) -> str:
    """A text as it is."""
    return escape(str(value))


def json_block(name: str, value: Any) -> str:
    """A value, named, as JSON that a person reads."""
    written = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return element("h4", text(name)) + element("pre", text(written))
