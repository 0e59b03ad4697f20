"""The JSON Schema of a model."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema


class _WithoutFieldTitles(GenerateJsonSchema):
    """pydantic gives `party_id` the title "Party Id", which says nothing new."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(schema_generator=_WithoutFieldTitles)
