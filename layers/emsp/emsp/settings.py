"""What the environment tells a function, typed and read lazily.

Each property reads one variable when it is first asked for, so that a function needs only the variables that
it uses. template.yaml sets them; the README lists them as parameters.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation


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


@dataclass(frozen=True)
class Settings:
    """Typed view of the environment. Raises MissingSetting or InvalidSetting when a bad one is used."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def _text(self, name: str) -> str:
        value = self.environment.get(name, "").strip()
        if not value:
            raise MissingSetting(name)
        return value

    def _optional_text(self, name: str) -> str | None:
        return self.environment.get(name, "").strip() or None

    def _decimal(self, name: str) -> Decimal:
        text = self._text(name)
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise InvalidSetting(name, text, "a number") from None
        if not 0 <= number < 1000:
            raise InvalidSetting(name, text, "a number from 0 to below 1000")
        return number

    def _positive_int(self, name: str, default: int | None = None) -> int:
        text = self._optional_text(name)
        if text is None:
            if default is None:
                raise MissingSetting(name)
            return default
        try:
            number = int(text)
        except ValueError:
            raise InvalidSetting(name, text, "a whole number") from None
        if number <= 0:
            raise InvalidSetting(name, text, "a number above zero")
        return number

    def _flag(self, name: str) -> bool:
        text = (self._optional_text(name) or "false").lower()
        if text not in ("true", "false"):
            raise InvalidSetting(name, text, '"true" or "false"')
        return text == "true"

    @property
    def our_country_code(self) -> str:
        return self._text("OUR_COUNTRY_CODE").upper()

    @property
    def our_party_id(self) -> str:
        return self._text("OUR_PARTY_ID").upper()

    @property
    def our_business_name(self) -> str:
        return self._text("OUR_BUSINESS_NAME")

    @property
    def our_website(self) -> str | None:
        return self._optional_text("OUR_WEBSITE")

    @property
    def public_base_url(self) -> str:
        """Where the Hub reaches us, without a trailing slash, e.g. `https://ocpi.example.com`
        (`/ocpi/versions` follows). https, unless ALLOW_HTTP_HUB: the Hub shows it our token and results.
        """
        url = self._text("PUBLIC_BASE_URL").rstrip("/")
        if not url.lower().startswith(("https://", "http://") if self.allow_http_hub else "https://"):
            raise InvalidSetting("PUBLIC_BASE_URL", url, "an https:// URL (http:// is for a local Hub only)")
        return url

    @property
    def optional_public_base_url(self) -> str | None:
        """As public_base_url, or None where the request tells it (functions behind the API)."""
        text = self._optional_text("PUBLIC_BASE_URL")
        return text.rstrip("/") if text else None

    @property
    def sessions_table(self) -> str:
        return self._text("SESSIONS_TABLE")

    @property
    def cdrs_table(self) -> str:
        return self._text("CDRS_TABLE")

    @property
    def commands_table(self) -> str:
        return self._text("COMMANDS_TABLE")

    @property
    def locations_table(self) -> str:
        return self._text("LOCATIONS_TABLE")

    @property
    def tariffs_table(self) -> str:
        return self._text("TARIFFS_TABLE")

    @property
    def tariff_versions_table(self) -> str:
        return self._text("TARIFF_VERSIONS_TABLE")

    @property
    def control_table(self) -> str:
        return self._text("CONTROL_TABLE")

    @property
    def rejected_bucket(self) -> str:
        return self._text("REJECTED_BUCKET")

    @property
    def snapshots_bucket(self) -> str:
        return self._text("SNAPSHOTS_BUCKET")

    @property
    def large_bodies_bucket(self) -> str:
        """Bucket for the bodies of sessions and CDRs that fit in no DynamoDB item."""
        return self._text("LARGE_BODIES_BUCKET")

    @property
    def hub_secret_id(self) -> str:
        return self._text("HUB_SECRET_ID")

    @property
    def event_bus_name(self) -> str:
        return self._text("EVENT_BUS_NAME")

    @property
    def expire_command_queue_url(self) -> str:
        return self._text("EXPIRE_COMMAND_QUEUE_URL")

    @property
    def unpublished_changes_queue_url(self) -> str:
        return self._text("UNPUBLISHED_CHANGES_QUEUE_URL")

    @property
    def parked_records_queue_url(self) -> str:
        """Where a stream's function puts records that it can't deal with."""
        return self._text("PARKED_RECORDS_QUEUE_URL")

    @property
    def allow_http_hub(self) -> bool:
        """True where the operator allows plain http:// to the Hub (a Hub on the same machine only)."""
        return self._flag("ALLOW_HTTP_HUB")

    @property
    def quota_authorize_per_minute(self) -> int:
        return self._positive_int("QUOTA_AUTHORIZE_PER_MINUTE", 100)

    @property
    def quota_commands_per_minute(self) -> int:
        return self._positive_int("QUOTA_COMMANDS_PER_MINUTE", 50)

    @property
    def quota_lists_per_minute(self) -> int:
        return self._positive_int("QUOTA_LISTS_PER_MINUTE", 200)

    @property
    def not_started_after(self) -> timedelta:
        """How long the session of an accepted START_SESSION may take to come."""
        return timedelta(minutes=self._positive_int("NOT_STARTED_AFTER_MINUTES", 5))

    @property
    def pending_after(self) -> timedelta:
        """How long a session may be PENDING."""
        return timedelta(minutes=self._positive_int("PENDING_AFTER_MINUTES", 30))

    @property
    def silent_after(self) -> timedelta:
        """How long an ACTIVE session may go without a push."""
        return timedelta(hours=self._positive_int("SILENT_AFTER_HOURS", 6))

    @property
    def cdr_overdue_after(self) -> timedelta:
        """How long the CDR of a session that has ended may take to come."""
        return timedelta(hours=self._positive_int("CDR_OVERDUE_AFTER_HOURS", 48))

    @property
    def cdr_without_session_after(self) -> timedelta:
        """How long after its CDR a session may come."""
        return timedelta(hours=self._positive_int("CDR_WITHOUT_SESSION_AFTER_HOURS", 1))

    @property
    def token_overlap(self) -> timedelta:
        """How long the token that a rotation replaces goes on being accepted."""
        return timedelta(hours=self._positive_int("TOKEN_OVERLAP_HOURS", 24))

    @property
    def gst_percent(self) -> Decimal | None:
        """The VAT of tariffs that name none, in percent; None: their tax is not checked."""
        text = self._text("GST_PERCENT")
        return None if text.lower() == "none" else self._decimal("GST_PERCENT")

    @property
    def check_tolerance(self) -> Decimal:
        """By how much a CDR's cost may differ from its tariff's, in its currency."""
        return self._decimal("CHECK_TOLERANCE")

    @property
    def pull_page_limit(self) -> int:
        """How many objects of a list a pull asks for at once; the Hub may send fewer."""
        return self._positive_int("PULL_PAGE_LIMIT", 500)

    @property
    def pull_pages_at_most(self) -> int:
        """Pages after which a list is taken for endless."""
        return self._positive_int("PULL_PAGES_AT_MOST", 20_000)

    @property
    def pull_overlap(self) -> timedelta:
        """How far a delta reaches back before the start of the last completed pull."""
        return timedelta(minutes=self._positive_int("PULL_OVERLAP_MINUTES", 15))

    @property
    def vanish_guard_percent(self) -> int:
        """The largest share of the catalogue that one full pull may remove."""
        return self._positive_int("VANISH_GUARD_PERCENT", 30)
