"""OCPI's status codes (status codes chapter). The Hub uses 2003 and 2004 with its own meanings."""

from enum import IntEnum


class StatusCode(IntEnum):
    SUCCESS = 1000

    CLIENT_ERROR = 2000
    INVALID_PARAMETERS = 2001
    NOT_ENOUGH_INFORMATION = 2002
    UNKNOWN_LOCATION = 2003
    UNKNOWN_TOKEN = 2004

    SERVER_ERROR = 3000
    UNUSABLE_CLIENT_API = 3001
    UNSUPPORTED_VERSION = 3002
    NO_MATCHING_ENDPOINTS = 3003

    HUB_ERROR = 4000
    UNKNOWN_RECEIVER = 4001
    FORWARDING_TIMEOUT = 4002
    CONNECTION_PROBLEM = 4003


def is_success(status_code: int) -> bool:
    """Whether the code is a success: 1000, or a custom code such as 1900 to 1999."""
    return 1000 <= status_code < 2000
