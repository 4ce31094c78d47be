"""What arriving at another customer does to contacts: which go there anew, and which have gone on since they came."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from courtesy.outcomes import ContactState
from courtesy.timeline.contacts import FREE, OPEN, brought_to
from courtesy.timeline.events import Contact, Event, event_key


def caught_up(
    contacts: Sequence[Contact], timeline: Sequence[Event], elsewhere: Collection[str] = ()
) -> list[tuple[Contact, ContactState, str]]:
    """The moves of contacts that arrived here before and have gone on since where they came from.

    Until the customer they leave redirects, their contacts may be claimed, sent or cancelled there, so a later attempt
    finds them changed. What waited when it was brought here must not be sent a second time.

    elsewhere: contacts that go to somebody else now; an earlier attempt may have brought a copy of one here, to wait
    """
    here = {event.id: event for event in timeline if isinstance(event, Contact)}
    moved = []
    for contact in contacts:
        held = here.get(contact.id)
        if held is None:
            continue
        if brought_to(contact):
            if contact.id in elsewhere and held.state in OPEN:
                moved.append((replace(contact, occurrence=held.occurrence), held.state, held.claim))
            continue
        if brought_to(held):  # it comes back to where a split had taken it from
            moved.append((replace(_waiting(contact), occurrence=held.occurrence), held.state, held.claim))
            continue
        if contact.state in OPEN:
            continue
        state = _waiting(contact).state
        waits = held.state in OPEN
        stopped = held.state in (ContactState.CANCELLED, ContactState.EXPIRED) and state not in FREE
        told = held.state is ContactState.UNKNOWN and state in (ContactState.SENT, ContactState.REFUSED)
        if waits or stopped or told:
            moved.append((replace(contact, state=state, occurrence=held.occurrence), held.state, held.claim))
    return moved


def settled(contacts: Sequence[Contact], timeline: Sequence[Event]) -> list[Contact]:
    """The contacts that are not on the timeline yet, as they go there.

    What waits in a queue waits anew, for its message names the customer it left; what is being sent becomes unknown until
    the provider tells. Where both customers have a contact of the same trigger and occurrence, the unsent one of the
    two is not sent a second time, and both stay on record.
    """
    here = {event.id for event in timeline if isinstance(event, Contact)}
    taken = {event_key(event) for event in timeline if isinstance(event, Contact)}
    arriving = []
    for contact in contacts:
        if contact.id in here:
            continue
        second = f"~{contact.id[:12]}"
        moved = _waiting(replace(contact, occurrence=contact.occurrence.removesuffix(second)))
        if event_key(moved) in taken:
            moved = replace(moved, occurrence=moved.occurrence + second)
            if moved.state is ContactState.RESERVED:
                moved = replace(moved, state=ContactState.CANCELLED, reason="merged")
        taken.add(event_key(moved))
        arriving.append(moved)
    return arriving


def _waiting(contact: Contact) -> Contact:
    """A contact as it arrives: what was queued waits anew, what is being sent has an unknown outcome."""
    if contact.state is ContactState.QUEUED:
        return replace(contact, state=ContactState.RESERVED, claim="")
    if contact.state is ContactState.SENDING:
        return replace(contact, state=ContactState.UNKNOWN)
    return contact
