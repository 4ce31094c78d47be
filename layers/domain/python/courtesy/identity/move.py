"""Moving events between timelines, the way merges and splits are carried out; in steps that can be taken twice.

1. The profiles of all concerned are read, and only then the index: who leaves whom.
2. The customer they leave is marked `merging` if it holds a contact that may still leave, and the customers that events go to
   take them over, marked by the same transaction as the first of them: nobody reserves or claims a contact of theirs from
   here on. So what stops a contact where it has come to cannot be passed by where it came from.
3. The customer they leave becomes a redirect, or if records stay is folded without them and marked as well; the events
   are deleted by the same transactions.
4. The index says that the records have `arrived`. Marks are taken off where nobody is on the way any more, and only then
   the index forgets that the records were leaving.

Every write is on condition of a version that was read before the index was, and taking off a mark is a new version. So of
several who move the same records, one that has fallen behind writes nothing: what it looked at has changed. It looks
again. A crash leaves the index saying `leaving`, so the next to place one of these records takes up where it was left.
Customers without contacts are united more cheaply (`unite`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from courtesy.errors import Conflict
from courtesy.identity.arrival import caught_up, settled
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry, subject_of
from courtesy.identity.redirects import lead_home
from courtesy.identity.share import shares_of
from courtesy.identity.unite import unite
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, StoredProfile
from courtesy.timeline.contacts import OPEN
from courtesy.timeline.events import Contact, Event, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile

ATTEMPTS = 12
EVENTS_AT_ONCE = 40
"""Events in one transaction; with a record of 50 KB each they stay below DynamoDB's 4 MB."""
_BUSY = "a profile was changed by others every time; try again"


class Departure(NamedTuple):
    """Who leaves a customer: record -> new customer; `heir` gets what belongs to no record (the customer itself while it lasts)."""

    customer_id: str
    homes: Mapping[str, str]
    heir: str


