"""Group the CDRs of a month by charge. Only their keys are needed.

A CDR belongs to the month in which it ended, so it is settled once, whatever arrives later. The CDRs of one
session form one charge. A credit CDR belongs to the charge of the CDR that it credits.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from emsp.stores.cdrs import CdrLink


@dataclass
class ChargeGroups:
    """The CDRs of a month by charge.

    Only charges with several CDRs use memory for a list, because most charges have one CDR.
    """

    _charge_of: dict[str, str] = field(default_factory=dict)
    _together: dict[str, list[str]] = field(default_factory=dict)
    _listed_by: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, links: Iterable[CdrLink], session_of: Callable[[str], str | None]) -> "ChargeGroups":
        """Group the CDRs. `session_of` returns the session key of a CDR that ended in another month."""
        groups = cls()
        crediting: list[tuple[str, str]] = []
        for link in links:
            if link.credits_key:
                crediting.append((link.object_key, link.credits_key))
            groups._charge_of[link.object_key] = link.session_key or link.object_key
        for key, credited in crediting:
            # A credit belongs to the charge of the CDR that it credits, even if it names another session.
            known = groups._charge_of.get(credited) or session_of(credited)
            groups._charge_of[key] = known or groups._charge_of[key]
        first: dict[str, str] = {}
        for key, charge in groups._charge_of.items():
            if first.setdefault(charge, key) != key:
                groups._together.setdefault(charge, [first[charge]]).append(key)
        return groups

    def __contains__(self, key: str) -> bool:
        return key in self._charge_of

    def charge_of(self, key: str) -> str:
        """Return the key of the CDR's charge: the key of its session, or of the CDR itself without a
        session.
        """
        return self._charge_of[key]

    def listed_by(self, key: str) -> str | None:
        """Return the key of the CDR whose row has the CDR's charge, or None if it is not known yet."""
        return self._listed_by.get(self._charge_of[key])

    def list_by(self, key: str) -> None:
        """Record that the row of this CDR has the charge. The charge's other CDRs then need not be read for
        that.
        """
        self._listed_by[self._charge_of[key]] = key

    def with_it(self, key: str) -> list[str]:
        """Return the keys of the other CDRs of the charge that ended in the month."""
        return [each for each in self._together.get(self._charge_of[key], ()) if each != key]
