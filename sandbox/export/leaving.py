"""What is said before sessions leave the app: a text in them looks like a real person's details."""

from collections.abc import Collection

from sandbox.engine.history import turn_labels
from sandbox.library.suspect_words import personal
from sandbox.store.history import said_in
from sandbox.store.session import lineage
from sandbox.store.store import Store
from sandbox.text import excerpt


def details_leaving(store: Store, sessions: Collection[str]) -> str:
    """A warning that names the first such detail in what was said in the sessions, and where; “” for none.

    Addresses, numbers and whole dates are looked for; a name alone is not found.
    """
    with store.reading() as db:
        said = said_in(db, lineage(db, sessions))
        found = next(
            ((session, turn, detail) for session, turn, text in said if (detail := personal(text))), None
        )
    if found is None:
        return ""
    session, turn, detail = found
    label = turn_labels(store.history(session).turns).get(turn, str(turn))
    return (
        f"“{excerpt(detail, 60)}” ({session}, {label}) looks like a real person's details. Read the"
        " transcript before you pass it on: this check does not find names."
    )
