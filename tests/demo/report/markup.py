"""Make HTML. Every text is escaped, so no content can break the markup."""

import json
from html import escape
from typing import Any


def element(name: str, *inside: str, **attributes: object) -> str:
    """An HTML element. `inside` is markup. Attributes are texts; `class_` is the attribute class."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>"


def text(value: object) -> str:
    """The escaped text."""
    return escape(str(value))


def json_block(name: str, value: Any) -> str:
    """A value as indented JSON, with a heading."""
    written = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return element("h4", text(name)) + element("pre", text(written))
