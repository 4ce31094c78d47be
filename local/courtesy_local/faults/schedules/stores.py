"""The customers of one world: conditions, transactions, a `due` index that lags, batches that are done in part.

Events and profiles are frozen, so they are kept as they are; nothing is encoded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from zlib import crc32

from courtesy.errors import OutsideFailed, RefusedInput
from courtesy.identity.unite import TOGETHER
from courtesy.outcomes import Commit, ContactState
from courtesy.ports import Beside, Note, StoredProfile, Take
from courtesy.timeline.contacts import found
from courtesy.timeline.events import Contact, Event, Permission, Response, contact_key, event_key
from courtesy.timeline.profile import Profile, encode_profile
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
        self.redeemed: dict[tuple[str, str], Response] = {}
        """Redemptions that nobody has closed."""
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
        if any(type(event) is Contact for arriving in events.values() for event in arriving):
            raise RefusedInput("a contact is written by commit, never appended")
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
        _fits(len(profiles) + sum(map(len, new.values())) + sum(map(len, gone.values())))
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
        _fits(1 + len(new) + len(moved) + len(beside))
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
        waiting = self._stage.call(
            lambda: [(key[0], event) for key, event in self.redeemed.items() if event.when <= until]
        )
        return sorted(waiting, key=lambda pair: (pair[1].when, pair[0], event_key(pair[1])))[:limit]

    def close_redemption(self, customer_id: str, response: Response) -> None:
        self._stage.call(partial(self._close, customer_id, response))

    def scan_profiles(self, part: int, parts: int) -> Iterator[tuple[str, bytes]]:
        seen = self._stage.call(lambda: sorted(self.profiles.items()))
        for customer_id, (profile, _) in seen:
            if crc32(customer_id.encode()) % parts == part and not profile.merged_into:
                yield customer_id, encode_profile(profile)

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
        elif type(event) is Response:
            if event.type == "redeemed":
                self.redeemed[customer_id, key] = event
        elif type(event) is Permission and event.source == "courtesy" and event.status == "withdrawn":
            self._record.withdrawn.setdefault(event.proof, self._stage.mark())

    def _delete(self, customer_id: str, key: str) -> None:
        self.timelines.get(customer_id, {}).pop(key, None)
        self.waiting.pop((customer_id, key), None)
        self.redeemed.pop((customer_id, key), None)

    def _close(self, customer_id: str, response: Response) -> None:
        self._write(customer_id, response)
        self.redeemed.pop((customer_id, event_key(response)), None)

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


def _fits(items: int) -> None:
    if items > TOGETHER:
        raise RefusedInput(f"a transaction takes {TOGETHER} items")
