"""The settings of a function, from its environment: one `Variable` for each variable in template.yaml.

Every function has the names of the tables, the buckets and the secret, and the other variables that it uses.
Its role decides which of these resources it may use. Reading a variable that is not set raises
MissingSetting. A value that can't be parsed raises InvalidSetting at once. docs/parameters.md lists the
parameters that set the variables.

This module does not use pydantic: a model of all variables would cost each function 10 to 16 ms of its cold
start, and `versions`, which the Hub calls each minute, would need pydantic only for this.
"""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

from emsp.ocpi.parties import PartyId


class MissingSetting(LookupError):
    """A variable that a function needs is not in its environment, or is empty."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not set: add it under Environment.Variables of this function in template.yaml"
        )
        self.name = name


class InvalidSetting(ValueError):
    """The value of a variable has the wrong form."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(
            f"{name} is {value!r}, which is not {expected}: correct it in template.yaml or its parameters"
        )
        self.name = name


LEAST_DAYS = 30
"""The shortest retention in days. A change may wait 14 days to be published, and a CDR may arrive weeks after
its charge.
"""


def _upper(text: str) -> str:
    return text.upper()


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError('"true" or "false"')
    return text.lower() == "true"


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ValueError("a whole number") from None
    if number <= 0:
        raise ValueError("a number above zero")
    return number


