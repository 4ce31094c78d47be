"""Moving events between timelines, the way merges and splits are carried out; in steps that can be taken twice.

1. The customers that events go to are marked `merging`: nobody reserves or claims a contact of theirs from here on. Then
   the events are written to them, contacts together with the fold.
2. The customer they leave becomes a redirect, or if records stay is folded without them and marked as well, on condition of
   the version that was read before its timeline: whoever reserved or claimed a contact meanwhile makes us start over.
3. The events are deleted where they were.
4. The marks are taken off, and the index forgets that the records were leaving.

A crash leaves the index saying `leaving`, so the next to place one of these records takes the steps again. Customers
without contacts are united more cheaply (`unite`).
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from courtesy.errors import Conflict
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry, subject_of
from courtesy.identity.share import shares_of
from courtesy.identity.unite import unite
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, StoredProfile
from courtesy.timeline.contacts import FREE, OPEN
from courtesy.timeline.events import Contact, Event, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile, encode_profile

ATTEMPTS = 12
CONTACTS_AT_ONCE = 50
_BUSY = "a profile was changed by others every time; try again"


class Departure(NamedTuple):
    """Who leaves a customer: record -> new customer; `heir` gets what belongs to no record (the customer itself while it lasts)."""

    customer_id: str
    homes: Mapping[str, str]
    heir: str


class Profiles:
    """Profiles as they were last read or written here, so that a batch read serves many steps."""

    def __init__(self, store: CustomerStore, customer_ids: Iterable[str]) -> None:
        self._store = store
        wanted = sorted(set(customer_ids))
        read = store.read_profiles(wanted)
        self._held = {id_: read.get(id_, StoredProfile(Profile(customer_id=id_), 0)) for id_ in wanted}

    def __getitem__(self, customer_id: str) -> StoredProfile:
        return self._held[customer_id]

    def put(
        self,
        profile: Profile,
        new: Sequence[Event] = (),
        moved: Sequence[tuple[Contact, ContactState, str]] = (),
    ) -> bool:
        """Write a profile (and contacts with it) unless it stands already; False where it had changed: it is read anew then."""
        id_ = profile.customer_id
        held, version = self._held[id_]
        if version and not new and not moved and encode_profile(held) == encode_profile(profile):
            return True
        if new or moved:
            ended = self._store.commit(profile, version, new=new, moved=moved)
        else:
            ended = self._store.put_profile(profile, version)
        if ended == "committed":
            self._held[id_] = StoredProfile(profile, version + 1)
            return True
        self._held[id_] = self._store.read_profiles([id_]).get(
            id_, StoredProfile(Profile(customer_id=id_), 0)
        )
        return False

    def put_together(self, profiles: Sequence[Profile]) -> bool:
        """Write profiles in one transaction; False where one had changed: they are read anew then, and none is written."""
        ids = [profile.customer_id for profile in profiles]
        held = [StoredProfile(profile, self._held[profile.customer_id].version) for profile in profiles]
        done = self._store.put_together(held) == "committed"
        if done:
            self._held |= {p.customer_id: StoredProfile(p, version + 1) for p, version in held}
        else:
            read = self._store.read_profiles(ids)
            self._held |= {id_: read.get(id_, StoredProfile(Profile(customer_id=id_), 0)) for id_ in ids}
        return done


def fetch(
    placed: Iterable[IndexedRecord],
    index: IdentityIndex,
    store: CustomerStore,
    key: bytes,
    arrived: Mapping[str, Sequence[Event]] = MappingProxyType({}),
) -> set[str]:
    """Bring events to the customers that their records were placed with; returns the customers that were folded for it.

    arrived: events that the caller has just written, by customer.

    Others may place a record elsewhere while its events are on their way, and may have looked for them before they arrived: so
    whoever brought them looks at the index once more, and goes on as long as it names another customer. Raises Conflict.
    """
    leaving = [record for record in placed if record.leaving]
    folded: set[str] = set()
    for _ in range(ATTEMPTS):
        if not leaving:
            return folded
        departures = _departures(leaving, index)
        concerned = {id_ for d in departures for id_ in (d.customer_id, d.heir, *d.homes.values())}
        profiles = Profiles(store, concerned)
        united, departures = unite(departures, profiles, store, arrived)
        folded |= united
        marked: set[str] = set()
        for departure in departures:
            marked |= _carry(departure, store, profiles, key)
        for customer_id in sorted(marked):
            _unmark(customer_id, profiles)
        folded |= marked
        leaving = _forget(leaving, index)
    raise Conflict(_BUSY)


def release(customer_ids: Iterable[str], index: IdentityIndex, store: CustomerStore) -> None:
    """Take the mark off customers that nobody is leaving or coming to any more (who set it died after the work was done)."""
    for customer_id in sorted(set(customer_ids)):
        filed = index.read_members([customer_entry(customer_id)]).get(
            customer_entry(customer_id), frozenset()
        )
        records = index.read_records({subject_of(member) for member in filed})
        if not any(
            record.leaving and customer_id in (record.customer_id, *record.leaving)
            for record in records.values()
        ):
            _unmark(customer_id, Profiles(store, [customer_id]))


def _unmark(customer_id: str, profiles: Profiles) -> None:
    for _ in range(ATTEMPTS):
        held, version = profiles[customer_id]
        if not version or held.merged_into or profiles.put(replace(held, merging=False)):
            return
    raise Conflict(_BUSY)


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


def _carry(departure: Departure, store: CustomerStore, profiles: Profiles, key: bytes) -> set[str]:
    """Steps 1 to 3 for one customer that records leave; returns the customers that are marked now."""
    source, emptied = departure.customer_id, departure.heir != departure.customer_id
    marked: set[str] = set()
    for _ in range(ATTEMPTS):
        events = store.read_timeline(source)
        shares = shares_of(departure, events, key)
        homes = [home for home in sorted(shares.to) if shares.to[home]]
        if not all(_mark(home, profiles) for home in homes):
            continue
        for home in homes:
            marked.add(home)
            _receive(store, profiles, home, shares.to[home])
        if emptied:
            left_behind = Profile(customer_id=source, merged_into=departure.heir)
        else:
            gone = {event_key(event) for event in shares.gone}
            rest = [event for event in events if event_key(event) not in gone]
            left_behind = replace(fold(source, rest), merging=True)
            marked.add(source)
        if profiles.put(left_behind):
            store.delete_events(source, [event_key(event) for event in shares.gone])
            return marked
    raise Conflict(_BUSY)


def _mark(customer_id: str, profiles: Profiles) -> bool:
    """Mark a customer before anything arrives: nobody may be contacted at an address whose history is not here yet."""
    held, _ = profiles[customer_id]
    return bool(held.merged_into) or held.merging or profiles.put(replace(held, merging=True))


def _receive(store: CustomerStore, profiles: Profiles, customer_id: str, arriving: Sequence[Event]) -> None:
    """Put events on a timeline where they are not yet, and fold it; it is marked as merging."""
    store.append(customer_id, [event for event in arriving if not isinstance(event, Contact)])
    contacts = [event for event in arriving if isinstance(event, Contact)]
    for _ in range(ATTEMPTS + len(contacts) // CONTACTS_AT_ONCE):
        timeline = store.read_timeline(customer_id)
        new, moved = _settled(contacts, timeline), _caught_up(contacts, timeline)
        fresh, again = new[:CONTACTS_AT_ONCE], moved[: CONTACTS_AT_ONCE - 1]
        events = {event_key(event): event for event in (*timeline, *fresh, *(one for one, _, _ in again))}
        profile = replace(fold(customer_id, events.values()), merging=True)
        done = profiles.put(profile, fresh, again)
        if done and len(fresh) == len(new) and len(again) == len(moved):
            return
    raise Conflict(_BUSY)


def _caught_up(
    contacts: Sequence[Contact], timeline: Sequence[Event]
) -> list[tuple[Contact, ContactState, str]]:
    """The moves of contacts that arrived here before and have gone on since where they came from.

    Until the customer they leave redirects, their contacts may be claimed, sent or cancelled there, so a later attempt
    finds them changed. What waited when it was brought here must not be sent a second time.
    """
    here = {event.id: event for event in timeline if isinstance(event, Contact)}
    moved = []
    for contact in contacts:
        held = here.get(contact.id)
        if held is None or contact.state in OPEN:
            continue
        state = ContactState.UNKNOWN if contact.state is ContactState.SENDING else contact.state
        waits = held.state in OPEN
        stopped = held.state in (ContactState.CANCELLED, ContactState.EXPIRED) and state not in FREE
        told = held.state is ContactState.UNKNOWN and state in (ContactState.SENT, ContactState.REFUSED)
        if waits or stopped or told:
            moved.append((replace(contact, state=state, occurrence=held.occurrence), held.state, held.claim))
    return moved


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


def _forget(leaving: Sequence[IndexedRecord], index: IdentityIndex) -> list[IndexedRecord]:
    """The records have arrived; those that others have placed anew meanwhile are returned, as leaving where they were brought to."""
    refused = index.write_records([replace(record, leaving=()) for record in leaving])
    gone: dict[str, set[str]] = {}
    for record in leaving:
        if record.subject in refused:
            continue
        for customer_id in record.leaving:
            gone.setdefault(customer_entry(customer_id), set()).update((f"|{record.subject}", record.member))
    index.remove_members(gone)
    now = index.read_records(refused)
    again = []
    for record in leaving:
        known = now.get(record.subject)
        if known is None:
            continue
        left = {*known.leaving, record.customer_id} - {known.customer_id}
        if left:
            again.append(replace(known, leaving=tuple(sorted(left))))
    return again
