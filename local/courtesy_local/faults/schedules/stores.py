"""The stores of one world: conditions, transactions, a `due` index that lags, batches that are done in part.

Events and profiles are frozen, so they are kept as they are; nothing is encoded.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from courtesy.errors import NotFound, OutsideFailed
from courtesy.identity.memory import MemoryIndex
from courtesy.identity.record import IndexedRecord, PossibleMatch
from courtesy.outcomes import Commit, ContactState
from courtesy.ports import Beside, Note, StoredProfile, Take
from courtesy.timeline.contacts import found
from courtesy.timeline.events import Contact, Event, Permission, Response, contact_key, event_key
from courtesy.timeline.profile import Profile
from courtesy_local.faults.schedules.record import Claim, Record
from courtesy_local.faults.schedules.stage import Stage

LAG = 0.2
"""Share of writes that the `due` index shows one reading late."""


class Customers:
    """`ports.CustomerStore`."""

    def __init__(self, stage: Stage, record: Record) -> None:
        self.timelines: dict[str, dict[str, Event]] = {}
        self.profiles: dict[str, StoredProfile] = {}
        self.waiting: dict[tuple[str, str], Contact] = {}
        """What the `due` index shows."""
        self.counters: dict[str, int] = {}
        self.notes: dict[str, Note] = {}
        self._late: list[tuple[str, Contact]] = []
        self._stage, self._record = stage, record

    def read_timeline(self, customer_id: str) -> list[Event]:
        return self._stage.call(partial(self._timeline, customer_id))

    def read_timelines(self, customer_ids: Iterable[str]) -> dict[str, list[Event]]:
        return {id_: self.read_timeline(id_) for id_ in dict.fromkeys(customer_ids)}

    def read_profile(self, customer_id: str) -> StoredProfile:
        return self._stage.call(partial(self._followed, customer_id))

    def read_profiles(self, customer_ids: Iterable[str]) -> dict[str, StoredProfile]:
        wanted = list(customer_ids)
        return self._stage.call(lambda: {id_: self.profiles[id_] for id_ in wanted if id_ in self.profiles})

    def append(self, customer_id: str, events: Sequence[Event]) -> None:
        self.append_many({customer_id: events})

    def append_many(self, events: Mapping[str, Sequence[Event]]) -> None:
        parts = [
            partial(self._write, customer_id, event)
            for customer_id, arriving in events.items()
            for event in arriving
        ]
        if parts:
            self._stage.batch(parts)

    def delete_events(self, customer_id: str, keys: Sequence[str]) -> None:
        self.delete_many({customer_id: keys})

    def delete_many(self, keys: Mapping[str, Sequence[str]]) -> None:
        parts = [
            partial(self._delete, customer_id, key) for customer_id, gone in keys.items() for key in gone
        ]
        if parts:
            self._stage.batch(parts)

    def put_profile(self, profile: Profile, version: int) -> Commit:
        return self._stage.call(partial(self._commit, profile, version, (), (), ()))

    def put_profiles(self, profiles: Sequence[StoredProfile]) -> set[str]:
        return {p.customer_id for p, version in profiles if self.put_profile(p, version) != "committed"}

    def put_together(
        self,
        profiles: Sequence[StoredProfile],
        *,
        new: Mapping[str, Sequence[Event]] = MappingProxyType({}),
        gone: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Commit:
        return self._stage.call(partial(self._together, profiles, new, gone))

    def commit(
        self,
        profile: Profile,
        version: int,
        *,
        new: Sequence[Event] = (),
        moved: Sequence[tuple[Contact, ContactState, str]] = (),
        beside: Sequence[Beside] = (),
    ) -> Commit:
        return self._stage.call(partial(self._commit, profile, version, new, moved, beside))

    def read_counters(self, names: Iterable[str]) -> dict[str, int]:
        wanted = list(names)
        return self._stage.call(lambda: {name: self.counters.get(name, 0) for name in wanted})

    def read_notes(self, names: Iterable[str]) -> dict[str, Note]:
        wanted = list(names)
        return self._stage.call(lambda: {name: self.notes[name] for name in wanted if name in self.notes})

    def move_contact(self, customer_id: str, contact: Contact, state: ContactState, claim: str) -> Commit:
        return self._stage.call(partial(self._move, customer_id, contact, state, claim))

    def read_contact(self, customer_id: str, trigger: str, occurrence: str) -> Contact | None:
        return self._stage.call(partial(self._contact, customer_id, contact_key(trigger, occurrence)))

    def due(self, channel: str, until: datetime, limit: int) -> list[tuple[str, Contact]]:
        seen = self._stage.call(partial(self._seen, channel, until))
        fresh = self._stage.call(lambda: [(id_, self._contact(id_, key)) for id_, key in seen])
        waiting = [(id_, held) for id_, held in fresh if held and found(held) and held.due <= until]
        return sorted(waiting, key=lambda pair: (pair[1].due, pair[0], pair[1].id))[:limit]

    def redemptions(self, until: datetime, limit: int) -> list[tuple[str, Response]]:
        raise NotImplementedError("no schedule redeems")

    def close_redemption(self, customer_id: str, response: Response) -> None:
        raise NotImplementedError("no schedule redeems")

    def scan_profiles(self, part: int, parts: int) -> Iterator[tuple[str, bytes]]:
        raise NotImplementedError("no schedule scans")

    def contacts(self) -> list[tuple[str, Contact]]:
        """Every contact that stands, with its customer: for the judge and the end of a schedule."""
        return [
            (id_, event)
            for id_, held in self.timelines.items()
            for event in held.values()
            if type(event) is Contact
        ]

    def _timeline(self, customer_id: str) -> list[Event]:
        held = self.timelines.get(customer_id, {})
        return [held[key] for key in sorted(held)]

    def _followed(self, customer_id: str) -> StoredProfile:
        for _ in range(9):
            stored = self.profiles.get(customer_id)
            if stored is None:
                return StoredProfile(Profile(customer_id=customer_id), 0)
            if not stored.profile.merged_into:
                return stored
            customer_id = stored.profile.merged_into
        raise OutsideFailed("a customer redirects more than 8 times")

    def _commit(
        self,
        profile: Profile,
        version: int,
        new: Sequence[Event],
        moved: Sequence[tuple[Contact, ContactState, str]],
        beside: Sequence[Beside],
    ) -> Commit:
        id_ = profile.customer_id
        if new:
            timeline = self.timelines.get(id_, {})
            if any(type(event) is Contact and event_key(event) in timeline for event in new):
                return "exists"
        stored = self.profiles.get(id_)
        if (stored.version if stored else 0) != version:
            return "conflict"
        if not all(self._stands(id_, contact, state, claim) for contact, state, claim in moved):
            return "conflict"
        for one in beside:
            if isinstance(one, Note) and one.version not in (None, self._noted(one)):
                return "conflict"
        if any(isinstance(one, Take) and self.counters.get(one.counter, 0) >= one.limit for one in beside):
            return "exhausted"
        for one in beside:
            if isinstance(one, Note):
                self.notes[one.name] = one._replace(version=self._noted(one) + 1)
            else:
                step = 1 if isinstance(one, Take) else -1
                self.counters[one.counter] = self.counters.get(one.counter, 0) + step
        self.profiles[id_] = StoredProfile(profile, version + 1)
        for event in new:
            self._write(id_, event)
        for contact, _, _ in moved:
            self._write(id_, contact)
        return "committed"

    def _noted(self, note: Note) -> int:
        held = self.notes.get(note.name)
        return 0 if held is None else held.version or 0

    def _together(
        self,
        profiles: Sequence[StoredProfile],
        new: Mapping[str, Sequence[Event]],
        gone: Mapping[str, Sequence[str]],
    ) -> Commit:
        held = [self.profiles.get(profile.customer_id) for profile, _ in profiles]
        if any(
            (one.version if one else 0) != version for one, (_, version) in zip(held, profiles, strict=True)
        ):
            return "conflict"
        for profile, version in profiles:
            self.profiles[profile.customer_id] = StoredProfile(profile, version + 1)
        for id_, events in new.items():
            for event in events:
                self._write(id_, event)
        for id_, keys in gone.items():
            for key in keys:
                self._delete(id_, key)
        return "committed"

    def _move(self, customer_id: str, contact: Contact, state: ContactState, claim: str) -> Commit:
        if not self._stands(customer_id, contact, state, claim):
            return "conflict"
        self._write(customer_id, contact)
        return "committed"

    def _stands(self, customer_id: str, contact: Contact, state: ContactState, claim: str) -> bool:
        held = self._contact(customer_id, event_key(contact))
        return held is not None and held.state is state and held.claim == claim

    def _contact(self, customer_id: str, key: str) -> Contact | None:
        event = self.timelines.get(customer_id, {}).get(key)
        return event if isinstance(event, Contact) else None

    def _write(self, customer_id: str, event: Event) -> None:
        key, timeline = event_key(event), self.timelines.setdefault(customer_id, {})
        held = timeline.get(key)
        timeline[key] = event
        if type(event) is Contact:
            again = isinstance(held, Contact) and (held.state, held.claim) == (event.state, event.claim)
            if event.state is ContactState.SENDING and not again:
                claim = Claim(self._stage.mark(), self._stage.now)
                self._record.claims.setdefault(event.id, []).append(claim)
            if self._stage.trouble and self._stage.rng.random() < LAG:
                self._late.append((customer_id, event))
            else:
                self._index(customer_id, event)
        elif type(event) is Permission and event.source == "courtesy" and event.status == "withdrawn":
            self._record.withdrawn.setdefault(event.proof, self._stage.mark())

    def _delete(self, customer_id: str, key: str) -> None:
        self.timelines.get(customer_id, {}).pop(key, None)
        self.waiting.pop((customer_id, key), None)

    def _index(self, customer_id: str, contact: Contact) -> None:
        key = (customer_id, event_key(contact))
        if found(contact):
            self.waiting[key] = contact
        else:
            self.waiting.pop(key, None)

    def _seen(self, channel: str, until: datetime) -> list[tuple[str, str]]:
        found = [key for key, c in self.waiting.items() if c.channel == channel and c.due <= until]
        late, self._late = self._late, []
        for customer_id, contact in late:
            held = self._contact(customer_id, event_key(contact))
            if held is not None:
                self._index(customer_id, held)
        return found


class Index(MemoryIndex):
    """`identity.ports.IdentityIndex`; its batches may be done in part."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def copied(self, stage: Stage) -> "Index":
        """The same records and entries on another stage."""
        index = Index(stage)
        index._records = dict(self._records)
        index._members = {entry: set(held) for entry, held in self._members.items()}
        return index

    def read_records(self, subjects: Iterable[str]) -> dict[str, IndexedRecord]:
        wanted = list(subjects)
        return self._stage.call(lambda: super(Index, self).read_records(wanted))

    def write_records(self, records: Sequence[IndexedRecord]) -> set[str]:
        refused: set[str] = set()

        def put(record: IndexedRecord) -> None:
            held = self._records.get(record.subject)
            if (held.revision if held else 0) != record.revision:
                refused.add(record.subject)
            else:
                self._records[record.subject] = replace(record, revision=record.revision + 1)

        if records:
            self._stage.batch([partial(put, record) for record in records])
        return refused

    def read_members(self, entries: Iterable[str]) -> dict[str, frozenset[str]]:
        wanted = list(entries)
        return self._stage.call(lambda: super(Index, self).read_members(wanted))

    def add_members(self, members: Mapping[str, Collection[str]]) -> None:
        if members:
            add = super().add_members
            self._stage.batch([partial(add, {entry: added}) for entry, added in members.items()])

    def remove_members(self, members: Mapping[str, Collection[str]]) -> None:
        if members:
            remove = super().remove_members
            self._stage.batch([partial(remove, {entry: gone}) for entry, gone in members.items()])

    def put_matches(self, matches: Sequence[PossibleMatch]) -> None:
        self._stage.call(lambda: super(Index, self).put_matches(matches))

    def delete_matches(self, match_ids: Collection[str]) -> None:
        self._stage.call(lambda: super(Index, self).delete_matches(match_ids))


