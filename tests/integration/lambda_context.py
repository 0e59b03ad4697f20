"""Lambda's context object."""


class Context:
    """So many seconds are left each time it is asked. The last number stays. Without any it is 600."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds) or [600.0]

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]))
