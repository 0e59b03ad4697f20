"""The problems that the API can answer, in the form of RFC 9457, with a message for the driver in two
languages.

`type` never changes, so an app may depend on it. `message` is for the driver. `title` and `detail` are for
the developer.
"""

import re
from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue

TYPE_PREFIX: Final = "urn:problem-type:"
LANGUAGES: Final = ("en", "hi")
RANGES_AT_MOST: Final = 20


@dataclass(frozen=True)
class ProblemKind:
    """A kind of problem: its HTTP status, its title, and its message for the driver in English and Hindi."""

    status: int
    title: str
    en: str
    hi: str


class Problems(Enum):
    """All kinds of problems. `type` ends with the name of the member in lower case, with hyphens."""

    BAD_REQUEST = ProblemKind(
        400,
        "The request is invalid",
        "The app sent something that we can't use. Please update the app.",
        "ऐप ने ऐसा कुछ भेजा जिसका हम उपयोग नहीं कर सकते। कृपया ऐप अपडेट करें।",
    )
    NO_TOKEN = ProblemKind(
        403,
        "The JWT names no token uid",
        "Your account has no charging token yet. Please contact us.",
        "आपके खाते में अभी कोई चार्जिंग टोकन नहीं है। कृपया हमसे संपर्क करें।",
    )
    DRIVER_FORGOTTEN = ProblemKind(
        403,
        "The driver of this token was forgotten",
        "Your data was deleted at your request. Please open a new account.",
        "आपके अनुरोध पर आपका डेटा हटा दिया गया है। कृपया नया खाता खोलें।",
    )
    NOT_FOUND = ProblemKind(
        404,
        "The object does not exist, or belongs to another driver",
        "We could not find that.",
        "हमें वह नहीं मिला।",
    )
    TOO_LARGE = ProblemKind(
        413,
        "The body is too large",
        "The app sent something that we can't use. Please update the app.",
        "ऐप ने ऐसा कुछ भेजा जिसका हम उपयोग नहीं कर सकते। कृपया ऐप अपडेट करें।",
    )
    UNSUPPORTED_MEDIA_TYPE = ProblemKind(
        415,
        "The body must be JSON",
        "The app sent something that we can't use. Please update the app.",
        "ऐप ने ऐसा कुछ भेजा जिसका हम उपयोग नहीं कर सकते। कृपया ऐप अपडेट करें।",
    )
    IDEMPOTENCY_KEY_REUSED = ProblemKind(
        422,
        "The Idempotency-Key was used for another request",
        "The app sent something that we can't use. Please try again.",
        "ऐप ने ऐसा कुछ भेजा जिसका हम उपयोग नहीं कर सकते। कृपया फिर से कोशिश करें।",
    )
    TOO_MANY_REQUESTS = ProblemKind(
        429,
        "This driver has sent too many requests",
        "That was too often in a short time. Please wait a moment.",
        "आपने कम समय में बहुत बार कोशिश की। कृपया थोड़ी देर रुकें।",
    )
    QUOTA_USED_UP = ProblemKind(
        429,
        "The Hub's quota is used up",
        "Many drivers are starting at the moment. Please try again shortly.",
        "इस समय बहुत से लोग चार्जिंग शुरू कर रहे हैं। कृपया थोड़ी देर में फिर से कोशिश करें।",
    )
    TOKEN_BLOCKED = ProblemKind(
        403,
        "The token is blocked",
        "Your charging token is blocked. Please contact us.",
        "आपका चार्जिंग टोकन बंद कर दिया गया है। कृपया हमसे संपर्क करें।",
    )
    TOKEN_EXPIRED = ProblemKind(
        403,
        "The token has expired",
        "Your charging token has expired. Please contact us.",
        "आपके चार्जिंग टोकन की अवधि समाप्त हो गई है। कृपया हमसे संपर्क करें।",
    )
    NO_CREDIT = ProblemKind(
        403,
        "The token has no credit",
        "Your balance is too low to charge.",
        "चार्ज करने के लिए आपका बैलेंस कम है।",
    )
    TOKEN_NOT_ALLOWED = ProblemKind(
        403,
        "The token may not charge here",
        "You can't charge at this station with your account.",
        "आप अपने खाते से इस स्टेशन पर चार्ज नहीं कर सकते।",
    )
    TOKEN_UNKNOWN = ProblemKind(
        403,
        "The token is not known",
        "Your charging token is not known. Please contact us.",
        "आपका चार्जिंग टोकन पहचाना नहीं गया। कृपया हमसे संपर्क करें।",
    )
    EVSE_OCCUPIED = ProblemKind(
        409,
        "The EVSE is occupied",
        "This charging point is in use. Please choose another one.",
        "यह चार्जिंग पॉइंट उपयोग में है। कृपया कोई दूसरा चुनें।",
    )
    EVSE_OUT_OF_ORDER = ProblemKind(
        409,
        "The EVSE is out of order",
        "This charging point does not work now. Please choose another one.",
        "यह चार्जिंग पॉइंट अभी काम नहीं कर रहा है। कृपया कोई दूसरा चुनें।",
    )
    NOT_STARTED_YET = ProblemKind(
        409,
        "The charge has no session yet",
        "The charge has not started yet. Please try again in a moment.",
        "चार्जिंग अभी शुरू नहीं हुई है। कृपया थोड़ी देर में फिर से कोशिश करें।",
    )
    OVER_ALREADY = ProblemKind(
        409,
        "The charge or reservation has ended already",
        "This has ended already.",
        "यह पहले ही समाप्त हो चुका है।",
    )
    NO_RECEIPT_YET = ProblemKind(
        409,
        "The CPO has sent no CDR yet",
        "The receipt is not ready yet. The station's operator sends it after the charge.",
        "रसीद अभी तैयार नहीं है। स्टेशन का संचालक इसे चार्जिंग के बाद भेजता है।",
    )
    CPO_REFUSED = ProblemKind(
        409,
        "The CPO refused",
        "The station did not accept this. Please try another charging point.",
        "स्टेशन ने इसे स्वीकार नहीं किया। कृपया कोई दूसरा चार्जिंग पॉइंट आज़माएँ।",
    )
    CPO_OFFLINE = ProblemKind(
        503,
        "The CPO can't be reached",
        "This station can't be reached at the moment. Please try another one.",
        "इस स्टेशन से अभी संपर्क नहीं हो पा रहा है। कृपया कोई दूसरा आज़माएँ।",
    )
    CPO_TIMEOUT = ProblemKind(
        504,
        "The CPO did not answer in time",
        "The station has not answered. If it starts late, we stop it for you.",
        "स्टेशन ने उत्तर नहीं दिया। यदि वह देर से शुरू होता है, तो हम उसे आपके लिए रोक देंगे।",
    )
    FAILED = ProblemKind(
        500,
        "Internal error",
        "Something went wrong on our side. Please try again later.",
        "हमारी ओर से कुछ गड़बड़ हो गई। कृपया बाद में फिर से कोशिश करें।",
    )
    UNAVAILABLE = ProblemKind(
        503,
        "Temporarily unavailable, retry later",
        "Something does not work at the moment. Please try again shortly.",
        "इस समय कुछ काम नहीं कर रहा है। कृपया थोड़ी देर में फिर से कोशिश करें।",
    )

    @property
    def type(self) -> str:
        return TYPE_PREFIX + self.name.lower().replace("_", "-")

    def message(self, language: str) -> str:
        """Return the message for the driver."""
        return self.value.hi if language == "hi" else self.value.en

    def as_json(self, detail: str, language: str) -> JsonObject:
        """Return `type`, `title`, `status`, `detail` and `message`."""
        kind = self.value
        return {
            "type": self.type,
            "title": kind.title,
            "status": kind.status,
            "detail": detail,
            "message": self.message(language),
        }


class ProblemFound(Exception):
    """Ends a request with a problem.

    `errors` are the invalid fields. A retry may succeed after `retry_after_s` seconds.
    """

    def __init__(
        self,
        problem: Problems,
        detail: str,
        *,
        retry_after_s: float | None = None,
        errors: list[JsonValue] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.retry_after_s = None if retry_after_s is None else max(1, ceil(retry_after_s))
        self.errors = errors

    def as_json(self, language: str) -> JsonObject:
        answered = self.problem.as_json(self.detail, language)
        return answered | ({"errors": self.errors} if self.errors else {})


def language_of(accept_language: str) -> str:
    """Return the member of LANGUAGES that an Accept-Language header prefers (RFC 9110), or else English."""
    liked: dict[str, float] = {}
    for each in accept_language.split(",")[:RANGES_AT_MOST]:
        match = re.fullmatch(
            r"\s*+([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,40})?\s*+(?:;\s*+q=([01](?:\.\d{0,3})?))?\s*+", each
        )
        if match:
            name = "en" if match[1] == "*" else match[1].lower()
            liked[name] = max(liked.get(name, 0.0), float(match[2] or 1))
    return max(LANGUAGES, key=lambda language: liked.get(language, 0.0))
