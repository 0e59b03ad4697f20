"""An amount of money as an app sees it."""

from typing import Any

from pydantic import BaseModel


class Money(BaseModel):
    """An amount of money. Numbers are decimal strings. A tax that is unknown is left out."""

    currency: str | None = None
    excl_vat: str | None = None
    incl_vat: str | None = None


def money_of(currency: Any, amount: Any) -> Money | None:  # noqa: ANN401  # parts of our own answers
    """Return an amount of one of our answers as Money, or None if there is none."""
    if not isinstance(amount, dict) or not (amount.get("excl_vat") or amount.get("incl_vat")):
        return None
    excl_vat, incl_vat = text_of(amount.get("excl_vat")), text_of(amount.get("incl_vat"))
    return Money(currency=text_of(currency), excl_vat=excl_vat, incl_vat=incl_vat)


def text_of(value: Any) -> str | None:  # noqa: ANN401
    """Return a value of one of our answers as text, or None."""
    return None if value is None else str(value)
