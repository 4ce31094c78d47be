"""The stores of intake in memory, counting the requests and write units that the tables would take for the same calls.

A put or delete takes one unit per KB, in a transaction two; an item's size is its document, packed as the tables pack it, plus
its keys. What a profile's document costs is counted apart.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from courtesy.identity.record import IndexedRecord
from courtesy.outcomes import Commit, ContactState
from courtesy.ports import Beside, Note, StoredProfile
from courtesy.timeline.events import Contact, Event, encode_event, event_key
from courtesy.timeline.profile import Profile, encode_profile
from courtesy_aws.identity_index import ALONE_UP_TO
from courtesy_aws.tables.identities import record_item
from courtesy_aws.tables.profiles import pack
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex

KEYS = 120
"""Bytes of an item beside its document: names of attributes, customer_id, version."""


class Meter:
    """requests: by table; units: write units by what was written (`event`, `record`, `entry`, `profile`)."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.units: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"Meter(requests={dict(self.requests)}, units={dict(self.units)})"

    @property
    def all_requests(self) -> int:
        return self.requests.total()

    @property
    def beside_profiles(self) -> int:
        """Write units apart from the profile documents."""
        return self.units.total() - self.units["profile"]

    def wrote(self, what: str, sizes: Iterable[int], times: int = 1) -> None:
        self.units[what] += sum(times * -(-(size + KEYS) // 1024) for size in sizes)

    def asked(self, table: str, items: int, batch: int = 1) -> None:
        self.requests[table] += -(-items // batch)


class MeteredStore(InMemoryCustomerStore):
    """The customers, metered."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self.meter = meter

    def read_timeline(self, customer_id: str) -> list[Event]:
        self.meter.asked("timeline", 1)
        return super().read_timeline(customer_id)

    def read_profiles(self, customer_ids: Iterable[str]) -> dict[str, StoredProfile]:
        wanted = list(customer_ids)
        self.meter.asked("profiles", len(wanted), 100)
        return super().read_profiles(wanted)

    def append_many(self, events: Mapping[str, Sequence[Event]]) -> None:
        items = {(id_, event_key(e)): e for id_, arriving in events.items() for e in arriving}
        self.meter.asked("timeline", len(items), 25)
        self.meter.wrote("event", (len(encode_event(event)) for event in items.values()))
        for customer_id, arriving in events.items():
            super().append(customer_id, arriving)

    def append(self, customer_id: str, events: Sequence[Event]) -> None:
        self.append_many({customer_id: events})

    def delete_many(self, keys: Mapping[str, Sequence[str]]) -> None:
        gone = sum(map(len, keys.values()))
        self.meter.asked("timeline", gone, 25)
        self.meter.wrote("event", [0] * gone)
        for customer_id, own in keys.items():
            super().delete_events(customer_id, own)

    def put_together(
        self,
        profiles: Sequence[StoredProfile],
        *,
        new: Mapping[str, Sequence[Event]] = MappingProxyType({}),
        gone: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Commit:
        self.meter.asked("profiles", len(profiles), 100)
        self.meter.wrote("profile", (len(pack(encode_profile(p))) for p, _ in profiles), 2)
        self.meter.wrote("event", (len(encode_event(e)) for events in new.values() for e in events), 2)
        self.meter.wrote("event", (0 for keys in gone.values() for _ in keys), 2)
        return super().put_together(profiles, new=new, gone=gone)

    def commit(
        self,
        profile: Profile,
        version: int,
        *,
        new: Sequence[Event] = (),
        moved: Sequence[tuple[Contact, ContactState, str]] = (),
        beside: Sequence[Beside] = (),
    ) -> Commit:
        together = 2 if new or moved or beside else 1
        self.meter.asked("profiles", 1)
        self.meter.wrote("profile", [len(pack(encode_profile(profile)))], together)
        self.meter.wrote("event", (len(encode_event(e)) for e in (*new, *(c for c, _, _ in moved))), 2)
        self.meter.wrote("beside", (len(b.document) if isinstance(b, Note) else 0 for b in beside), 2)
        return super().commit(profile, version, new=new, moved=moved, beside=beside)


class MeteredIndex(InMemoryIdentityIndex):
    """The identity index, metered."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self.meter = meter

    def read_records(self, subjects: Iterable[str]) -> dict[str, IndexedRecord]:
        wanted = list(dict.fromkeys(subjects))
        self.meter.asked("identities", len(wanted), 100)
        return super().read_records(wanted)

    def read_members(self, entries: Iterable[str]) -> dict[str, frozenset[str]]:
        wanted = list(dict.fromkeys(entries))
        self.meter.asked("identities", len(wanted), 100)
        return super().read_members(wanted)

    def write_records(self, records: Sequence[IndexedRecord]) -> set[str]:
        documents = (record_item(record)["document"]["B"] for record in records)
        self.meter.wrote("record", map(len, documents), self._together(len(records)))
        return super().write_records(records)

    def add_members(self, members: Mapping[str, Collection[str]]) -> None:
        self._entries(members)
        super().add_members(members)

    def remove_members(self, members: Mapping[str, Collection[str]]) -> None:
        self._entries(members)
        super().remove_members(members)

    def _entries(self, members: Mapping[str, Collection[str]]) -> None:
        changed = [entry for entry, named in members.items() if named]
        self.meter.wrote("entry", [0] * len(changed), self._together(len(changed)))

    def _together(self, writes: int) -> int:
        """Units per KB of so many writes at a time: alone while they are few, else in transactions."""
        alone = writes <= ALONE_UP_TO
        self.meter.asked("identities", writes, 1 if alone else 100)
        return 1 if alone else 2
