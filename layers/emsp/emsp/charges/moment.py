"""A point in time in a payload, in any form in which OCPI's peers write one."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from emsp.ocpi.datetimes import parse_datetime


def _moment(value: Any) -> Any:  # noqa: ANN401  # whatever a payload holds
    return parse_datetime(value) if isinstance(value, str) else value


type Moment = Annotated[AwareDatetime, BeforeValidator(_moment), Field(strict=True)]