class Profiles:
    """Profiles as they were read, or written here since: what every write is conditioned on."""

    def __init__(self, store: CustomerStore, customer_ids: Iterable[str]) -> None:
        self._store = store
        wanted = sorted(set(customer_ids))
        read = store.read_profiles(wanted)
        self._held = {id_: read.get(id_, StoredProfile(Profile(customer_id=id_), 0)) for id_ in wanted}

    def __contains__(self, customer_id: str) -> bool:
        return customer_id in self._held

    def __getitem__(self, customer_id: str) -> StoredProfile:
        return self._held[customer_id]

    def write(
        self,
        profile: Profile,
        new: Sequence[Event] = (),
        moved: Sequence[tuple[Contact, ContactState, str]] = (),
    ) -> bool:
        """Write a profile with events in one transaction; False, and nothing written, where others were faster."""
        version = self._held[profile.customer_id].version
        if self._store.commit(profile, version, new=new, moved=moved) != "committed":
            return False
        self._held[profile.customer_id] = StoredProfile(profile, version + 1)
        return True

    def write_together(
        self,
        profiles: Sequence[Profile],
        new: Mapping[str, Sequence[Event]] = MappingProxyType({}),
        gone: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> bool:
        """Write several profiles, put and delete events of theirs, all in one transaction; False where others were faster."""
        held = [StoredProfile(profile, self._held[profile.customer_id].version) for profile in profiles]
        if self._store.put_together(held, new=new, gone=gone) != "committed":
            return False
        self._held |= {p.customer_id: StoredProfile(p, version + 1) for p, version in held}
        return True


class Outlook(NamedTuple):
    """What is to be done: profiles as they were before the index was read, the records around, who leaves whom."""

    profiles: Profiles
    records: Mapping[str, IndexedRecord]
    departures: list[Departure]


def fetch(
    placed: Iterable[IndexedRecord],
    index: IdentityIndex,
    store: CustomerStore,
    key: bytes,
    arrived: Mapping[str, Sequence[Event]] = MappingProxyType({}),
) -> set[str]:
    """Bring events to the customers that their records were placed with; returns the customers that were folded for it.

    arrived: events that the caller has just written, by customer.

    Others may place a record elsewhere while its events are on their way: whoever brought them looks at the index once
    more, and goes on as long as it names another customer. Raises Conflict.
    """
    leaving = {record.subject: record for record in placed if record.leaving}
    folded: set[str] = set()
    for _ in range(ATTEMPTS):
        if not leaving:
            return folded
        profiles, records, departures = look(leaving.values(), index, store)
        united, rest = unite(departures, profiles, store, arrived)
        done = {departure.customer_id for departure in departures} - {left.customer_id for left in rest}
        marked = _marked(records.values(), profiles)
        for departure in rest:
            touched = _carry(departure, store, profiles, key)
            if touched is not None:
                marked |= touched
                done.add(departure.customer_id)
        folded |= united | marked
        lead_home((record for record in records.values() if record.leaving), index, store, key)
        leaving = _finish(
            [record for record in records.values() if record.leaving], done, marked, index, store
        )
    raise Conflict(_BUSY)


def look(leaving: Iterable[IndexedRecord], index: IdentityIndex, store: CustomerStore) -> Outlook:
    """Who leaves whom by the index as it stands after the profiles of all concerned were read."""
    subjects, concerned = set(), set()
    for record in leaving:
        subjects.add(record.subject)
        concerned |= {record.customer_id, *record.leaving}
    while True:
        profiles = Profiles(store, concerned)
        records = _around(subjects, index)
        departures = _departures(records.values())
        needed = {id_ for d in departures for id_ in (d.customer_id, d.heir, *d.homes.values())}
        if all(id_ in profiles for id_ in needed):
            return Outlook(profiles, records, departures)
        concerned |= needed


def release(customer_ids: Iterable[str], index: IdentityIndex, store: CustomerStore) -> None:
    """Take the mark off customers whom nobody is leaving or coming to any more. Raises Conflict."""
    left = set(customer_ids)
    for _ in range(ATTEMPTS):
        held = store.read_profiles(sorted(left))
        marked = {id_ for id_, (profile, _) in held.items() if profile.merging and not profile.merged_into}
        if not marked:
            return
        filed = index.read_members(customer_entry(id_) for id_ in sorted(marked))
        records = index.read_records({subject_of(m) for members in filed.values() for m in members})
        busy = {
            id_
            for record in records.values()
            if record.leaving and not record.arrived
            for id_ in (record.customer_id, *record.leaving)
        }
        left = store.put_profiles(
            [
                StoredProfile(replace(held[id_].profile, merging=False), held[id_].version)
                for id_ in sorted(marked - busy)
            ]
        )
    raise Conflict(_BUSY)


def _around(subjects: Collection[str], index: IdentityIndex) -> dict[str, IndexedRecord]:
    """These records and, of every customer that one of them leaves, all who are or were there."""
    records = index.read_records(subjects)
    seen: set[str] = set()
    while True:
        sources = {id_ for record in records.values() for id_ in record.leaving} - seen
        if not sources:
            return records
        seen |= sources
        filed = index.read_members(customer_entry(id_) for id_ in sorted(sources))
        found = {subject_of(member) for members in filed.values() for member in members}
        records |= index.read_records(sorted(found - set(records)))


def _departures(records: Collection[IndexedRecord]) -> list[Departure]:
    homes: dict[str, dict[str, str]] = {}
    for record in records:
        for customer_id in record.leaving:
            homes.setdefault(customer_id, {})[record.subject] = record.customer_id
    under_way = {id_ for record in records if not record.arrived for id_ in record.leaving}
    lasting = {record.customer_id for record in records}
    return [
        Departure(id_, homes[id_], id_ if id_ in lasting else min(homes[id_].values()))
        for id_ in sorted(under_way)
    ]


def _carry(departure: Departure, store: CustomerStore, profiles: Profiles, key: bytes) -> set[str] | None:
    """Steps 2 and 3 for one customer that records leave; the customers that are marked now, None where others were faster."""
    source, emptied = departure.customer_id, departure.heir != departure.customer_id
    events = store.read_timeline(source)
    shares = shares_of(departure, events, key)
    marked = {home for home in shares.to if shares.to[home]}
    if not _held_back(source, events, profiles):
        return None
    for home in sorted(marked):
        if not _receive(store, profiles, home, shares.to[home], shares.elsewhere):
            return None
    gone = [event_key(event) for event in shares.gone]
    if emptied:
        left_behind = Profile(customer_id=source, merged_into=departure.heir)
    else:
        rest = {event_key(event): event for event in events if event_key(event) not in set(gone)}
        rest |= {event_key(trace): trace for trace, _, _ in shares.traced}
        left_behind = replace(fold(source, rest.values()), merging=True)
        marked.add(source)
    for start in range(0, len(shares.traced), EVENTS_AT_ONCE):
        if not profiles.write(left_behind, moved=shares.traced[start : start + EVENTS_AT_ONCE]):
            return None
    for start in range(0, len(gone) or (not shares.traced), EVENTS_AT_ONCE):
        if not profiles.write_together([left_behind], gone={source: gone[start : start + EVENTS_AT_ONCE]}):
            return None
    return marked


def _marked(records: Iterable[IndexedRecord], profiles: Profiles) -> set[str]:
    """Of the customers of these records those that carry a mark already, which whoever died may have left."""
    around = {id_ for record in records for id_ in (record.customer_id, *record.leaving)}
    return {id_ for id_ in around if id_ in profiles and profiles[id_].profile.merging}


def _held_back(source: str, events: Iterable[Event], profiles: Profiles) -> bool:
    """Mark the customer that is left, if a contact may still leave from there; False where others were faster."""
    profile, version = profiles[source]
    open_ = any(isinstance(event, Contact) and event.state in OPEN for event in events)
    if not open_ or not version or profile.merging or profile.merged_into:
        return True
    return profiles.write(replace(profile, merging=True))


def _receive(
    store: CustomerStore,
    profiles: Profiles,
    customer_id: str,
    arriving: Sequence[Event],
    elsewhere: Collection[str],
) -> bool:
    """Put events on a timeline where they are not yet, with the fold of it, which is marked; False where others were faster.

    At least one write is made, though everything may be there already: it tells whether the index is still what it was.
    """
    timeline = store.read_timeline(customer_id)
    held = {event_key(event): event for event in timeline}
    contacts = [event for event in arriving if isinstance(event, Contact)]
    new: list[Event] = [e for e in arriving if not isinstance(e, Contact) and held.get(event_key(e)) != e]
    new += settled(contacts, timeline)
    moved = caught_up(contacts, timeline, elsewhere)
    for start in range(0, max(len(new), len(moved), 1), EVENTS_AT_ONCE):
        fresh, again = new[start : start + EVENTS_AT_ONCE], moved[start : start + EVENTS_AT_ONCE]
        held |= {event_key(event): event for event in (*fresh, *(contact for contact, _, _ in again))}
        profile = replace(fold(customer_id, held.values()), merging=True)
        if not profiles.write(profile, fresh, again):
            return False
    return True


def _finish(
    leaving: Sequence[IndexedRecord],
    done: Collection[str],
    marked: Collection[str],
    index: IdentityIndex,
    store: CustomerStore,
) -> dict[str, IndexedRecord]:
    """Step 4 for records all of whose events have left; returns those that are still on their way, by subject.

    done: customers whose leavers have all been brought home; marked: customers that carry a mark for it
    """
    home = [record for record in leaving if record.arrived or set(record.leaving) <= set(done)]
    careful = [r for r in home if r.arrived or not {r.customer_id, *r.leaving}.isdisjoint(marked)]
    told = [record for record in careful if not record.arrived]
    refused = index.write_records([replace(record, arrived=True) for record in told])
    stand = {
        record.subject: replace(record, arrived=True, revision=record.revision + 1)
        if record in told
        else record
        for record in home
        if record.subject not in refused
    }
    release({id_ for r in stand.values() if r.arrived for id_ in (r.customer_id, *r.leaving)}, index, store)
    refused |= index.write_records([replace(r, leaving=(), arrived=False) for r in stand.values()])
    gone: dict[str, set[str]] = {}
    for record in stand.values():
        if record.subject not in refused:
            for customer_id in record.leaving:
                gone.setdefault(customer_entry(customer_id), set()).update(
                    (f"|{record.subject}", record.member)
                )
    index.remove_members(gone)
    finished = set(stand) - refused
    return {record.subject: record for record in leaving if record.subject not in finished}
