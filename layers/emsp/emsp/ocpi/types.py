"""OCPI's types (types chapter) and the classes that several modules share.

A field reads like its line in the specification's tables: `ZeroOrOne[String255]` is a string(255) with
cardinality `?`. Each type has a strict form (the specification's) and a permissive one (for
`OcpiModel.parse`). The permissive form keeps what a value was when it had to be understood as something else,
as `written`, so that it is written back unchanged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from typing import Annotated, TypeVar, cast, get_args

from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import (
    NullableSchema,
    bool_schema,
    enum_schema,
    int_schema,
    lax_or_strict_schema,
    no_info_after_validator_function,
    no_info_plain_validator_function,
    nullable_schema,
    str_schema,
    union_schema,
)

from emsp.ocpi.datetimes import canonical_datetime as canonical_datetime  # noqa: PLC0414  # for importers
from emsp.ocpi.datetimes import parse_datetime as parse_datetime  # noqa: PLC0414
from emsp.ocpi.datetimes import parse_ocpi_datetime
from emsp.ocpi.model import OcpiModel

SchemaOf = Callable[[object], CoreSchema]
"""Makes the schema of the annotation that a type stands around."""

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class WrittenText(str):
    """A string that was written as a number."""

    __slots__ = ("written",)
    written: int | Decimal


class WrittenNumber(Decimal):
    """A number that was written as a string."""

    written: str


class WrittenInt(int):
    """A whole number that was written as a string or with a fraction of zero."""

    written: str | Decimal


class NullList(tuple[T, ...]):
    """An empty list that was written as null."""

    __slots__ = ()
    written = None


def _two_modes(strict: CoreSchema, permissive: CoreSchema) -> CoreSchema:
    return lax_or_strict_schema(lax_schema=permissive, strict_schema=strict, strict=True)


def _either(usual: CoreSchema, otherwise: CoreSchema, problem: str) -> CoreSchema:
    return union_schema(
        [usual, otherwise], mode="left_to_right", custom_error_type="ocpi", custom_error_message=problem
    )


def _function(validate: Callable[[object], object]) -> CoreSchema:
    return no_info_plain_validator_function(validate)


# --- strings


@dataclass(frozen=True)
class Text:
    """A string of at most `length` characters that match `pattern`; permissively any string, or a number."""

    length: int
    pattern: str = r"^[^\x00-\x1f\x7f]*$"
    min_length: int = 0

    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        return _two_modes(
            str_schema(max_length=self.length, min_length=self.min_length, pattern=self.pattern, strict=True),
            _either(str_schema(), _function(_text_of_number), "is not a string"),
        )


def CiString(length: int) -> Text:  # noqa: N802  # the specification's name
    """OCPI's CiString: printable ASCII, compared regardless of case, kept as received, never empty."""
    return Text(length, r"^[ -~]*$", min_length=1)


def String(length: int) -> Text:  # noqa: N802  # the specification's name
    """OCPI's string: no control characters, compared with regard to case."""
    return Text(length)


@dataclass(frozen=True)
class Key:
    """A string that identifies an object: in both modes it must be there, and fit to be a part of a key."""

    pattern: str = r"^[ -~]+$"

    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        matching = str_schema(pattern=self.pattern)
        return _two_modes(
            matching, _either(matching, _function(_text_of_number), "does not identify anything")
        )


def _text_of_number(value: object) -> WrittenText:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("ocpi", "is not a string")
    text = WrittenText(value)
    text.written = value
    return text


