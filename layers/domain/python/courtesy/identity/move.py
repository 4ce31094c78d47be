"""Moving events between timelines, the way merges and splits are carried out; in steps that can be taken twice.

1. All customers concerned are marked `merging`, each on condition of its version: from here on nobody reserves or claims
   a contact of theirs, and whoever was about to finds the version changed.
2. The events are written to where they belong, contacts on condition that they are not there yet; that customer is folded.
3. A customer whom all records left becomes a redirect.
4. The events are deleted where they were.
5. The marks are taken off, and the index forgets that the records were leaving.

A crash leaves the index saying `leaving`, so the next to place one of these records takes the steps again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from courtesy.errors import Conflict
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry, subject_of
from courtesy.identity.share import Shares, shares_of
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore
from courtesy.timeline.events import Contact, Event, SourceRecord, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile, encode_profile

ATTEMPTS = 12
_CONTACTS_AT_ONCE = 50


class Departure(NamedTuple):
    """Who leaves a customer: record -> new customer; `heir` gets what belongs to no record (the customer itself while it lasts)."""

    customer_id: str
    homes: Mapping[str, str]
    heir: str


def fetch(
    placed: Iterable[IndexedRecord], index: IdentityIndex, store: CustomerStore, key: bytes
) -> set[str]:
    """Bring events to the customers that their records were placed with; returns all customers whose profile changed."""
    leaving = [record for record in placed if record.leaving]
    if not leaving:
        return set()
    departures = _departures(leaving, index)
    concerned = {d.customer_id for d in departures} | {
        home for d in departures for home in (*d.homes.values(), d.heir)
    }
    for customer_id in sorted(concerned):
        mark(store, customer_id, merging=True)
    for departure in departures:
        _carry(departure, store, key)
    emptied = {d.customer_id for d in departures if d.heir != d.customer_id}
    for customer_id in sorted(concerned - emptied):
        _refolded(store, customer_id, merging=False)
    _forget(leaving, index)
    return concerned


def mark(store: CustomerStore, customer_id: str, *, merging: bool) -> None:
    """Set or clear a profile's mark. A profile that does not exist yet is made. Raises Conflict when others are always faster."""
    for _ in range(ATTEMPTS):
        held, version = store.read_profiles([customer_id]).get(
            customer_id, (Profile(customer_id=customer_id), 0)
        )
        if version and held.merging is merging:
            return
        if store.put_profile(replace(held, merging=merging), version) == "committed":
            return
    raise Conflict("a profile was changed by others every time; try again")


def _departures(leaving: Sequence[IndexedRecord], index: IdentityIndex) -> list[Departure]:
    homes: dict[str, dict[str, str]] = {}
    for record in leaving:
        for customer_id in record.leaving:
            homes.setdefault(customer_id, {})[record.subject] = record.customer_id
    filed = index.read_members(customer_entry(id_) for id_ in homes)
    around = index.read_records({subject_of(m) for members in filed.values() for m in members})
    departures = []
    for customer_id in sorted(homes):
        left = homes[customer_id]
        remain = False
        for member in filed.get(customer_entry(customer_id), ()):
            known = around.get(subject_of(member))
            if known is None:
                continue
            if known.customer_id == customer_id:
                remain = True
            elif customer_id in known.leaving:
                left.setdefault(known.subject, known.customer_id)
        departures.append(Departure(customer_id, left, customer_id if remain else min(left.values())))
    return departures


def _carry(departure: Departure, store: CustomerStore, key: bytes) -> None:
    """Steps 2 to 4 for one customer that records leave."""
    source = departure.customer_id
    done: dict[str, Event] = {}
    for _ in range(ATTEMPTS):
        events = {event_key(event): event for event in store.read_timeline(source)}
        fresh = {k: event for k, event in events.items() if done.get(k) != event}
        if fresh or not done:
            shares = shares_of(departure, list(events.values()), key)
            for home in sorted(shares.to):
                _receive(store, home, shares.to[home])
            done = events
            if departure.heir != source:
                _redirect(store, source, departure.heir)
            continue
        shares = shares_of(departure, list(events.values()), key)
        store.delete_events(source, [event_key(event) for event in shares.gone])
        return
    raise Conflict("events kept arriving while they were moved; try again")


