"""Settle: what became of an attempt to send, what SES or a vendor reported, and stopping what has not left yet.

Each is one transaction of the contact (or the report) and its effect on the profile; each may come twice.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from courtesy.decisions.claim import forbidden
from courtesy.decisions.effects import ATTEMPTS, Step, untouched, write_contacts, write_folded
from courtesy.decisions.policy import Policy, policy_of
from courtesy.decisions.whereabouts import holder
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState, Reason
from courtesy.ports import CustomerStore
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.contacts import OPEN, brought_to
from courtesy.timeline.events import COURTESY, Contact, Event, Feedback, event_key
from courtesy.timeline.profile import Profile

UNSETTLED_AFTER = timedelta(hours=24)
"""How long a contact of unknown outcome waits for a report before it is closed or shown to a person."""

RECALLABLE = timedelta(days=5)
"""How long after its claim a printed piece is asked back."""

PRINTED = frozenset({"letter", "postcard"})
"""Channels whose pieces wait at a vendor before they leave."""

_LEFT = frozenset({"mailed", "rejected", "returned"})
"""A vendor's reports after which a recall has no point."""

Recorded = Literal["recorded", "lost"]
"""`lost`: the contact no longer carries this claim, so somebody else settled it."""


def record_sent(
    store: CustomerStore,
    customer_id: str,
    contact: Contact,
    provider_id: str,
    now: datetime,
    *,
    mailing: str = "",
) -> Recorded:
    """The provider took the contact: sending -> sent. `contact` as the claim gave it. Raises Conflict."""
    return _move(
        store,
        customer_id,
        contact,
        lambda held: msgspec.structs.replace(
            held,
            state=ContactState.SENT,
            provider_id=provider_id,
            mailing=mailing or held.mailing,
            reason="",
            due=now,
        ),
    )


def record_refused(
    store: CustomerStore,
    customer_id: str,
    contact: Contact,
    reason: str,
    now: datetime,
    *,
    retry_at: datetime | None = None,
) -> Recorded:
    """The provider definitely did not take it: sending -> queued with a later due date (`retry_at`), or -> refused."""
    if retry_at is not None:
        return _move(
            store,
            customer_id,
            contact,
            lambda held: msgspec.structs.replace(
                held,
                state=ContactState.QUEUED,
                claim="",
                sent=None,
                reason=reason,
                due=retry_at,
                planned=retry_at + (held.planned - (held.sent or held.planned)),
            ),
        )
    return _move(
        store,
        customer_id,
        contact,
        lambda held: msgspec.structs.replace(held, state=ContactState.REFUSED, reason=reason, due=now),
    )


def record_unknown(
    store: CustomerStore, customer_id: str, contact: Contact, reason: str, now: datetime
) -> Recorded:
    """Nobody can tell whether it went out: sending -> unknown. It stays counted and is never sent again."""
    return _move(
        store,
        customer_id,
        contact,
        lambda held: msgspec.structs.replace(
            held, state=ContactState.UNKNOWN, reason=reason, due=now + UNSETTLED_AFTER
        ),
    )


def apply_feedback(
    store: CustomerStore, customer_id: str, feedback: Feedback, now: datetime
) -> Profile | None:
    """Write a report and what follows from it in one transaction; the profile after it. A repeated one changes nothing.

    It goes to the customer who has the contact now, None where there is none. A report that closes an address cancels what
    was still to go there. Raises Conflict.
    """
    here = False

    def make(_: Profile, timeline: list[Event]) -> Step | None:
        nonlocal here
        key = event_key(feedback)
        contacts = [event for event in timeline if isinstance(event, Contact)]
        here = any(c.id == feedback.contact and not brought_to(c) for c in contacts)
        if not here or any(event_key(event) == key for event in timeline):
            return None
        ends = (feedback.type == "bounce" and feedback.permanent) or feedback.type in (
            "complaint",
            "returned",
        )
        waiting = [
            c
            for c in contacts
            if ends and feedback.address and c.state in OPEN and c.address == feedback.address
        ]
        return Step(new=[feedback], moved=cancelled(waiting, Reason.ADDRESS_CLOSED.value, now))

    for _ in range(ATTEMPTS):
        profile = write_folded(store, customer_id, make)
        if here:
            return profile
        customer_id = holder(store, profile.customer_id, feedback.contact)
        if customer_id == profile.customer_id:
            return None
    raise Conflict(f"the contact was brought to others {ATTEMPTS} times in a row; try again")


def cancel(
    store: CustomerStore, customer_id: str, trigger: str, occurrence: str, reason: str, now: datetime
) -> bool:
    """Cancel a contact that has not left yet; whether it was. Raises Conflict."""
    return _end(store, customer_id, trigger, occurrence, ContactState.CANCELLED, reason, now)


def expire(store: CustomerStore, customer_id: str, trigger: str, occurrence: str, now: datetime) -> bool:
    """End a contact that has not left and is no longer useful; whether it was ended. Raises Conflict."""
    return _end(store, customer_id, trigger, occurrence, ContactState.EXPIRED, Reason.EXPIRED.value, now)


def stop_open_contacts(
    store: CustomerStore, customer_id: str, rulebook: Rulebook | Policy, now: datetime
) -> list[Contact]:
    """Cancel every contact that has not left and that permission, person, a case or a closed address now stops.

    Pieces that wait at the print vendor are marked to be recalled.

    To be called when a case opens or a permission is withdrawn, so that the plan shows it at once; the claim would stop
    them anyway. Returns those cancelled. Raises Conflict.
    """
    policy = rulebook if isinstance(rulebook, Policy) else policy_of(rulebook)
    stopped: list[Contact] = []

    def make(profile: Profile, timeline: list[Event]) -> Step | None:
        stopped.clear()
        moved = stopped_by_law(profile, timeline, policy, now)
        stopped.extend(contact for contact, _, _ in moved if contact.state is ContactState.CANCELLED)
        return Step(moved=moved) if moved else None

    write_folded(store, customer_id, make)
    return stopped


