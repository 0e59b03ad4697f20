"""The error of a START_SESSION that asks for the status of its EVSE first."""


class EvseNotAvailable(Exception):
    """No session can start at that EVSE now. The command was not sent.

    `evse_status` is the EVSE's status, or None if there is no such EVSE.
    """

    def __init__(self, message: str, evse_status: str | None = None) -> None:
        super().__init__(message)
        self.data = {"evse_status": evse_status}
