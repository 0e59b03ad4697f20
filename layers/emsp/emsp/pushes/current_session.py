"""Return the current state of a stored session."""

from emsp.ocpi.json_text import JsonObject, stored_object
from emsp.pushes.merge_session import closed_by_cdr
from emsp.stores.sessions import StoredSession


def current_session(stored: StoredSession) -> JsonObject:
    """Return the session as its CPO pushed it. If only its CDR has ended it, return it as COMPLETED."""
    value = stored_object(stored.body, f"session {stored.object_key}")
    return value if stored.closed_by_cdr is None else closed_by_cdr(value, stored.closed_at)
