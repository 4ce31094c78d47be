"""What a written contact does to the profile, without reading the whole timeline; equals the refold (a law, tested)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from courtesy.decisions.allowances import STOCK
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState
from courtesy.ports import Beside, CustomerStore, Give, Note
from courtesy.timeline.events import Contact, Event, event_key
from courtesy.timeline.fold import fold, past_contact, remembered
from courtesy.timeline.profile import Profile

ATTEMPTS = 12
"""How often a transaction that lost a race is tried again before its message goes back to the queue."""


class Step(NamedTuple):
    """What a transaction writes beside the profile; see `ports.CustomerStore.commit`."""

    new: Sequence[Event] = ()
    moved: Sequence[tuple[Contact, ContactState, str]] = ()
    beside: Sequence[Beside] = ()


def with_contacts(profile: Profile, contacts: Sequence[Contact]) -> Profile | None:
    """The profile once these contacts are written, none of which was reported on yet; None where only a refold can tell.

    That is where the newest contact moves back in time: the profile may then have to remember older ones again.
    """
    written = {c.id for c in contacts}
    kept = [p for p in profile.contacts if p.contact not in written]
    past = remembered([*kept, *(past_contact(c) for c in contacts)])
    if profile.contacts and past[-1].at < profile.contacts[-1].at:
        return None
    return msgspec.structs.replace(profile, contacts=past)


def refolded(profile: Profile, timeline: Sequence[Event], step: Step) -> Profile:
    """The fold of a timeline once a step is written; `merging` and `merged_into` stay as the profile has them."""
    events = {event_key(event): event for event in timeline}
    events.update((event_key(event), event) for event in step.new)
    events.update((event_key(contact), contact) for contact, _, _ in step.moved)
    fresh = fold(profile.customer_id, events.values())
    return msgspec.structs.replace(fresh, merging=profile.merging, merged_into=profile.merged_into)


def write_folded(
    store: CustomerStore,
    customer_id: str,
    make: Callable[[Profile, list[Event]], Step | None],
    attempts: int = ATTEMPTS,
) -> Profile:
    """Write what `make` says of a profile and its timeline, with the fold of it, in one transaction; the profile after it.

    `make` is asked anew whenever somebody else was faster; None means that there is nothing to do. Raises Conflict when
    others were faster `attempts` times in a row.
    """
    for _ in range(attempts):
        profile, version = store.read_profile(customer_id)
        timeline = store.read_timeline(profile.customer_id)
        step = make(profile, timeline)
        if step is None:
            return profile
        fresh = refolded(profile, timeline, step)
        step = giving_back(step, fresh, timeline)
        if store.commit(fresh, version, new=step.new, moved=step.moved, beside=step.beside) == "committed":
            return fresh
    raise Conflict(f"the customer was changed by others {attempts} times in a row; try again")


def giving_back(step: Step, after: Profile, timeline: Sequence[Event] = ()) -> Step:
    """The step with what it frees: contacts that no longer take a slot give back the units of stock and budget they hold.

    after: the profile once the step is written; timeline: with it, contacts that the step does not move are looked at too,
    since a report may have freed them. A unit of stock stays out while another contact carries the same code.
    """
    if not timeline and not any(contact.holds for contact, _, _ in step.moved):
        return step
    counting = {past.contact: past for past in after.contacts}
    moves = {contact.id: (contact, state, claim) for contact, state, claim in step.moved}
    for event in timeline:
        if isinstance(event, Contact) and event.holds and event.id not in moves:
            moves[event.id] = (event, event.state, event.claim)
    moved, beside = [], list(step.beside)
    stepped = {contact.id for contact, _, _ in step.moved}
    for id_, (contact, state, claim) in moves.items():
        past = counting.get(id_)
        kept: tuple[str, ...] = contact.holds
        if contact.holds and past is not None and not past.counts:
            shown = any(
                p.counts and (p.code, p.code_until) == (past.code, past.code_until) for p in after.contacts
            )
            named = {one.counter for one in beside if not isinstance(one, Note)}  # an item is written once
            kept = tuple(n for n in contact.holds if n in named or (shown and n.startswith(STOCK)))
            beside += [Give(name) for name in contact.holds if name not in kept]
        if kept != contact.holds or id_ in stepped:
            moved.append((msgspec.structs.replace(contact, holds=kept), state, claim))
    return step._replace(moved=moved, beside=beside)


def untouched(profile: Profile, contact: Contact, state: ContactState) -> bool:
    """Whether the profile shows a contact in this state of its item, so that nothing reported on it tells otherwise."""
    return any(p.contact == contact.id and p.state is state for p in profile.contacts)


def write_contacts(
    store: CustomerStore, profile: Profile, version: int, step: Step, *, reported: bool = False
) -> str:
    """Write new and moved contacts with their effect on the profile in one transaction; how it ended (`outcomes.Commit`).

    reported: something was reported on a contact already, so only the whole timeline tells its state.
    """
    contacts = [*(c for c in step.new if isinstance(c, Contact)), *(contact for contact, _, _ in step.moved)]
    after = None if reported else with_contacts(profile, contacts)
    if after is None:
        after = refolded(profile, store.read_timeline(profile.customer_id), step)
    step = giving_back(step, after)
    return store.commit(after, version, new=step.new, moved=step.moved, beside=step.beside)
