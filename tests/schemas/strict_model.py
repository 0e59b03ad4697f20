"""The base class of the models of answers and events."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """Other fields are errors, so a test notices a field that no schema describes."""

    model_config = ConfigDict(extra="forbid", strict=True)
