"""Prescribed behaviours for the next commands."""

from dataclasses import asdict, dataclass
from typing import Any

from tests.hub_simulator.json_types import JsonObject


@dataclass
class Behaviour:
    """How a CPO processes a command. None means the default."""

    command: str | None = None  # only for this CommandType; none: any
    times: int = 1  # for how many commands
    response: str | None = None  # CommandResponse.result
    timeout: int | None = None  # CommandResponse.timeout, seconds
    answer_delay_s: float = 0.0  # seconds before the CommandResponse
    result: str | None = None  # CommandResult.result
    callback: bool = True  # whether a CommandResult is sent at all
    callback_delay_s: float | None = None  # seconds before the CommandResult
    early: bool = False  # the CommandResult comes before the CommandResponse
    copies: int = 1  # how often the same CommandResult is sent
    second_result: str | None = None  # another CommandResult after the first
    second_delay_s: float = 0.1  # seconds before that other CommandResult
    cancel_reservation_after_s: float | None = None  # of RESERVE_NOW: seconds until CANCELED_RESERVATION
    callback_body: str | None = None  # sent unchanged instead of a CommandResult


class Behaviours:
    """A queue of behaviours."""

    def __init__(self) -> None:
        self.queue: list[Behaviour] = []

    def add(self, fields: JsonObject) -> Behaviour:
        """Queue a behaviour. Raises TypeError for an unknown field."""
        behaviour = Behaviour(**fields)
        self.queue.append(behaviour)
        return behaviour

    def take(self, command: str) -> Behaviour:
        """The behaviour for this command; the default one if none was prescribed."""
        for behaviour in self.queue:
            if behaviour.command in (None, command):
                behaviour.times -= 1
                if behaviour.times <= 0:
                    self.queue.remove(behaviour)
                return behaviour
        return Behaviour()

    def report(self) -> list[dict[str, Any]]:
        """The behaviours that no command has used yet."""
        return [asdict(behaviour) for behaviour in self.queue]
