"""All settings of the simulated Hub for tests and operators."""

from dataclasses import dataclass, field
from enum import StrEnum


class LinkStyle(StrEnum):
    """How a Hub writes its `Link` header."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    UPPER_CASE = "upper_case"  # header LINK, REL="NEXT"
    SEVERAL_RELS = "several_rels"  # first, prev, next and last in one header
    UNQUOTED = "unquoted"  # rel=next
    WITHOUT_FILTERS = "without_filters"  # without date_from and date_to
    NONE = "none"  # never a Link, even if there are more pages
    LOOP = "loop"  # the next page is the page itself
    FOREIGN = "foreign"  # the next page is on another host
    INNER_SCHEME = "inner_scheme"  # with the scheme, port or host by which a proxy reaches the Hub
    INNER_PORT = "inner_port"
    INNER_HOST = "inner_host"


class TokenEncoding(StrEnum):
    """The encoding of a credentials token in the Authorization header."""

    BASE64 = "base64"
    PLAIN = "plain"


class RetryAfter(StrEnum):
    """The form of Retry-After in a refusal by the limits."""

    NONE = "none"
    SECONDS = "seconds"
    DATE = "date"


class PushStyle(StrEnum):
    """How complete the sessions and CDRs are."""

    COMPLETE = "complete"
    HUB_SAMPLE = "hub_sample"  # like the Hub's own samples: no auth_method, no charging_periods, seconds


class PushToken(StrEnum):
    """Which of our tokens the Hub uses after a rotation, while it has both."""

    NEWEST = "newest"
    OLDEST = "oldest"
    ALTERNATE = "alternate"


@dataclass
class LimitSettings:
    """Requests per window and party. A module that is not listed, or is 0, has no limit."""

    per_window: dict[str, int] = field(
        default_factory=lambda: {"authorize": 100, "commands": 50, "locations": 200}
    )
    window_s: float = 60.0
    http_status: int = 429  # or 200
    retry_after: RetryAfter = RetryAfter.SECONDS


@dataclass
class PagingSettings:
    """How a list is cut into pages."""

    default_limit: int = 50
    max_limit: int = 500
    link_style: LinkStyle = LinkStyle.ABSOLUTE
    total_count: bool = True  # X-Total-Count is sent
    empty_page_every: int = 0  # every n-th page is empty, with a Link to the next page (0: never)
    repeated_rows: int = 0  # how many rows of the previous page are repeated


@dataclass
class ChargingSettings:
    """The pace of sessions and their energy. Seconds are real seconds.

    Times in sessions and CDRs are real. Only the battery charges faster: with energy_factor 600 a car takes
    in one second what its connector would deliver in ten minutes, up to battery_kwh.
    """

    pending_s: float = 0.2
    update_every_s: float = 0.2
    max_session_s: float = 60.0
    cdr_after_s: float = 0.1
    energy_factor: float = 600.0
    battery_kwh: float = 40.0
    style: PushStyle = PushStyle.COMPLETE
    patch_updates: bool = False  # progress is sent as PATCH; after a 404 the whole session is sent as PUT
    moves_evse_status: bool = True  # a session sets its EVSE in the catalogue to CHARGING, and back


@dataclass
class CommandSettings:
    """How CPOs answer commands without a prescribed behaviour."""

    callback_delay_s: float = 0.2
    timeout_s: int = 30


@dataclass
class PushSettings:
    """The worker that delivers sessions, CDRs and command results."""

    max_attempts: int = 8
    first_backoff_s: float = 0.2
    max_backoff_s: float = 5.0
    timeout_s: float = 10.0
    concurrency: int = 8  # start
    token_encoding: TokenEncoding = TokenEncoding.BASE64
    token: PushToken = PushToken.NEWEST
    copies_probability: float = 0.0  # the probability that a push is delivered twice
    in_order: bool = True  # pushes of one session wait for each other; otherwise a later one may arrive first


@dataclass
class CredentialsSettings:
    """The credentials exchange."""

    accept_base64: bool = True
    accept_plain: bool = True
    overlap_s: float = (
        24 * 3600.0
    )  # how long a token is valid after a rotation; an admin can revoke it sooner
    confirming_put_rotates: bool = True  # the PUT right after the POST returns a new token, as in OCPI
    get_tells_newest: bool = False  # GET returns the newest token, also to a caller with the previous one
    without_token: bool = False  # the answer to a PUT has no token: the previous one stays valid
    changes: dict[str, object] = field(default_factory=dict)  # replace fields in `data` of the answers
    wrong_encoding_status: int = 401  # the HTTP status for a token in an encoding that is not accepted
    wrong_encoding_envelope: bool = True
    versions_are_public: bool = False  # versions and version details need no token
    url_is_details: bool = False  # the credentials have .../ocpi/2.2.1 as `url`, as in the Hub's examples
    verify_versions: bool = True  # reads the versions of the eMSP during POST and PUT; 3001 if that fails
    timeout_s: float = 30.0


@dataclass
class HubSettings:
    """All settings. Those marked `start` are read once; the others may change while the Hub runs."""

    host: str = "127.0.0.1"  # start
    port: int = 0  # start; 0: a free port
    country_code: str = "IN"  # start
    party_id: str = "CIH"  # start
    seed: int = 1  # start
    locations: int = 40  # start
    evses: int = 0  # start; for each location, 0 means 1 to 3
    connectors: int = 0  # start; for each EVSE, 0 means 1 or 2
    cpos: int = 5  # start; 1 to 8
    colliding_ids: bool = (
        True  # start; the last location of every CPO has the id SITE-1: ids are unique only within a CPO
    )
    dialects: bool = True  # start; CPOs write timestamps, numbers and nulls as differently as real ones
    preload: bool = False  # start; create all locations before the first answer
    module_prefix: str = "/ocpi/2.2.1"  # start; the base of the URLs of modules in the version details
    listed_with_slash: bool = (
        False  # URLs in version details end with a slash; a URL without it is redirected
    )
    stray_endpoints: list[object] = field(
        default_factory=list
    )  # endpoints in version details before the correct ones
    roleless_credentials: bool = False  # credentials have no role in the version details
    errors_as_http_200: bool = True  # refusals have HTTP 200 and a status_code, except 401
    not_routed_code: int = 2000
    offline_stops_realtime: bool = True  # authorize and commands are refused while the eMSP is OFFLINE
    probe_every_s: float = 0.0  # seconds between health probes of the eMSP; 0: only on request
    probe_timeout_s: float = 5.0
    seen_requests: int = 20_000  # start; how many requests are recorded
    limits: LimitSettings = field(default_factory=LimitSettings)
    paging: PagingSettings = field(default_factory=PagingSettings)
    charging: ChargingSettings = field(default_factory=ChargingSettings)
    commands: CommandSettings = field(default_factory=CommandSettings)
    pushes: PushSettings = field(default_factory=PushSettings)
    credentials: CredentialsSettings = field(default_factory=CredentialsSettings)


class UnknownSetting(ValueError):
    """A change names an unknown setting, or has a value of the wrong type."""


def change_settings(target: object, changes: dict[str, object]) -> None:
    """Apply a nested dict of changes, e.g. {"limits": {"window_s": 6}}. Raises UnknownSetting."""
    for name, value in changes.items():
        if not hasattr(target, name):
            raise UnknownSetting(f"{type(target).__name__} has no setting {name!r}")
        current = getattr(target, name)
        if isinstance(value, dict):
            if isinstance(current, dict):
                current.update(value)
            else:
                change_settings(current, value)
        elif isinstance(current, StrEnum):
            setattr(target, name, _enum_member(type(current), value, name))
        elif isinstance(current, bool) or not isinstance(current, int | float):
            if type(value) is not type(current):
                raise UnknownSetting(f"{name} wants {type(current).__name__}, got {value!r}")
            setattr(target, name, value)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise UnknownSetting(f"{name} wants a number, got {value!r}")
        else:
            setattr(target, name, type(current)(value))


def _enum_member(kind: type[StrEnum], value: object, name: str) -> StrEnum:
    try:
        return kind(str(value))
    except ValueError as e:
        raise UnknownSetting(f"{name} is one of {[m.value for m in kind]}, got {value!r}") from e