CiString2 = Annotated[str, CiString(2)]
CiString3 = Annotated[str, CiString(3)]
CiString4 = Annotated[str, CiString(4)]
CiString32 = Annotated[str, CiString(32)]
CiString36 = Annotated[str, CiString(36)]
CiString39 = Annotated[str, CiString(39)]
CiString48 = Annotated[str, CiString(48)]
String4 = Annotated[str, String(4)]
String10 = Annotated[str, String(10)]
String16 = Annotated[str, String(16)]
String20 = Annotated[str, String(20)]
String45 = Annotated[str, String(45)]
String64 = Annotated[str, String(64)]
String100 = Annotated[str, String(100)]
String255 = Annotated[str, String(255)]
String512 = Annotated[str, String(512)]
String5000 = Annotated[str, String(5000)]
Url = Annotated[str, Text(255, r"^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f]+$")]
Currency = Annotated[str, Text(3, "^[A-Z]{3}$")]
"""A currency code of ISO 4217."""
Country = Annotated[str, Text(3, "^[A-Z]{3}$")]
"""A country code of ISO 3166-1 alpha-3 (a party's `country_code` is alpha-2 and a CiString)."""
Language = Annotated[str, Text(2, "^[A-Za-z]{2}$")]
"""A language code of ISO 639-1."""
TimeOfDay = Annotated[str, Text(5, "^([0-1][0-9]|2[0-3]):[0-5][0-9]$")]
LocalDate = Annotated[str, Text(10, "^([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]

KeyId = Annotated[str, Key()]
KeyCountryCode = Annotated[str, Key("^[A-Za-z]{2}$")]
KeyCurrency = Annotated[str, Key("^[A-Za-z]{3}$")]
KeyPartyId = Annotated[str, Key('^[!"$-~]{1,3}$')]
"""Any printable ASCII but `#`, which separates the parts of a key."""


# --- numbers and booleans

_MAX_EXPONENT = 100


class _Number:
    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        return _two_modes(_function(_number), _function(_number_in_any_form))


def _number(value: object) -> Decimal:
    if isinstance(value, Decimal):
        # Calculating with a number such as 1E+999999999 would take for ever.
        if value.is_finite() and abs(value.adjusted()) <= _MAX_EXPONENT:
            return value
    elif isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise PydanticCustomError("ocpi", "is not a number")


def _number_in_any_form(value: object) -> Decimal:
    if not isinstance(value, str):
        return _number(value)
    if not value.isascii() or "_" in value:
        raise PydanticCustomError("ocpi", "is not a number")
    try:
        number = WrittenNumber(value)
    except InvalidOperation:
        raise PydanticCustomError("ocpi", "is not a number") from None
    _number(number)
    number.written = value
    return number


@dataclass(frozen=True)
class WholeNumber:
    """An int from `least` to `most`; permissively any, also as a string or with a fraction of zero."""

    least: int | None = None
    most: int | None = None

    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        return _two_modes(int_schema(ge=self.least, le=self.most, strict=True), _function(_int_in_any_form))


def _int_in_any_form(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number_in_any_form(value)
    if number != number.to_integral_value():
        raise PydanticCustomError("ocpi", "is not a whole number")
    whole = WrittenInt(number)
    whole.written = value  # type: ignore[assignment]  # _number_in_any_form let only str and Decimal through
    return whole


class _Bool:
    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        return _two_modes(bool_schema(strict=True), bool_schema())


Number = Annotated[Decimal, _Number()]
"""OCPI's number, exact to the digit."""
Int = Annotated[int, WholeNumber()]
Bool = Annotated[bool, _Bool()]


# --- date and time


class _DateTime:
    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        return _two_modes(_function(_ocpi_datetime), _function(_datetime_in_any_form))


def _ocpi_datetime(value: object) -> datetime:
    if isinstance(value, str):
        # The usual form; parse_ocpi_datetime would come to the same.
        if len(value) == 20 and value[19] == "Z" and value[10] == "T":
            return parse_datetime(value)
        return parse_ocpi_datetime(value)
    if not isinstance(value, datetime):
        raise PydanticCustomError("ocpi", "is not a DateTime")
    if value.tzinfo is None:
        raise PydanticCustomError("ocpi", "is a datetime without a time zone")
    # Not as it was written: what is made here follows the specification. 25 characters hold milliseconds.
    return value.astimezone(UTC).replace(microsecond=value.microsecond // 1000 * 1000)


def _datetime_in_any_form(value: object) -> datetime:
    if not isinstance(value, str):
        return _ocpi_datetime(value)
    try:
        return parse_datetime(value)
    except ValueError:
        raise PydanticCustomError("ocpi", "is not a DateTime") from None


OcpiDateTime = Annotated[datetime, _DateTime()]
"""A moment in UTC (an aware `datetime`) that is written back as the text it came from."""


# --- enums


class _OpenEnum:
    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        enum: type[Enum] = get_args(source)[0]
        known = enum_schema(enum, list(enum), sub_type="str")
        return _two_modes(known, _either(known, str_schema(), "is not a string"))


OpenEnum = Annotated[E | str, _OpenEnum()]
"""`OpenEnum[Role]`: a `Role`; permissively any other string too, kept as `str`."""


# --- cardinalities


class _ZeroOrOne:
    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        nullable = cast("NullableSchema", handler(source))
        return _two_modes(nullable["schema"], nullable)


class _ZeroOrMore:
    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        items = handler(source)
        return _two_modes(items, no_info_after_validator_function(_list_or_null, nullable_schema(items)))


def _list_or_null[Item](value: tuple[Item, ...] | None) -> tuple[Item, ...]:
    return NullList() if value is None else value


class _OneOrMore:
    def __get_pydantic_core_schema__(self, source: object, handler: SchemaOf) -> CoreSchema:
        items = handler(source)
        return _two_modes(cast("CoreSchema", {**items, "min_length": 1}), items)


ZeroOrOne = Annotated[T | None, _ZeroOrOne()]
"""Cardinality `?`: to be left out when there is nothing; permissively null as well."""
ZeroOrMore = Annotated[tuple[T, ...], _ZeroOrMore()]
"""Cardinality `*`: to be left out or empty when there is nothing; permissively null as well."""
OneOrMore = Annotated[tuple[T, ...], _OneOrMore()]
"""Cardinality `+`: at least one; permissively an empty list as well."""


# --- classes


class Role(StrEnum):
    CPO = "CPO"
    EMSP = "EMSP"
    HUB = "HUB"
    NAP = "NAP"
    NSP = "NSP"
    OTHER = "OTHER"
    SCSP = "SCSP"


class DisplayText(OcpiModel):
    """A text for drivers in one language."""

    language: Language
    text: String512


class Price(OcpiModel):
    """An amount of money in the currency of the object that holds it."""

    excl_vat: Number
    incl_vat: ZeroOrOne[Number] = None


class GeoLocation(OcpiModel):
    """A point in decimal degrees, as text with five to seven decimals (locations chapter)."""

    latitude: Annotated[str, Text(10, r"^-?[0-9]{1,2}\.[0-9]{5,7}$")]
    longitude: Annotated[str, Text(11, r"^-?[0-9]{1,3}\.[0-9]{5,7}$")]


class ImageCategory(StrEnum):
    CHARGER = "CHARGER"
    ENTRANCE = "ENTRANCE"
    LOCATION = "LOCATION"
    NETWORK = "NETWORK"
    OPERATOR = "OPERATOR"
    OTHER = "OTHER"
    OWNER = "OWNER"


class Image(OcpiModel):
    """Where a picture is and what it shows; sizes in pixels (locations chapter)."""

    url: Url
    thumbnail: ZeroOrOne[Url] = None
    category: OpenEnum[ImageCategory]
    type: CiString4
    width: ZeroOrOne[Int] = None
    height: ZeroOrOne[Int] = None


class BusinessDetails(OcpiModel):
    """A company; in India a `gstin` may ride along (locations chapter)."""

    name: String100
    website: ZeroOrOne[Url] = None
    logo: ZeroOrOne[Image] = None
