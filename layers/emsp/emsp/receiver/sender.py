"""The party that sends an object, by the token and the routing headers (OCPI 2.2.1 "Message Routing
Headers").
"""

from typing import Final

from emsp.ocpi.headers import FROM_COUNTRY_CODE, FROM_PARTY_ID, TO_COUNTRY_CODE, TO_PARTY_ID
from emsp.ocpi.parties import PartyId
from emsp.receiver.errors import InvalidPush
from emsp.receiver.request import Request

LONGEST_PART: Final = 32
"""The number of characters of a header that we read and quote. OCPI allows 2 for a country and 3 for a party.
"""


def check_sender(request: Request, owner: PartyId, *harmless: PartyId) -> None:
    """Raise InvalidPush unless the caller may speak for `owner` and the headers name `owner` as the sender.

    The headers may also be absent, or name the Hub itself or a party in `harmless`.
    """
    speaks_for = request.caller.speaks_for if request.caller else None
    if speaks_for is not None and str(owner) not in speaks_for:
        raise InvalidPush(f"country_code and party_id: this connection may not push objects of {owner}")
    sender = sender_of(request, owner)
    if sender not in (owner, *harmless):
        raise InvalidPush(f"{FROM_PARTY_ID}: {sender} is not {owner}, whose object this is")


def may_read(request: Request, owner: PartyId, *harmless: PartyId) -> bool:
    """Whether the caller may read objects of `owner`. The rule is the same as for pushing them."""
    try:
        check_sender(request, owner, *harmless)
    except InvalidPush:
        return False
    return True


def sender_of(request: Request, owner: PartyId) -> PartyId:
    """Return the party that the headers name as the sender; `owner` if they name none, or name the Hub
    itself.
    """
    return _named(request, FROM_COUNTRY_CODE, FROM_PARTY_ID, owner)


def receiver_of(request: Request, us: PartyId) -> PartyId:
    """Return the party that the headers name as the receiver; `us` if they name none, or name the Hub
    itself.
    """
    return _named(request, TO_COUNTRY_CODE, TO_PARTY_ID, us)


def _named(request: Request, country_header: str, party_header: str, otherwise: PartyId) -> PartyId:
    country_code = request.headers.get(country_header, "").strip()[:LONGEST_PART]
    party_id = request.headers.get(party_header, "").strip()[:LONGEST_PART]
    party = PartyId(country_code or otherwise.country_code, party_id or otherwise.party_id)
    hubs = request.caller.hub_parties if request.caller else ()
    return otherwise if str(party) in hubs else party