def _receive(store: CustomerStore, customer_id: str, arriving: Sequence[Event]) -> None:
    """Put events on a timeline where they are not yet, and fold it; it stays marked as merging."""
    plain = [event for event in arriving if not isinstance(event, Contact)]
    if plain:
        store.append(customer_id, plain)
    contacts = [event for event in arriving if isinstance(event, Contact)]
    for _ in range(ATTEMPTS + len(contacts) // _CONTACTS_AT_ONCE):
        held, version = store.read_profiles([customer_id]).get(
            customer_id, (Profile(customer_id=customer_id), 0)
        )
        timeline = store.read_timeline(customer_id)
        new = _settled(contacts, timeline)[:_CONTACTS_AT_ONCE]
        profile = replace(fold(customer_id, [*timeline, *new]), merging=True)
        if not new and encode_profile(held) == encode_profile(profile):
            return
        if store.commit(profile, version, new=new) == "committed" and len(new) < _CONTACTS_AT_ONCE:
            return
    raise Conflict("a profile was changed by others every time; try again")


def _settled(contacts: Sequence[Contact], timeline: Sequence[Event]) -> list[Contact]:
    """The contacts that are not on the timeline yet, as they go there.

    What waits in a queue waits anew, for its message names the customer it left; what is being sent becomes unknown until
    the provider tells. Where both customers have a contact of the same trigger and occurrence, the unsent one of the
    two is not sent a second time, and both stay on record.
    """
    here = {event.id for event in timeline if isinstance(event, Contact)}
    taken = {event_key(event) for event in timeline if isinstance(event, Contact)}
    settled = []
    for contact in contacts:
        if contact.id in here:
            continue
        moved = contact
        if contact.state is ContactState.QUEUED:
            moved = replace(contact, state=ContactState.RESERVED, claim="")
        elif contact.state is ContactState.SENDING:
            moved = replace(contact, state=ContactState.UNKNOWN)
        if event_key(moved) in taken:
            moved = replace(moved, occurrence=f"{contact.occurrence}~{contact.id[:12]}")
            if moved.state is ContactState.RESERVED:
                moved = replace(moved, state=ContactState.CANCELLED, reason="merged")
        taken.add(event_key(moved))
        settled.append(moved)
    return settled


def _redirect(store: CustomerStore, customer_id: str, to: str) -> None:
    for _ in range(ATTEMPTS):
        held, version = store.read_profiles([customer_id]).get(
            customer_id, (Profile(customer_id=customer_id), 0)
        )
        pointer = Profile(customer_id=customer_id, merged_into=to)
        if version and encode_profile(held) == encode_profile(pointer):
            return
        if store.put_profile(pointer, version) == "committed":
            return
    raise Conflict("a profile was changed by others every time; try again")


def _refolded(store: CustomerStore, customer_id: str, *, merging: bool) -> None:
    """Fold a customer anew and set its mark; a redirect that led away from it ends here."""
    for _ in range(ATTEMPTS):
        held, version = store.read_profiles([customer_id]).get(
            customer_id, (Profile(customer_id=customer_id), 0)
        )
        profile = replace(fold(customer_id, store.read_timeline(customer_id)), merging=merging)
        if version and encode_profile(held) == encode_profile(profile):
            return
        if store.put_profile(profile, version) == "committed":
            return
    raise Conflict("a profile was changed by others every time; try again")


def _forget(leaving: Sequence[IndexedRecord], index: IdentityIndex) -> None:
    """The records have arrived; whoever was faster has seen to it."""
    index.write_records([replace(record, leaving=()) for record in leaving])
    index.remove_members(
        {
            customer_entry(id_): {f"|{record.subject}", record.member}
            for record in leaving
            for id_ in record.leaving
        }
    )


def record_of(event: Event) -> str:
    """The subject that an event came through; empty where it came through none."""
    return f"{event.source}/{event.id}" if isinstance(event, SourceRecord) else event.subject


__all__ = ["Departure", "Shares", "fetch", "mark", "record_of"]
