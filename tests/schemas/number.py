"""A decimal string."""

from typing import Annotated

from pydantic import Field

type Number = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]
