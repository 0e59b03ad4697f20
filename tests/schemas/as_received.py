"""An OCPI object as we tell it: as it was received, and where it strays from the specification."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

AsReceived = Annotated[
    dict[str, Any], Field(description="As it was received, where it strays from OCPI: `deviations` say how")
]


class Deviation(BaseModel):
    """Where an object strays, or says other than another object."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: str
    problem: str
    value: str
