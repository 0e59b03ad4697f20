"""Add to a request what our tables know.

A request may omit the CPO, most of the token, and the session or reservation of an earlier command.
"""

from collections.abc import Callable
from copy import replace
from datetime import UTC, datetime
from typing import NamedTuple

from emsp.commands.read_request import CommandRequest
from emsp.commands.session_links import AFTER_COMMAND
from emsp.connection.routing import owner_of
from emsp.invocation import InvalidInvocation
from emsp.ocpi.commands import CommandType
from emsp.ocpi.json_text import JsonObject, as_object, parse_json
from emsp.ocpi.parties import PartyId
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore, UnknownCommand
from emsp.stores.owners import OwnerStore
from emsp.tokens.complete_token import Issuer, completed, lacks


class NoSessionYet(LookupError):
    """The session of that START_SESSION has not arrived yet: try again shortly, or give session_id and to."""


class CompleteRequest(NamedTuple):
    """Looks up the missing fields."""

    commands: CommandStore
    sessions: OwnerStore
    locations: OwnerStore
    tokens: AuthorizedTokens
    issuer: Issuer
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, request: CommandRequest) -> CommandRequest:
        """Return the complete request. Raises InvalidInvocation, NoSessionYet and StoreUnavailable."""
        return self._with_token(self._with_receiver(request))

    def _with_token(self, request: CommandRequest) -> CommandRequest:
        asked = request.asked_token
        if asked is None or not lacks(asked):
            return request
        now = self.now()
        known = self.tokens.read(self.issuer.party, str(asked["uid"]), now)
        token = completed(self.issuer, now, known, asked)
        if unknown := lacks(token):
            raise InvalidInvocation(
                f"{request.command} was not sent: the token's {' and '.join(unknown)} is not known, as there "
                "is no recent authorization of it: authorize the token first (authorize_token), or give "
                "token with uid, type and contract_id"
            )
        return replace(request, ocpi_object=request.ocpi_object | {"token": token})

    def _with_receiver(self, request: CommandRequest) -> CommandRequest:
        if request.earlier_command_id:
            return self._ending(request, self._earlier(request.earlier_command_id))
        if request.to is not None:
            return request
        to = None
        if request.command is CommandType.STOP_SESSION:
            to = owner_of(self.sessions, request.field("session_id"))
        elif request.command is CommandType.CANCEL_RESERVATION:
            reserved = self.commands.of_reservation(request.field("reservation_id"))
            to = PartyId.named(reserved.to) if reserved else None
        elif request.field("location_id"):
            to = owner_of(self.locations, request.field("location_id"))
        return replace(request, to=to)

    def _earlier(self, command_id: str) -> CommandRecord:
        try:
            return self.commands.get(command_id)
        except UnknownCommand as error:
            raise InvalidInvocation(str(error)) from None

    def _ending(self, request: CommandRequest, earlier: CommandRecord) -> CommandRequest:
        if request.command is CommandType.CANCEL_RESERVATION:
            reservation_id = as_object(parse_json(earlier.body)).get("reservation_id")
            if reservation_id is None:
                raise InvalidInvocation(
                    f"command {earlier.command_id} is a {earlier.command}, which reserves nothing"
                )
            ended: JsonObject = {"reservation_id": reservation_id}
            return replace(request, ocpi_object=ended, to=request.to or PartyId.named(earlier.to))
        if earlier.further:
            earlier = self.commands.get(earlier.further)
        elif not earlier.session_id:
            earlier = self._tapped_twice(earlier) or earlier
        if not earlier.session_id:
            raise NoSessionYet(
                f"command {earlier.command_id} ({earlier.command}, {earlier.state}) has no session yet: "
                "try again when it has arrived, or give session_id and to"
            )
        country_code, party_id, _ = earlier.session_key.split("#", 2)
        return replace(
            request,
            ocpi_object={"session_id": earlier.session_id},
            to=request.to or PartyId(country_code, party_id),
        )

    def _tapped_twice(self, asked: CommandRecord) -> CommandRecord | None:
        """Return the START_SESSION of another tap of the same driver that has the session.

        Taps belong together if they have the same token and place, and are close in time. Return None if
        there is no such command, or if they led to several sessions.
        """
        if asked.command != CommandType.START_SESSION or not asked.token_key:
            return None
        around = self.commands.of_token(
            asked.token_key, asked.created_at - AFTER_COMMAND, asked.created_at + AFTER_COMMAND
        )
        place = (asked.to, asked.location_id.upper(), asked.evse_uid.upper())
        others = [
            each
            for each in around
            if each.command == asked.command
            and each.session_key
            and (each.to, each.location_id.upper(), each.evse_uid.upper()) == place
        ]
        return others[0] if len({each.session_key for each in others}) == 1 else None
