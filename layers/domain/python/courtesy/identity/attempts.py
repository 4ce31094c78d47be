"""Where the attempts at a chunk put its events: kept beside the chunk, because an attempt may die before it looks back.

Events are appended to the customer that the index names. While that happens a merge or split may take the person record to
somebody else, and whoever appends looks at the index once more to find out. One that dies in between leaves events with a
customer whom the record has left, and the index will never name that customer again: only what it wrote down here does.

Records are named by keyed hashes, so what was written down tells nothing of anybody, erased or not.
"""

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b

import msgspec

from courtesy.identity.hashing import keyed_hash
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.versions import subject_of
from courtesy.ports import CustomerStore, Lake
from courtesy.timeline.events import Event, event_key
from courtesy.timeline.refold import refold

Gone = dict[str, set[str]]
"""customer_id -> keys of events that are to go."""


class Attempts:
    """The attempts at one chunk; `prefix`: where the lake keeps what they wrote down; `key`: of the hashes."""

    def __init__(self, lake: Lake, prefix: str, key: bytes) -> None:
        self._lake, self._prefix, self._key = lake, prefix, key
        self._read: dict[str, dict[str, list[str]]] = {}

    def begin(self, homes: Mapping[str, str]) -> None:
        """Write down subject -> customer before events are appended. The same homes are the same document."""
        names: dict[str, list[str]] = {}
        for subject, customer_id in sorted(homes.items()):
            names.setdefault(customer_id, []).append(self._name(subject))
        content = msgspec.json.encode(names)
        path = f"{self._prefix}{blake2b(content, digest_size=8).hexdigest()}.json.z"
        self._lake.put(path, zlib.compress(content, 1))
        self._read[path] = names

    def homes(self, subjects: Iterable[str]) -> dict[str, set[str]]:
        """Subject -> every customer to whom an attempt that has begun by now may have appended its events."""
        self._look()
        wanted = {self._name(subject): subject for subject in subjects}
        homes: dict[str, set[str]] = {}
        for customer_id, name in self._told():
            if name in wanted:
                homes.setdefault(wanted[name], set()).add(customer_id)
        return homes

    def forsaken(self, subjects: Collection[str], index: IdentityIndex, store: CustomerStore) -> Gone:
        """Events of earlier attempts whose rows are no longer among these and whose records nobody knows: an erasure took both."""
        if not self._read:
            self._look()
        known = {self._name(subject) for subject in subjects}
        names: dict[str, set[str]] = {}
        for customer_id, name in self._told():
            if name not in known:
                for heir in with_heirs([customer_id], store):
                    names.setdefault(heir, set()).add(name)
        mine = {
            customer_id: [
                e for e in events if subject_of(e) and self._name(subject_of(e)) in names[customer_id]
            ]
            for customer_id, events in store.read_timelines(sorted(names)).items()
        }
        indexed = index.read_records({subject_of(event) for events in mine.values() for event in events})
        return {
            customer_id: {event_key(event) for event in events if subject_of(event) not in indexed}
            for customer_id, events in mine.items()
        }

    def _look(self) -> None:
        for path in self._lake.list(self._prefix):
            if path not in self._read:
                content = zlib.decompress(self._lake.get(path))
                self._read[path] = msgspec.json.decode(content, type=dict[str, list[str]])

    def _told(self) -> Iterator[tuple[str, str]]:
        """Customer and name of a record, as attempts wrote them down."""
        for held in self._read.values():
            for customer_id, names in held.items():
                for name in names:
                    yield customer_id, name

    def _name(self, subject: str) -> str:
        return keyed_hash(self._key, "attempt", subject)[:16]


def take_back(
    moved: Mapping[str, Collection[str]],
    wanted: Mapping[str, str],
    by_subject: Mapping[str, Sequence[Event]],
    store: CustomerStore,
) -> None:
    """Remove what was written to customers whom the record had left meanwhile, or to whom these handed it on."""
    gone: Gone = {}
    for subject, homes in moved.items():
        for customer_id in with_heirs(homes, store) - {wanted[subject]}:
            gone.setdefault(customer_id, set()).update(event_key(event) for event in by_subject[subject])
    remove(gone, store)


def remove(gone: Gone, store: CustomerStore) -> None:
    """Delete events and fold whom they were with, whether or not they still were: who did so before may have died halfway."""
    if gone:
        store.delete_many({customer_id: sorted(keys) for customer_id, keys in gone.items()})
    for customer_id in sorted(gone and store.read_profiles(sorted(gone))):
        refold(store, customer_id)


def with_heirs(customer_ids: Iterable[str], store: CustomerStore) -> set[str]:
    """These customers and whom they redirect to: an event that is of none of a customer's records goes to the heir."""
    found: set[str] = set()
    reached = set(customer_ids)
    while reached:
        found |= reached
        held = store.read_profiles(sorted(reached))
        reached = {profile.merged_into for profile, _ in held.values()} - {""} - found
    return found
