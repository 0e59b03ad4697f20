"""All our timeouts, retry counts and pauses.

| call | timeout | tries | pause before the next try |
| --- | --- | --- | --- |
| AWS, while somebody waits (`AWS_CALL`) | 1 s to connect, 2 s to be answered | 2 | anything up to 1 s |
| AWS, in bulk (`AWS_BULK_CALL`) | 3 s to connect, 20 s to be answered | 5 | doubling, at most 20 s |
| another function, waited for (`OTHER_FUNCTION`) | 3 s to connect, 300 s to be answered | 1 | |
| unprocessed items of a DynamoDB batch (`UNPROCESSED_ITEMS`) | | 8 | up to 0.05 s, doubling, at most 5 s |
| a transaction conflict (`TRANSACTION_CONFLICT`) | | 5 | 0.05 s |
| a session that another writer changed (`SESSION_CONFLICT`) | | 8 | none: the newer item is in the error |
| the count of a rejected push that another writer raised (`COUNT_CONFLICT`) | | 5 | none |
| our inbound tokens that another writer changed (`TOKENS_CONFLICT`) | | 5 | none |
| storing a CPO's answer to a command (`ANSWER_KEPT`) | | 4 | 0.2 s, doubling, at most 0.8 s |
| the Hub, to read (`HUB_CALL`) | 10 s, or 25 s for a page | 3 | up to 0.2 s, doubling, at most 3 s |
| the Hub, to authorize a token | 10 s | 3, but 1 once it has answered | likewise |
| the Hub, a command or credentials | 10 s or 30 s | 3, while it certainly did not arrive | likewise |
| the CPO's result of a command (`commands/result_timeout.py`) | the CPO's own, and 10 s | | |
| redirects of one call to the Hub (`HUB_REDIRECTS`) | | 3 | none |

One deadline ends a call to the Hub with all its waits, retries and redirects, so that the Lambda can still
answer. Without a deadline it is `HUB_CALL_S`. `hub/retries.py` defines which failures may be retried.

A receiver that loses more races than these answers 5xx, so that the Hub sends the push again.

boto3 itself retries calls to AWS (standard mode: throttling, server errors and broken connections, never a
refusal). One call with `AWS_CALL` takes less than `AWS_CALL.seconds_at_most`.
"""

from typing import Final, NamedTuple


class AwsTimeouts(NamedTuple):
    """The limits of a call to AWS: seconds to connect, seconds to wait for the answer, and the number of
    tries.
    """

    connect_s: float
    read_s: float
    tries: int

    @property
    def seconds_at_most(self) -> float:
        """The longest time of a call in seconds, including boto3's pauses: up to 1 s, 2 s, 4 s, ..., each at
        most 20 s.
        """
        pauses = sum(min(20.0, 2.0**tried) for tried in range(self.tries - 1))
        return self.tries * (self.connect_s + self.read_s) + pauses


class Tries(NamedTuple):
    """The number of tries, and the pause between them: `pause_s`, doubled each time, at most
    `longest_pause_s`.
    """

    tries: int
    pause_s: float = 0.0
    longest_pause_s: float = 0.0

    def pause_after(self, failed_tries: int) -> float:
        """Return the longest pause after this many failed tries, in seconds.

        If many callers may retry at the same time, wait a random part of it.
        """
        return min(self.longest_pause_s, self.pause_s * 2.0 ** (failed_tries - 1))


AWS_CALL: Final = AwsTimeouts(connect_s=1, read_s=2, tries=2)
AWS_BULK_CALL: Final = AwsTimeouts(connect_s=3, read_s=20, tries=5)
OTHER_FUNCTION: Final = AwsTimeouts(connect_s=3, read_s=300, tries=1)
UNPROCESSED_ITEMS: Final = Tries(8, pause_s=0.05, longest_pause_s=5.0)
TRANSACTION_CONFLICT: Final = Tries(5, pause_s=0.05, longest_pause_s=0.05)
SESSION_CONFLICT: Final = Tries(8)
COUNT_CONFLICT: Final = Tries(5)
TOKENS_CONFLICT: Final = Tries(5)
ANSWER_KEPT: Final = Tries(4, pause_s=0.2, longest_pause_s=0.8)
TOKENS_LOOK_S: Final = 0.25
"""If a receiver has read our inbound tokens within this time, in seconds, it does not read them again for an
unknown token.
"""
TOKEN_ISSUED_S: Final = 0.3
"""The time in seconds between storing a new token and sending it, so that every receiver finds it."""

HUB_CALL: Final = Tries(3, pause_s=0.2, longest_pause_s=3.0)
HUB_CONNECT_S: Final = 3.0
HUB_READ_S: Final = 10.0
HUB_LIST_READ_S: Final = 25.0
"""The read timeout of a page, in seconds. The Hub takes longer for it than for a real-time answer."""
HUB_CREDENTIALS_READ_S: Final = 30.0
"""The read timeout of credentials, in seconds. The Hub reads our versions before it answers."""
HUB_CALL_S: Final = 25.0
HUB_IDLE_S: Final = 20.0
"""A connection that was idle for longer, in seconds, is not reused, because the Hub may have closed it."""
HUB_REDIRECTS: Final = 3
