"""What is pushed of a driver who was forgotten for later pushes too, without that driver.

It is done on arrival, before anything is kept. Hashes are those of what was received, so that the same push
is known again.
"""

from dataclasses import dataclass, replace

from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.pushes.accept import token_key_of
from emsp.receiver.errors import InvalidPush, MalformedBody
from emsp.receiver.request import Request
from emsp.stores.forgotten_tokens import PSEUDONYM, ForgottenTokens
from emsp.stores.rejected import RejectedPush


@dataclass(frozen=True)
class WithoutForgotten:
    """Every method raises StoreUnavailable."""

    tokens: ForgottenTokens
    our_party: PartyId

    def text(self, value: JsonObject, text: str) -> str:
        """The JSON `text` of an object without its driver; `text` itself where nobody forgot its token.
        Raises InvalidPush for another party's token.
        """
        return self._texts(value, {"body": text}).get("body", text)

    def rejected(self, request: Request, push: RejectedPush) -> RejectedPush:
        """What is refused, likewise. Where no token can be read in it, nobody can tell whose it is."""
        try:
            value, text = request.json_object(), request.text()
            changed = self._texts(value, {"body": text, "reason": push.reason})
        except (MalformedBody, InvalidPush):
            return push
        if "body" not in changed:
            return push
        # In UTF-8 now, whatever it came in.
        headers = {name: each for name, each in push.headers.items() if name.lower() != "content-type"}
        reason = changed.get("reason", push.reason)
        return replace(push, body=changed["body"].encode(), headers=headers, reason=reason)

    def _texts(self, value: JsonObject, texts: dict[str, str]) -> dict[str, str]:
        """Those of the texts that change."""
        token_key = token_key_of(value, self.our_party)
        if token_key is None:
            return {}
        uid = token_key.split("#", 2)[2]
        # A PATCH of a session whose driver is forgotten already may still bring a name or a number.
        pseudonym = uid if uid.startswith(PSEUDONYM) else self.tokens.pseudonym_of(token_key)
        if pseudonym is None:
            return {}
        from emsp.drivers.person import Person  # noqa: PLC0415  # for the few pushes that need it

        return Person(pseudonym, uids={uid}).forgotten_in(texts)