def _not_negative(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("a whole number, or 0 for none")
    return int(text)


def _duration(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ValueError("a whole number above zero")
    return int(text)


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=_duration(text))


def _hours(text: str) -> timedelta:
    return timedelta(hours=_duration(text))


def _days(text: str) -> timedelta | None:
    if text == "0":
        return None
    if not text.isdecimal() or int(text) < LEAST_DAYS:
        raise ValueError(f"0, which is for ever, or a number of days from {LEAST_DAYS} on")
    return timedelta(days=int(text))


def _amount(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("a number") from None
    if not (number.is_finite() and 0 <= number < 1000):
        raise ValueError("a number from 0 to below 1000")
    return number


def _percent(text: str) -> Decimal | None:
    return None if text.lower() == "none" else _amount(text)


def _whole_days(text: str) -> timedelta:
    return timedelta(days=_duration(text))


def _verdicts(text: str) -> frozenset[str]:
    return frozenset() if text == "NEVER" else frozenset(each.strip() for each in text.split(","))


class _NoDefault:
    """The mark of a variable without a default."""


_NO_DEFAULT: Final = _NoDefault()


class Variable[T]:
    """A setting of type T.

    `read` parses the text of the variable, or raises ValueError with what the text must be. The name of the
    variable is the setting's name in capitals, unless `name` is given.
    """

    def __init__(
        self, read: Callable[[str], T], default: T | _NoDefault = _NO_DEFAULT, *, name: str = ""
    ) -> None:
        self._read = read
        self._default = default
        self.name = name

    def __set_name__(self, owner: type, attribute: str) -> None:
        self.name = self.name or attribute.upper()

    def __get__(self, settings: "Settings", owner: type) -> T:
        value = settings.values.get(self.name, self._default)
        if isinstance(value, _NoDefault):
            raise MissingSetting(self.name)
        return cast("T", value)

    @property
    def needed(self) -> bool:
        """Whether the variable has no default."""
        return isinstance(self._default, _NoDefault)

    def parse(self, text: str) -> T:
        """Return the value in the text. Raises InvalidSetting."""
        try:
            return self._read(text)
        except ValueError as error:
            raise InvalidSetting(self.name, text, str(error)) from None


class Settings:
    """All settings of all functions. `environment` is the environment of the process by default.

    Raises InvalidSetting if a variable has a value that can't be parsed. Reading a setting without a value
    and without a default raises MissingSetting.
    """

    our_country_code = Variable(_upper)
    our_party_id = Variable(_upper)
    our_business_name = Variable(str)
    our_website = Variable(str, None)
    optional_public_base_url = Variable(_without_slash, None, name="PUBLIC_BASE_URL")
    """The same as public_base_url. It is None in functions behind the API, which use the address of the
    request.
    """
    allow_http_hub = Variable(_flag, default=False)
    """Whether plain http:// to the Hub is allowed. Only for a Hub on the same machine."""

    sessions_table = Variable(str)
    cdrs_table = Variable(str)
    commands_table = Variable(str)
    locations_table = Variable(str)
    tariffs_table = Variable(str)
    tariff_versions_table = Variable(str)
    price_plans_table = Variable(str)
    plan_assignments_table = Variable(str)
    disputes_table = Variable(str)
    control_table = Variable(str)
    findings_table = Variable(str)
    rejected_bucket = Variable(str)
    snapshots_bucket = Variable(str)
    large_bodies_bucket = Variable(str)
    """The bucket for bodies of sessions and CDRs that are too large for a DynamoDB item."""
    settlements_bucket = Variable(str)
    hub_secret_id = Variable(str)
    event_bus_name = Variable(str)
    expire_command_queue_url = Variable(str)
    failed_changes_queue_url = Variable(str)
    """The queue of the stream records that a function could not process."""

    quota_authorize_per_minute = Variable(_positive, 100)
    quota_commands_per_minute = Variable(_positive, 50)
    quota_lists_per_minute = Variable(_positive, 200)
    pushes_per_cpo_per_minute = Variable(_not_negative, 0)
    """The largest number of pushes of a CPO that a process of a receiver accepts in a minute. 0 means no
    limit.
    """
    token_overlap = Variable(_hours, timedelta(hours=24), name="TOKEN_OVERLAP_HOURS")
    """How long a token is valid after a rotation has replaced it."""

    not_started_after = Variable(_minutes, timedelta(minutes=5), name="NOT_STARTED_AFTER_MINUTES")
    """The longest time from an accepted START_SESSION to the arrival of its session."""
    pending_after = Variable(_minutes, timedelta(minutes=30), name="PENDING_AFTER_MINUTES")
    """The longest time for which a session may be PENDING."""
    silent_after = Variable(_hours, timedelta(hours=6), name="SILENT_AFTER_HOURS")
    """The longest time between two pushes of an ACTIVE session."""
    cdr_overdue_after = Variable(_hours, timedelta(hours=48), name="CDR_OVERDUE_AFTER_HOURS")
    """The longest time from the end of a session to the arrival of its CDR."""
    cdr_without_session_after = Variable(_hours, timedelta(hours=1), name="CDR_WITHOUT_SESSION_AFTER_HOURS")
    """The longest time from a CDR to the arrival of its session."""

    session_kept_for = Variable(_days, None, name="SESSION_RETENTION_DAYS")
    """How long a session is stored after its last push or its CDR. Here and in the next two, None means for
    ever.
    """
    cdr_kept_for = Variable(_days, None, name="CDR_RETENTION_DAYS")
    """How long a CDR is stored after its arrival, or after the arrival of the last CDR that credits it."""
    command_kept_for = Variable[timedelta | None](_days, timedelta(days=400), name="COMMAND_RETENTION_DAYS")
    """How long a command is stored after it was sent."""

    gst_percent = Variable(_percent, None)
    """The VAT rate, in percent, of tariffs without `vat`. None: the check of a CDR ignores the tax of such
    tariffs.
    """
    check_tolerance = Variable(_amount)
    """The largest difference between a CDR's cost and its price by the tariff that counts as equal, in the
    CDR's currency.
    """

    default_price_plan = Variable(str, None)
    """The id of the price plan of drivers without a plan of their own."""
    misuse_speed_kmh = Variable(_positive, 200)
    """The highest speed of a driver between two charges, in km/h."""
    misuse_charges_at_once = Variable(_positive, 2)
    """The largest number of charges of a token at the same time."""
    dispute_when = Variable(_verdicts, frozenset({"OVERCHARGED"}))
    """The verdicts of a check that open a dispute case. There are none for NEVER."""
    dispute_from = Variable(_amount, Decimal(0))
    """The smallest amount of a dispute case, in the currency of the CDR."""
    dispute_reminder_after = Variable(_whole_days, timedelta(days=30), name="DISPUTE_REMINDER_DAYS")
    """The age of an open dispute case at its first reminder, and the time between two reminders."""

    settlement_time_zone = Variable(str)
    """The IANA name of the time zone of the accounts, in which months begin and end."""

    driver_api_url = Variable(_without_slash)
    """The URL of the API for drivers, without a slash at the end. It ends in `/v1`."""
    driver_api_token_claim = Variable(str)
    """The claim of a driver's JWT with the uid of the driver's token, or with a list of uids."""
    driver_calls_per_minute = Variable(_positive, 10)
    """The largest number of requests of a driver that reach the Hub in a minute."""

    pull_page_limit = Variable(_positive, 500)
    """The number of objects per page that a pull requests. The Hub may send fewer."""
    pull_overlap = Variable(_minutes, timedelta(minutes=15), name="PULL_OVERLAP_MINUTES")
    """How much earlier than the start of the last completed pull a delta pull begins."""
    vanish_guard_percent = Variable(_positive, 30)
    """The largest share of the catalogue, in percent, that a full pull may remove."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        texts = {name: given.get(name, "").strip() for name in VARIABLES}
        self.values = {name: VARIABLES[name].parse(text) for name, text in texts.items() if text}

    @property
    def our_party(self) -> PartyId:
        """The party of this eMSP."""
        return PartyId(self.our_country_code, self.our_party_id)

    @property
    def public_base_url(self) -> str:
        """The URL at which the Hub calls us, without a slash at the end, such as `https://ocpi.example.com`.

        It must be https unless ALLOW_HTTP_HUB is true, because the Hub sends our token and results there.
        Raises MissingSetting and InvalidSetting.
        """
        url = self.optional_public_base_url
        if url is None:
            raise MissingSetting("PUBLIC_BASE_URL")
        if not url.lower().startswith(("https://", "http://") if self.allow_http_hub else "https://"):
            raise InvalidSetting("PUBLIC_BASE_URL", url, "an https:// URL (http:// is for a local Hub only)")
        return url


VARIABLES: Mapping[str, Variable[Any]] = {
    each.name: each for each in vars(Settings).values() if isinstance(each, Variable)
}
