"""An OCPI object as we tell it: as it was received, and where it strays from the specification."""

from typing import Annotated, Any

from pydantic import Field

from tests.schemas.strict_model import StrictModel

AsReceived = Annotated[
    dict[str, Any],
    Field(description="The object as it was received, if it violates OCPI. `deviations` say how"),
]


class Deviation(StrictModel):
    """A place in which an object violates OCPI, or contradicts another object."""

    path: str
    problem: str
    value: str
