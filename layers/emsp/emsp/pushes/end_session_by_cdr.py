"""Store a CDR, and end its session, which may come later than its CDR."""

from emsp.ocpi.credit_cdrs import is_credit
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject
from emsp.pushes.duplicate_cdr import add_or_recognize
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.sessions import SessionStore


def store_cdr_and_end_session(
    cdrs: CdrStore, sessions: SessionStore, cdr: StoredCdr, value: JsonObject, *, session_has_come: bool
) -> None:
    """Store the CDR, and record it at its session, or at the CDR that it credits.

    A CDR that comes before its session creates the session's item, which then waits for the session. A new
    CDR and the end of its session are written in one transaction. If that is not possible, for example
    because the CDR is stored already, they are two writes. A repeated CDR repeats the second one, because a
    previous try may have ended between them. A session that has ended is marked too, because pushes from
    before its end may still arrive.

    Raises ContradictingObject and StoreUnavailable.
    """
    of_session = None
    if cdr.session_key and not is_credit(value):
        of_session = (cdr.session_key, cdr.object_key, str(value["end_date_time"]), cdr.received_at)
        closing = sessions.closing(*of_session, has_come=session_has_come)
        if cdrs.add_and_close(cdr, closing):
            return
    add_or_recognize(cdrs, cdr, str(id_text(value.get("id"))))
    if of_session:
        sessions.close(*of_session, has_come=session_has_come)
    if cdr.credits_key:
        cdrs.note_credit(cdr.credits_key, cdr.object_key, cdr.received_at)
