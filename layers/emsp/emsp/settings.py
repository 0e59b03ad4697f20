"""What the environment tells a function, as one model: a field for each variable that template.yaml sets.

A function gets only the variables that it uses; one that it lacks is told of when it is asked for. A value
that can't be read is told of at once. The README lists them as parameters.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    ValidationError,
)


class MissingSetting(LookupError):
    """A variable that a function needs is not in its environment, or is empty."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not set: add it under Environment.Variables of this function in template.yaml"
        )
        self.name = name


class InvalidSetting(ValueError):
    """A variable is set to something that can't be read as what it should be."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(
            f"{name} is {value!r}, which is not {expected}: correct it in template.yaml or its parameters"
        )
        self.name = name


LEAST_DAYS = 30
"""Nothing lapses sooner: a change waits up to 14 days to be published, a CDR comes weeks after its end."""

_EXPECTED = {
    "int_parsing": "a whole number",
    "greater_than": "a number above zero",
    "bool_parsing": '"true" or "false"',
    "decimal_parsing": "a number",
    "greater_than_equal": "a number from 0 to below 1000",
    "less_than": "a number from 0 to below 1000",
    "finite_number": "a number from 0 to below 1000",
}


def _minutes(text: Any) -> Any:  # noqa: ANN401  # what pydantic passes on
    return timedelta(minutes=_above_zero(text)) if isinstance(text, str) else text


def _hours(text: Any) -> Any:  # noqa: ANN401
    return timedelta(hours=_above_zero(text)) if isinstance(text, str) else text


def _above_zero(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ValueError("a whole number above zero")
    return int(text)


def _days(text: Any) -> Any:  # noqa: ANN401
    if not isinstance(text, str):
        return text
    if text != "0" and not (text.isdecimal() and int(text) >= LEAST_DAYS):
        raise ValueError(f"0, which is for ever, or a number of days from {LEAST_DAYS} on")
    return timedelta(days=int(text)) if text != "0" else None


def _none(text: Any) -> Any:  # noqa: ANN401
    return None if isinstance(text, str) and text.lower() == "none" else text


def _without_slash(url: str | None) -> str | None:
    return url and url.rstrip("/")


Party = Annotated[str, StringConstraints(to_upper=True)]
Minutes = Annotated[timedelta, BeforeValidator(_minutes)]
Hours = Annotated[timedelta, BeforeValidator(_hours)]
Days = Annotated[timedelta | None, BeforeValidator(_days)]
SmallDecimal = Annotated[Decimal, Field(ge=0, lt=1000)]


def _needed() -> Any:  # noqa: ANN401  # stands for any type of field
    """A field that has no default: asking for it where it is not set raises MissingSetting."""
    return Field(default=None, json_schema_extra={"needed": True})


class Settings(BaseModel):
    """The environment. Raises InvalidSetting when made of a bad one, MissingSetting when a field is asked for
    whose variable is not set. A field's variable has its name in capitals, or the field's alias.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=str.upper)

    our_country_code: Party = _needed()
    our_party_id: Party = _needed()
    our_business_name: str = _needed()
    our_website: str | None = None
    optional_public_base_url: Annotated[str | None, AfterValidator(_without_slash)] = Field(
        default=None, alias="PUBLIC_BASE_URL"
    )
    """As public_base_url, or None where the request tells it (functions behind the API)."""
    allow_http_hub: bool = False
    """True where the operator allows plain http:// to the Hub (a Hub on the same machine only)."""

    sessions_table: str = _needed()
    cdrs_table: str = _needed()
    commands_table: str = _needed()
    locations_table: str = _needed()
    tariffs_table: str = _needed()
    tariff_versions_table: str = _needed()
    control_table: str = _needed()
    rejected_bucket: str = _needed()
    snapshots_bucket: str = _needed()
    large_bodies_bucket: str = _needed()
    """Bucket for the bodies of sessions and CDRs that fit in no DynamoDB item."""
    settlements_bucket: str = _needed()
    hub_secret_id: str = _needed()
    event_bus_name: str = _needed()
    expire_command_queue_url: str = _needed()
    unpublished_changes_queue_url: str = _needed()
    parked_records_queue_url: str = _needed()
    """Where a stream's function puts records that it can't deal with."""

    quota_authorize_per_minute: PositiveInt = 100
    quota_commands_per_minute: PositiveInt = 50
    quota_lists_per_minute: PositiveInt = 200
    token_overlap: Hours = Field(default=timedelta(hours=24), alias="TOKEN_OVERLAP_HOURS")
    """How long the token that a rotation replaces goes on being accepted."""

    not_started_after: Minutes = Field(default=timedelta(minutes=5), alias="NOT_STARTED_AFTER_MINUTES")
    """How long the session of an accepted START_SESSION may take to come."""
    pending_after: Minutes = Field(default=timedelta(minutes=30), alias="PENDING_AFTER_MINUTES")
    """How long a session may be PENDING."""
    silent_after: Hours = Field(default=timedelta(hours=6), alias="SILENT_AFTER_HOURS")
    """How long an ACTIVE session may go without a push."""
    cdr_overdue_after: Hours = Field(default=timedelta(hours=48), alias="CDR_OVERDUE_AFTER_HOURS")
    """How long the CDR of a session that has ended may take to come."""
    cdr_without_session_after: Hours = Field(
        default=timedelta(hours=1), alias="CDR_WITHOUT_SESSION_AFTER_HOURS"
    )
    """How long after its CDR a session may come."""

    session_kept_for: Days = Field(default=None, alias="SESSION_RETENTION_DAYS")
    """How long a session is kept after its last push or its CDR; None: for ever. So are the next two."""
    cdr_kept_for: Days = Field(default=None, alias="CDR_RETENTION_DAYS")
    """From when the CDR, or one that credits it, was received."""
    command_kept_for: Days = Field(default=timedelta(days=400), alias="COMMAND_RETENTION_DAYS")
    """From when the command was sent."""

    gst_percent: Annotated[SmallDecimal | None, BeforeValidator(_none)] = None
    """The VAT of tariffs that name none, in percent; None: their tax is not checked."""
    check_tolerance: SmallDecimal = _needed()
    """By how much a CDR's cost may differ from its tariff's, in its currency."""

    settlement_time_zone: str = _needed()
    """The IANA name of the zone whose midnights bound the months that are settled."""

    pull_page_limit: PositiveInt = 500
    """How many objects of a list a pull asks for at once; the Hub may send fewer."""
    pull_pages_at_most: PositiveInt = 20_000
    """Pages after which a list is taken for endless."""
    pull_overlap: Minutes = Field(default=timedelta(minutes=15), alias="PULL_OVERLAP_MINUTES")
    """How far a delta reaches back before the start of the last completed pull."""
    vanish_guard_percent: PositiveInt = 30
    """The largest share of the catalogue that one full pull may remove."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        stripped = {name: value.strip() for name, value in given.items()}
        try:
            super().__init__(**{name: value for name, value in stripped.items() if value})
        except ValidationError as error:
            [wrong, *_] = error.errors(include_url=False)
            expected = _EXPECTED.get(wrong["type"], wrong["msg"].removeprefix("Value error, "))
            raise InvalidSetting(str(wrong["loc"][0]), str(wrong["input"]), expected) from None

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401  # any field's type
        value = super().__getattribute__(name)
        if value is None and name in NEEDED:
            raise MissingSetting(name.upper())
        return value

    @property
    def public_base_url(self) -> str:
        """Where the Hub reaches us, without a trailing slash, e.g. `https://ocpi.example.com`
        (`/ocpi/versions` follows). https, unless ALLOW_HTTP_HUB: the Hub shows it our token and results.
        """
        url = self.optional_public_base_url
        if url is None:
            raise MissingSetting("PUBLIC_BASE_URL")
        if not url.lower().startswith(("https://", "http://") if self.allow_http_hub else "https://"):
            raise InvalidSetting("PUBLIC_BASE_URL", url, "an https:// URL (http:// is for a local Hub only)")
        return url


NEEDED = frozenset(name for name, field in Settings.model_fields.items() if field.json_schema_extra)
