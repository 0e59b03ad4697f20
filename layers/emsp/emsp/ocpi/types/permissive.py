"""The strict and the permissive reading of a model.

The strict reading is the model itself: exactly what the specification allows. The permissive reading, which
`OcpiModel.parse` uses, accepts each value with a clear meaning, and keeps it as it was written. A type in
this folder defines both: `Annotated[str, <what the specification allows>, Permissively(<what is accepted
instead>)]`. pydantic ignores the second, and `permissive` builds a model from it.
"""

from collections.abc import Iterable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, create_model

from emsp.ocpi.types.members import MEMBER


class Permissively:
    """In an `Annotated`: the metadata that replace all other metadata there in the permissive reading."""

    def __init__(self, *metadata: object) -> None:
        self.metadata = metadata


@cache
def permissive[M: BaseModel](model: type[M]) -> type[M]:
    """Return the permissive reading of `model`: a subclass with the same fields."""
    fields: dict[str, Any] = {
        name: (_permissive(field.annotation, field.metadata), ... if field.is_required() else field.default)
        for name, field in model.model_fields.items()
    }
    return create_model(model.__name__, __base__=model, __module__=model.__module__, **fields)


def _permissive(annotation: Any, metadata: Iterable[object] = ()) -> Any:  # noqa: ANN401  # any annotation
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _permissive(arguments[0], arguments[1:])
    metadata = tuple(metadata)
    for marker in metadata:
        if isinstance(marker, Permissively):
            metadata = (*marker.metadata, *(each for each in metadata if each is MEMBER))
            break
    if origin in (Union, UnionType):
        annotation = Union[*map(_permissive, arguments)]
    elif origin is tuple:
        annotation = tuple[*map(_permissive, arguments)]  # type: ignore[misc]  # made at run time
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        annotation = permissive(annotation)
    for marker in metadata:
        annotation = Annotated[annotation, marker]
    return annotation
