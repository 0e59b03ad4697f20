"""Remove forgotten drivers from later pushes, before anything is stored.

Hashes are computed from the push as it was received, so that a repeated push is recognized.
"""

from copy import replace
from typing import NamedTuple

from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.pushes.billed_token import token_key_of
from emsp.receiver.errors import InvalidPush, MalformedBody
from emsp.receiver.request import Request
from emsp.stores.forgotten_tokens import PSEUDONYM, ForgottenTokens
from emsp.stores.rejected import RejectedPush


class RemoveForgotten(NamedTuple):
    """Replaces a forgotten driver in later pushes. All methods raise StoreUnavailable."""

    tokens: ForgottenTokens
    our_party: PartyId

    def text(self, value: JsonObject, text: str) -> str:
        """Return the JSON `text` of an object without its driver. If its token is not forgotten, return
        `text`.

        Raises InvalidPush for a token of another party.
        """
        return self._texts(value, {"body": text}).get("body", text)

    def rejected(self, request: Request, push: RejectedPush) -> RejectedPush:
        """Return a rejected push without its driver. If its token can't be read, return it unchanged."""
        try:
            value, text = request.json_object(), request.text()
            changed = self._texts(value, {"body": text, "reason": push.reason})
        except (MalformedBody, InvalidPush):
            return push
        if "body" not in changed:
            return push
        # The text is now in UTF-8, whatever the charset of the push.
        headers = {name: each for name, each in push.headers.items() if name.lower() != "content-type"}
        reason = changed.get("reason", push.reason)
        return replace(push, body=changed["body"].encode(), headers=headers, reason=reason)

    def _texts(self, value: JsonObject, texts: dict[str, str]) -> dict[str, str]:
        """Return the texts that change, by name."""
        token_key = token_key_of(value, self.our_party)
        if token_key is None:
            return {}
        uid = token_key.split("#", 2)[2]
        # A PATCH may contain a name or a number of a driver who is already forgotten.
        pseudonym = uid if uid.startswith(PSEUDONYM) else self.tokens.pseudonym_of(token_key)
        if pseudonym is None:
            return {}
        from emsp.drivers.pseudonymize_driver import Person  # noqa: PLC0415  # few pushes need it

        return Person(pseudonym, uids={uid}).forgotten_in(texts)
