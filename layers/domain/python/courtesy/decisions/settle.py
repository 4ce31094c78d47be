"""Settle: what became of an attempt to send, what SES or a vendor reported, and stopping what has not left yet.

Each is one transaction of the contact (or the report) and its effect on the profile; each may come twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from courtesy.decisions.claim import forbidden
from courtesy.decisions.effects import ATTEMPTS, Step, untouched, write_contacts, write_folded
from courtesy.decisions.policy import Policy, policy_of
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState, Reason
from courtesy.ports import CustomerStore
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.contacts import OPEN
from courtesy.timeline.events import Contact, Event, Feedback, event_key
from courtesy.timeline.profile import Profile

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
        lambda held: msgspec.structs.replace(held, state=ContactState.UNKNOWN, reason=reason, due=now),
    )


def apply_feedback(store: CustomerStore, customer_id: str, feedback: Feedback, now: datetime) -> Profile:
    """Write a report and what follows from it in one transaction; the profile after it. A repeated one changes nothing.

    A report that closes an address cancels what was still to go there. Raises Conflict.
    """

    def make(_: Profile, timeline: list[Event]) -> Step | None:
        key = event_key(feedback)
        if any(event_key(event) == key for event in timeline):
            return None
        ends = (feedback.type == "bounce" and feedback.permanent) or feedback.type in (
            "complaint",
            "returned",
        )
        waiting = [
            event
            for event in timeline
            if ends
            and feedback.address
            and isinstance(event, Contact)
            and event.state in OPEN
            and event.address == feedback.address
        ]
        return Step(new=[feedback], moved=cancelled(waiting, Reason.ADDRESS_CLOSED.value, now))

    return write_folded(store, customer_id, make)


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

    To be called when a case opens or a permission is withdrawn, so that the plan shows it at once; the claim would stop
    them anyway. Returns those cancelled. Raises Conflict.
    """
    policy = rulebook if isinstance(rulebook, Policy) else policy_of(rulebook)
    stopped: list[Contact] = []

    def make(profile: Profile, timeline: list[Event]) -> Step | None:
        stopped.clear()
        moved = []
        for event in timeline:
            if isinstance(event, Contact) and event.state in OPEN:
                finding = forbidden(event, profile, policy, now)
                if finding is not None:
                    moved += cancelled([event], finding.reason.value, now)
        stopped.extend(contact for contact, _, _ in moved)
        return Step(moved=moved) if moved else None

    write_folded(store, customer_id, make)
    return stopped


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