def stopped_by_law(
    profile: Profile, timeline: Sequence[Event], policy: Policy, now: datetime
) -> list[tuple[Contact, ContactState, str]]:
    """The moves that stop what has not left, or may be asked back, and what the law, as the profile is now, forbids."""
    moved = []
    for event in timeline:
        if isinstance(event, Contact) and (event.state in OPEN or may_be_recalled(event, timeline, now)):
            finding = forbidden(event, profile, policy, now)
            if finding is not None:
                moved += stopping([event], timeline, finding.reason.value, now)
    return moved


def may_be_recalled(contact: Contact, timeline: Sequence[Event], now: datetime) -> bool:
    """Whether a piece is at the print vendor, was not asked back yet, and nothing reported says that it has left."""
    return (
        contact.channel in PRINTED
        and contact.state in (ContactState.SENDING, ContactState.SENT)
        and not contact.recall
        and contact.sent is not None
        and now < contact.sent + RECALLABLE
        and not answered(contact, timeline)
    )


def answered(contact: Contact, timeline: Sequence[Event]) -> bool:
    """Whether the vendor reported a piece as gone or as never printed."""
    return any(
        isinstance(event, Feedback) and event.contact == contact.id and event.type in _LEFT
        for event in timeline
    )


def stopping(
    contacts: Iterable[Contact], timeline: Sequence[Event], reason: str, now: datetime
) -> list[tuple[Contact, ContactState, str]]:
    """The moves that stop these contacts: what has not left is cancelled, what waits at the print vendor is to be recalled.

    A piece whose mailing is being made keeps its due date, so that a lost attempt is still found; it is recalled once the
    mailing is announced.
    """
    moves = []
    for contact in contacts:
        if contact.state in OPEN:
            moves += cancelled([contact], reason, now)
        elif may_be_recalled(contact, timeline, now):
            due = contact.due if contact.state is ContactState.SENDING else now
            wanted = msgspec.structs.replace(contact, recall="wanted", reason=reason, due=due)
            moves.append((wanted, contact.state, contact.claim))
    return moves


def settle_by_person(
    store: CustomerStore, customer_id: str, contact_id: str, went_out: bool, now: datetime
) -> bool:
    """A person found out whether a contact of unknown outcome went out; False where it is no such contact (any more).

    It ends as sent, or as refused, which gives its slot back; it is never sent again. Raises Conflict.
    """
    done = False

    def make(_: Profile, timeline: list[Event]) -> Step | None:
        nonlocal done
        held = next((e for e in timeline if isinstance(e, Contact) and e.id == contact_id), None)
        done = held is not None and held.state is ContactState.UNKNOWN and held.claim != ""
        if held is None or not done:
            return None
        word = Feedback(
            source=COURTESY,
            id=f"{contact_id}/settled",
            when=now,
            contact=contact_id,
            channel=held.channel,
            type="send" if went_out else "reject",
        )
        closed = msgspec.structs.replace(held, claim="", reason="settled by a person", due=now)
        return Step(new=[word], moved=[(closed, held.state, held.claim)])

    write_folded(store, customer_id, make)
    return done


def cancelled(
    contacts: Sequence[Contact], reason: str, now: datetime
) -> list[tuple[Contact, ContactState, str]]:
    """The moves that cancel these contacts."""
    return [
        (
            msgspec.structs.replace(c, state=ContactState.CANCELLED, reason=reason, due=now),
            c.state,
            c.claim,
        )
        for c in contacts
    ]


def _end(
    store: CustomerStore,
    customer_id: str,
    trigger: str,
    occurrence: str,
    state: ContactState,
    reason: str,
    now: datetime,
) -> bool:
    for _ in range(ATTEMPTS):
        profile, version = store.read_profile(customer_id)
        held = store.read_contact(profile.customer_id, trigger, occurrence)
        if held is None or held.state not in OPEN:
            return False
        after = msgspec.structs.replace(held, state=state, reason=reason, due=now)
        step = Step(moved=[(after, held.state, held.claim)])
        reported = not untouched(profile, held, ContactState.RESERVED)
        if write_contacts(store, profile, version, step, reported=reported) == "committed":
            return True
    raise Conflict(f"the customer was changed by others {ATTEMPTS} times in a row; try again")


def _move(
    store: CustomerStore, customer_id: str, contact: Contact, make: Callable[[Contact], Contact]
) -> Recorded:
    for _ in range(ATTEMPTS):
        profile, version = store.read_profile(customer_id)
        held = store.read_contact(profile.customer_id, contact.trigger, contact.occurrence)
        if held is None or held.state is not ContactState.SENDING or held.claim != contact.claim:
            return "lost"
        after = make(held)
        # What was reported meanwhile shows in the profile; then only the whole timeline tells the state.
        plain = after.state in (ContactState.SENT, ContactState.UNKNOWN) and untouched(
            profile, held, ContactState.SENDING
        )
        step = Step(moved=[(after, held.state, held.claim)])
        if write_contacts(store, profile, version, step, reported=not plain) == "committed":
            return "recorded"
    raise Conflict(f"the customer was changed by others {ATTEMPTS} times in a row; try again")
