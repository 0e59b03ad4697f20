"""Stores and clients: every call to AWS.

boto3 is imported here, before any store, from a frame that has room for the deep imports below it.
"""

from types import FunctionType
from typing import Final

_ROOM: Final = 9_000
"""Slots of 8 bytes. CPython then gives the frame 128 KB, of which it leaves 56 KB to the frames below."""


def _import_boto3() -> None:
    import boto3  # noqa: F401, PLC0415


# Python 3.13 puts the frames of functions into chunks of 16 KB. When a call needs a further chunk, Python
# takes it from the operating system, and gives it back when the call ends. So a function that is called where
# a chunk ends takes memory for each call. An import of boto3 did so 2,000 times, which took 35 ms.
FunctionType(_import_boto3.__code__.replace(co_stacksize=_ROOM), globals())()
