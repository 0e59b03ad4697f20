"""What an admin prescribes for the next commands."""

from dataclasses import asdict, dataclass
from typing import Any

from tests.hub_simulator.json_types import JsonObject


@dataclass
class Behaviour:
    """How a CPO deals with a command. What is None stays as it would be without a behaviour."""

    command: str | None = None  # only for this CommandType; none: any
    times: int = 1  # for so many commands
    response: str | None = None  # CommandResponse.result
    timeout: int | None = None  # CommandResponse.timeout, seconds
    answer_delay_s: float = 0.0  # before the CommandResponse
    result: str | None = None  # CommandResult.result
    callback: bool = True  # whether a CommandResult is sent at all
    callback_delay_s: float | None = None  # before the CommandResult
    early: bool = False  # the CommandResult comes before the CommandResponse
    copies: int = 1  # how often the same CommandResult is sent
    second_result: str | None = None  # another CommandResult after the first
    second_delay_s: float = 0.1  # before that other CommandResult
    cancel_reservation_after_s: float | None = None  # RESERVE_NOW: CANCELED_RESERVATION after so long
    callback_body: str | None = None  # sent as it is, in place of a CommandResult


class Behaviours:
    """First come, first used."""

    def __init__(self) -> None:
        self.queue: list[Behaviour] = []

    def add(self, fields: JsonObject) -> Behaviour:
        """Queue one; TypeError for a field that does not exist."""
        behaviour = Behaviour(**fields)
        self.queue.append(behaviour)
        return behaviour

    def take(self, command: str) -> Behaviour:
        """The behaviour for this command; the plain one if none was prescribed."""
        for behaviour in self.queue:
            if behaviour.command in (None, command):
                behaviour.times -= 1
                if behaviour.times <= 0:
                    self.queue.remove(behaviour)
                return behaviour
        return Behaviour()

    def report(self) -> list[dict[str, Any]]:
        """What is still to come."""
        return [asdict(behaviour) for behaviour in self.queue]
