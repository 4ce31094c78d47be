"""The life of a contact: its states, the moves between them, and which of them take a slot of the caps.

    reserved -> queued -> sending -> sent -> delivered / bounced / returned / complained
    reserved, queued -> cancelled / expired          sending -> queued (definite refusal) / refused / unknown
    cancelled by an open case -> reserved (decided anew once the case is closed)

What SES or a vendor reports arrives at least once and in any order, so the end of a contact is a function of its item and
the *set* of its feedback, never of the order.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from courtesy.outcomes import ContactState
from courtesy.timeline.events import Contact, Feedback

FREE: frozenset[ContactState] = frozenset(
    {ContactState.CANCELLED, ContactState.EXPIRED, ContactState.REFUSED}
)
"""States of the item that give the slot back. Hard bounce and vendor rejection do so too, by feedback."""

OPEN: frozenset[ContactState] = frozenset({ContactState.RESERVED, ContactState.QUEUED})
"""States in which nothing has left yet, so a withdrawal or an open case still stops the contact."""

FOUND: frozenset[ContactState] = OPEN | {ContactState.SENDING}
"""States in which the `due` index always finds a contact: what was queued and never claimed, or claimed and never told of."""


def found(contact: Contact) -> bool:
    """Whether the `due` index finds a contact: until it ends, is settled or closed, or its recall is answered."""
    match contact.state:
        case ContactState.UNKNOWN:
            return contact.claim != ""
        case ContactState.SENT:
            return contact.recall in ("wanted", "asked")
    return contact.state in FOUND


# What was reported, by how much it tells: later in this list wins, whatever came first.
_SETTLES: dict[str, tuple[int, ContactState]] = {
    **dict.fromkeys(
        ("send", "delivery_delay", "open", "click", "subscription", "mailed"), (1, ContactState.SENT)
    ),
    "delivery": (2, ContactState.DELIVERED),
    **dict.fromkeys(("rejected", "reject", "rendering_failure"), (3, ContactState.REFUSED)),
    "returned": (4, ContactState.RETURNED),
    "bounce": (5, ContactState.BOUNCED),
    "complaint": (6, ContactState.COMPLAINED),
}
_ARRIVED = frozenset({"delivery", "complaint", "open", "click", "mailed", "returned"})
"""Reports after which a bounce or a rejection gives no slot back: the piece was on its way to the customer's hands."""
_WENT_OUT = _ARRIVED | {"send", "bounce", "delivery_delay", "subscription"}
"""Reports that only come when the provider has taken the piece."""
_SETTLED_BY_US = frozenset({ContactState.CANCELLED, ContactState.EXPIRED})


def settle(contact: Contact, feedback: Iterable[Feedback]) -> tuple[ContactState, bool]:
    """The contact's state given everything that was reported on it, and whether it takes a slot of the caps.

    A transient bounce ends nothing and frees nothing, it only shows that the provider took the piece (so it settles
    `unknown`); a permanent one frees the slot unless something shows that the piece did arrive. A contact that we
    cancelled stays cancelled unless something shows that it went out all the same.
    """
    state, rank, arrived, went_out = contact.state, 0, False, False
    for report in feedback:
        kind = report.type
        arrived = arrived or kind in _ARRIVED
        went_out = went_out or kind in _WENT_OUT
        step = _SETTLES.get(kind)
        if kind == "bounce" and not report.permanent:
            step = _SETTLES["send"]
        if step is not None and step[0] > rank:
            rank, state = step
    if contact.state in _SETTLED_BY_US and not went_out:
        return contact.state, False
    if state is ContactState.BOUNCED or state is ContactState.REFUSED:
        return state, arrived
    return state, rank > 0 or state not in FREE


_BROUGHT = "brought to "


def trace_of(contact: Contact, customer_id: str) -> Contact:
    """What stays where a split took a contact away: nothing that is sent, counted or decided again, and whose it is now."""
    return replace(
        contact, state=ContactState.CANCELLED, claim="", recall="", reason=f"{_BROUGHT}{customer_id}"
    )


def brought_to(contact: Contact) -> str:
    """The customer to whom a split brought this contact; empty where it is no trace of one."""
    return contact.reason.removeprefix(_BROUGHT) if contact.reason.startswith(_BROUGHT) else ""
