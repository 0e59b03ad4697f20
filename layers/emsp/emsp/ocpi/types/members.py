"""Members of a list are validated one at a time, until enough is found to be wrong with a value.

pydantic collects every error of a value, each with all that was there: 100,000 empty objects in a CDR of
300 KB took 700 MB. A validation that has `Findings` in its context stops looking after ERRORS_AT_MOST.
"""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator

ERRORS_AT_MOST: Final = 200


@dataclass
class Findings:
    """What one validation has found so far. Only one with `keeps_members` makes an object of what it reads;
    else no more than one member of each list is in memory.
    """

    keeps_members: bool
    errors: int = 0
    unseen: int = 0
    """Members that were not looked at any more."""


def _member(value: Any, validated: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:  # noqa: ANN401
    findings = info.context
    if not isinstance(findings, Findings):
        return validated(value)
    if findings.errors >= ERRORS_AT_MOST:
        findings.unseen += 1
        return None
    before = findings.errors
    try:
        member = validated(value)
    except ValidationError as error:
        findings.errors = before + error.error_count()
        raise
    return member if findings.keeps_members else None


MEMBER: Final = WrapValidator(_member)
"""In the `Annotated` of a list's members."""