class Objects:
    """`ports.Lake`: one bucket."""

    def __init__(self, stage: Stage) -> None:
        self.held: dict[str, bytes] = {}
        self._stage = stage

    def put(self, path: str, content: bytes) -> None:
        self._stage.call(partial(self.held.__setitem__, path, content))

    def get(self, path: str) -> bytes:
        content = self._stage.call(partial(self.held.get, path))
        if content is None:
            raise NotFound(f"nothing lies at {path}")
        return content

    def list(self, prefix: str) -> list[str]:
        return self._stage.call(lambda: sorted(path for path in self.held if path.startswith(prefix)))

    def delete(self, path: str) -> None:
        self._stage.call(partial(self.held.pop, path, None))

    def upload(self, local: Path, path: str) -> None:
        raise NotImplementedError("no schedule uploads files")

    def download(self, path: str, local: Path) -> None:
        raise NotImplementedError("no schedule downloads files")


class Shelf:
    """`messages.ports.MailingShelf` in the world's bucket."""

    def __init__(self, stage: Stage) -> None:
        self.registers: dict[tuple[str, str], bytes] = {}
        self.files: dict[tuple[str, str, str], bytes] = {}
        self._stage = stage

    def put_piece(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        self.put(vendor, mailing_id, file, content)

    def put(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        self._stage.call(partial(self.files.__setitem__, (vendor, mailing_id, file), content))

    def close(self, vendor: str, mailing_id: str, content: bytes) -> bytes:
        return self._stage.call(partial(self.registers.setdefault, (vendor, mailing_id), content))

    def register(self, vendor: str, mailing_id: str) -> bytes | None:
        return self._stage.call(partial(self.registers.get, (vendor, mailing_id)))
