"""The error for a START_SESSION with `"check": true` at an EVSE that is not available."""


class EvseNotAvailable(Exception):
    """No session can start at the EVSE now. The command was not sent.

    `evse_status` is its status, or None if there is no such EVSE.
    """

    def __init__(self, message: str, evse_status: str | None = None) -> None:
        super().__init__(message)
        self.data = {"evse_status": evse_status}
