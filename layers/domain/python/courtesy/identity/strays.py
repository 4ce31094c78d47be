"""Events that stand with a customer although their record has gone on, brought to where it is.

A chunk's message may come twice at a time. While one copy is done and taken off the queue, the other may append its events to a
customer whom a split makes the record leave, and die before it looks back; nobody comes again for these. They stand where
they belong as well, by the copy that was done, but where they were left they count for somebody else, and a fold agrees with
them. So whoever looks at all timelines in their turn asks the index whose each event is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from courtesy.identity.move import EVENTS_AT_ONCE, Profiles
from courtesy.identity.ports import IndexedRecords
from courtesy.identity.record import IndexedRecord
from courtesy.identity.versions import subject_of
from courtesy.ports import CustomerStore
from courtesy.timeline.events import Contact, Event, event_key
from courtesy.timeline.fold import fold

ATTEMPTS = 12


def with_strays(timelines: Mapping[str, Sequence[Event]], index: IndexedRecords) -> list[str]:
    """Of these customers, those who seem to have events of records that are with others and on no way."""
    records = index.read_records(
        {subject_of(event) for events in timelines.values() for event in events} - {""}
    )
    return [id_ for id_, events in sorted(timelines.items()) if _strays(id_, events, records)]


def bring_home(customer_id: str, index: IndexedRecords, store: CustomerStore) -> int:
    """Bring a customer's strays to where their records are; how many. Whoever is on the way meanwhile is left to the next time.

    The profiles are read before the index and written on condition of what was read, as every mover of records does: of
    two who are at the same events the one that has fallen behind writes nothing.
    """
    brought, concerned = 0, {customer_id}
    for _ in range(ATTEMPTS):
        profiles = Profiles(store, concerned)
        timeline = store.read_timeline(customer_id)
        records = index.read_records({subject_of(event) for event in timeline} - {""})
        strays = _strays(customer_id, timeline, records)
        if not strays:
            break
        home = min(strays)
        concerned = {customer_id, home}
        if home not in profiles:
            continue
        if any(_busy(profiles, id_) for id_ in concerned):
            break
        left = strays[home][:EVENTS_AT_ONCE]
        if _hand_over(left, customer_id, home, timeline, profiles, store):
            brought += len(left)
    return brought


def _hand_over(
    left: Collection[Event],
    customer_id: str,
    home: str,
    timeline: Sequence[Event],
    profiles: Profiles,
    store: CustomerStore,
) -> bool:
    keys = [event_key(event) for event in left]
    theirs = {event_key(event): event for event in store.read_timeline(home)}
    new = [event for event in left if event_key(event) not in theirs]
    rest = [event for event in timeline if event_key(event) not in set(keys)]
    folds = [fold(customer_id, rest), fold(home, [*theirs.values(), *new])]
    return profiles.write_together(folds, new={home: new}, gone={customer_id: keys})


def _strays(
    customer_id: str, events: Iterable[Event], records: Mapping[str, IndexedRecord]
) -> dict[str, list[Event]]:
    """The events of records that are with others, by whom these are with."""
    strays: dict[str, list[Event]] = {}
    for event in events:
        record = None if isinstance(event, Contact) else records.get(subject_of(event))
        if record is None or record.leaving or record.pending:
            continue
        if record.customer_id not in ("", customer_id):
            strays.setdefault(record.customer_id, []).append(event)
    return strays


def _busy(profiles: Profiles, customer_id: str) -> bool:
    profile, version = profiles[customer_id]
    return not version or profile.merging or bool(profile.merged_into)
