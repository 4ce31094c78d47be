"""The life of a contact: its states, the moves between them, and which of them take a slot of the caps.

    reserved -> queued -> sending -> sent -> delivered / bounced / returned / complained
    reserved, queued -> cancelled / expired          sending -> queued (definite refusal) / refused / unknown

What SES or a vendor reports arrives at least once and in any order, so the end of a contact is a function of its item and
the *set* of its feedback, never of the order.
"""

from collections.abc import Iterable

from courtesy.outcomes import ContactState
from courtesy.timeline.events import Contact, Feedback

MOVES: dict[ContactState, frozenset[ContactState]] = {
    ContactState.RESERVED: frozenset(
        {ContactState.QUEUED, ContactState.SENDING, ContactState.CANCELLED, ContactState.EXPIRED}
    ),
    ContactState.QUEUED: frozenset(
        {ContactState.SENDING, ContactState.RESERVED, ContactState.CANCELLED, ContactState.EXPIRED}
    ),
    ContactState.SENDING: frozenset(
        {
            ContactState.SENT,
            ContactState.QUEUED,
            ContactState.REFUSED,
            ContactState.UNKNOWN,
            ContactState.CANCELLED,
        }
    ),
    ContactState.UNKNOWN: frozenset({ContactState.SENT}),
}
"""The moves that a writer may make; everything later is settled by feedback. Sending -> cancelled is print's recall."""

FREE: frozenset[ContactState] = frozenset(
    {ContactState.CANCELLED, ContactState.EXPIRED, ContactState.REFUSED}
)
"""States of the item that give the slot back. Hard bounce and vendor rejection do so too, by feedback."""

OPEN: frozenset[ContactState] = frozenset({ContactState.RESERVED, ContactState.QUEUED})
"""States in which nothing has left yet, so a withdrawal or an open case still stops the contact."""

FOUND: frozenset[ContactState] = OPEN | {ContactState.SENDING}
"""States in which the `due` index still finds a contact: what was queued and never claimed, or claimed and never told of."""

# Later in this list wins, whatever came first.
_RANK: dict[str, int] = {
    "send": 1, "acknowledged": 1, "mailed": 2, "delivery": 3, "rejected": 4, "reject": 4, "rendering_failure": 4,
    "returned": 5, "bounce": 5, "complaint": 6,
}  # fmt: skip
_STATE: dict[str, ContactState] = {
    "send": ContactState.SENT,
    "mailed": ContactState.SENT,
    "delivery": ContactState.DELIVERED,
    "rejected": ContactState.REFUSED,
    "reject": ContactState.REFUSED,
    "rendering_failure": ContactState.REFUSED,
    "returned": ContactState.RETURNED,
    "bounce": ContactState.BOUNCED,
    "complaint": ContactState.COMPLAINED,
}
_SETTLED_BY_US = frozenset({ContactState.CANCELLED, ContactState.EXPIRED})


def settle(contact: Contact, feedback: Iterable[Feedback]) -> tuple[ContactState, bool]:
    """The contact's state given everything that was reported on it, and whether it takes a slot of the caps.

    A transient bounce does not end a contact and frees nothing; a permanent one frees the slot unless a complaint or a
    delivery shows that the piece did arrive. A contact that we cancelled stays cancelled unless something shows that it
    went out all the same.
    """
    state, rank, arrived, freed = contact.state, 0, False, contact.state in FREE
    for report in feedback:
        if report.type == "bounce" and not report.permanent:
            continue
        step = _RANK.get(report.type, 0)
        if report.type in ("delivery", "complaint", "open", "click", "mailed"):
            arrived = True
        if step > rank and report.type in _STATE:
            rank, state = step, _STATE[report.type]
    if contact.state in _SETTLED_BY_US and not arrived:
        return contact.state, False
    if state is ContactState.BOUNCED or state is ContactState.REFUSED:
        return state, arrived
    return state, not (freed and rank == 0)
