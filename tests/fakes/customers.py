"""`ports.CustomerStore` in memory. What is stored is the encoded document, as in the tables, so nothing is shared."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from threading import RLock
from types import MappingProxyType
from zlib import crc32

from courtesy.errors import OutsideFailed, RefusedInput
from courtesy.outcomes import Commit, ContactState
from courtesy.ports import Beside, Note, StoredProfile, Take
from courtesy.timeline.contacts import found
from courtesy.timeline.events import (
    Contact,
    Event,
    Response,
    contact_key,
    decode_event,
    encode_event,
    event_key,
)
from courtesy.timeline.profile import Profile, decode_profile, encode_profile


class InMemoryCustomerStore:
    """Timelines and profiles of all customers; thread-safe."""

    def __init__(self) -> None:
        self._timelines: dict[str, dict[str, bytes]] = defaultdict(dict)
        self._profiles: dict[str, tuple[int, bytes]] = {}
        self._counters: dict[str, int] = {}
        self._notes: dict[str, Note] = {}
        self._closed: set[tuple[str, str]] = set()
        self._lock = RLock()

    def __repr__(self) -> str:
        events = sum(map(len, self._timelines.values()))
        return f"InMemoryCustomerStore({len(self._profiles)} profiles, {events} events)"

    def read_timeline(self, customer_id: str) -> list[Event]:
        with self._lock:
            held = self._timelines.get(customer_id, {})
            return [decode_event(held[key]) for key in sorted(held)]

    def read_timelines(self, customer_ids: Iterable[str]) -> dict[str, list[Event]]:
        return {id_: self.read_timeline(id_) for id_ in dict.fromkeys(customer_ids)}

    def read_profile(self, customer_id: str) -> StoredProfile:
        with self._lock:
            asked = customer_id
            for _ in range(9):
                stored = self._stored(asked)
                if not stored.profile.merged_into:
                    return stored
                asked = stored.profile.merged_into
        raise OutsideFailed(f"customer {customer_id} redirects more than 8 times; verify its merges")

    def read_profiles(self, customer_ids: Iterable[str]) -> dict[str, StoredProfile]:
        with self._lock:
            return {id_: self._stored(id_) for id_ in customer_ids if id_ in self._profiles}

    def append(self, customer_id: str, events: Sequence[Event]) -> None:
        if any(isinstance(event, Contact) for event in events):
            raise RefusedInput("a contact is written by `commit` or `move_contact` only, on condition")
        with self._lock:
            self._timelines[customer_id] |= {event_key(event): encode_event(event) for event in events}

    def append_many(self, events: Mapping[str, Sequence[Event]]) -> None:
        with self._lock:
            for customer_id, arriving in events.items():
                self.append(customer_id, arriving)

    def delete_events(self, customer_id: str, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._timelines[customer_id].pop(key, None)

    def delete_many(self, keys: Mapping[str, Sequence[str]]) -> None:
        for customer_id, gone in keys.items():
            self.delete_events(customer_id, gone)

    def put_profile(self, profile: Profile, version: int) -> Commit:
        return self.commit(profile, version)

    def put_profiles(self, profiles: Sequence[StoredProfile]) -> set[str]:
        return {
            profile.customer_id
            for profile, version in profiles
            if self.put_profile(profile, version) != "committed"
        }

    def put_together(
        self,
        profiles: Sequence[StoredProfile],
        *,
        new: Mapping[str, Sequence[Event]] = MappingProxyType({}),
        gone: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Commit:
        if len(profiles) + sum(map(len, new.values())) + sum(map(len, gone.values())) > 100:
            raise RefusedInput("a transaction takes 100 items")
        with self._lock:
            if any(self._profiles.get(p.customer_id, (0, b""))[0] != version for p, version in profiles):
                return "conflict"
            for profile, version in profiles:
                self._profiles[profile.customer_id] = (version + 1, encode_profile(profile))
            for id_, events in new.items():
                self._timelines[id_] |= {event_key(event): encode_event(event) for event in events}
            for id_, keys in gone.items():
                for key in keys:
                    self._timelines[id_].pop(key, None)
        return "committed"

    def commit(
        self,
        profile: Profile,
        version: int,
        *,
        new: Sequence[Event] = (),
        moved: Sequence[tuple[Contact, ContactState, str]] = (),
        beside: Sequence[Beside] = (),
    ) -> Commit:
        if 1 + len(new) + len(moved) + len(beside) > 100:
            raise RefusedInput("a transaction takes 100 items; append the events first, then commit")
        id_ = profile.customer_id
        with self._lock:
            timeline = self._timelines[id_]
            if any(isinstance(event, Contact) and event_key(event) in timeline for event in new):
                return "exists"
            if self._profiles.get(id_, (0, b""))[0] != version:
                return "conflict"
            if not all(self._is(id_, contact, state, claim) for contact, state, claim in moved):
                return "conflict"
            for one in beside:
                if isinstance(one, Note) and one.version is not None and one.version != self._version(one):
                    return "conflict"
            if any(
                isinstance(one, Take) and self._counters.get(one.counter, 0) >= one.limit for one in beside
            ):
                return "exhausted"
            self._beside(beside)
            self._profiles[id_] = (version + 1, encode_profile(profile))
            for event in (*new, *(contact for contact, _, _ in moved)):
                timeline[event_key(event)] = encode_event(event)
        return "committed"

    def read_counters(self, names: Iterable[str]) -> dict[str, int]:
        with self._lock:
            return {name: self._counters.get(name, 0) for name in names}

    def read_notes(self, names: Iterable[str]) -> dict[str, Note]:
        with self._lock:
            return {name: self._notes[name] for name in names if name in self._notes}

    def redemptions(self, until: datetime, limit: int) -> list[tuple[str, Response]]:
        with self._lock:
            waiting = [
                (id_, event)
                for id_, held in self._timelines.items()
                for key, document in held.items()
                if key.startswith("response#")
                and (id_, key) not in self._closed
                and isinstance(event := decode_event(document), Response)
                and event.type == "redeemed"
                and event.when <= until
            ]
        return sorted(waiting, key=lambda pair: (pair[1].when, pair[0], event_key(pair[1])))[:limit]

    def close_redemption(self, customer_id: str, response: Response) -> None:
        with self._lock:
            self._closed.add((customer_id, event_key(response)))

    def _version(self, note: Note) -> int:
        held = self._notes.get(note.name)
        return 0 if held is None else held.version or 0

    def _beside(self, beside: Sequence[Beside]) -> None:
        for one in beside:
            if isinstance(one, Note):
                self._notes[one.name] = one._replace(version=self._version(one) + 1)
            else:
                step = 1 if isinstance(one, Take) else -1
                self._counters[one.counter] = self._counters.get(one.counter, 0) + step

    def move_contact(self, customer_id: str, contact: Contact, state: ContactState, claim: str) -> Commit:
        with self._lock:
            if not self._is(customer_id, contact, state, claim):
                return "conflict"
            self._timelines[customer_id][event_key(contact)] = encode_event(contact)
        return "committed"

    def read_contact(self, customer_id: str, trigger: str, occurrence: str) -> Contact | None:
        with self._lock:
            document = self._timelines.get(customer_id, {}).get(contact_key(trigger, occurrence))
        event = None if document is None else decode_event(document)
        return event if isinstance(event, Contact) else None

    def due(self, channel: str, until: datetime, limit: int) -> list[tuple[str, Contact]]:
        with self._lock:
            waiting = [
                (id_, event)
                for id_, held in self._timelines.items()
                for key, document in held.items()
                if key.startswith("contact#")
                and isinstance(event := decode_event(document), Contact)
                and event.channel == channel
                and found(event)
                and event.due <= until
            ]
        return sorted(waiting, key=lambda pair: (pair[1].due, pair[0], event_key(pair[1])))[:limit]

    def scan_profiles(self, part: int, parts: int) -> Iterator[tuple[str, bytes]]:
        with self._lock:
            rows = sorted(self._profiles.items())
        for id_, (_, document) in rows:
            if crc32(id_.encode()) % parts == part and not decode_profile(document).merged_into:
                yield id_, document

    def _stored(self, customer_id: str) -> StoredProfile:
        if customer_id not in self._profiles:
            return StoredProfile(Profile(customer_id=customer_id), 0)
        version, document = self._profiles[customer_id]
        return StoredProfile(decode_profile(document), version)

    def _is(self, customer_id: str, contact: Contact, state: ContactState, claim: str) -> bool:
        held = self.read_contact(customer_id, contact.trigger, contact.occurrence)
        return held is not None and (held.state, held.claim) == (state, claim)
