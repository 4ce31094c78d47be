"""What the domain's use cases ask of the outside: Protocols that adapters and fakes satisfy.

Every port has one contract suite in `tests/contract/`, run against the fake (`tests/fakes/`) and the moto-backed adapter.
Ports that one room alone needs stand in that room's own `ports` module, in the same manner.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from courtesy.outcomes import Commit, ContactState
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.versions import Published
from courtesy.timeline.events import Contact, Event, Response
from courtesy.timeline.profile import Profile


class StoredProfile(NamedTuple):
    """A profile as it was read, with the version that a conditional write must name (0: there is none yet)."""

    profile: Profile
    version: int


class Take(NamedTuple):
    """One more unit of a counter, only while fewer than `limit` are taken."""

    counter: str
    limit: int


class Give(NamedTuple):
    """One unit of a counter given back."""

    counter: str


class Note(NamedTuple):
    """A small document under a name of its own, on condition of the version that was read (0: none; None: whatever stands)."""

    name: str
    document: bytes
    version: int | None = None


Beside = Take | Give | Note
"""What a transaction writes beside a customer's own items."""


class CustomerStore(Protocol):
    """The `timeline` and `profiles` tables: the only place where events and profiles are read and written."""

    def read_timeline(self, customer_id: str) -> list[Event]:
        """All events of a customer, read consistently; empty where there is none."""
        ...

    def read_timelines(self, customer_ids: Iterable[str]) -> dict[str, list[Event]]:
        """`read_timeline` of many customers, several at a time; an empty list where there is none."""
        ...

    def read_profile(self, customer_id: str) -> StoredProfile:
        """The profile, read consistently, redirects followed; version 0 and an empty profile where there is none."""
        ...

    def read_profiles(self, customer_ids: Iterable[str]) -> dict[str, StoredProfile]:
        """Many profiles by one consistent batch read, redirects not followed; ids without a profile are left out."""
        ...

    def append(self, customer_id: str, events: Sequence[Event]) -> None:
        """Write events (no contacts) without condition; writing one twice changes nothing."""
        ...

    def append_many(self, events: Mapping[str, Sequence[Event]]) -> None:
        """`append` for many customers in as few batches as it takes; customer_id -> events."""
        ...

    def delete_events(self, customer_id: str, keys: Sequence[str]) -> None:
        """Delete timeline items by `event_key`: merge, split, erasure and retention only."""
        ...

    def delete_many(self, keys: Mapping[str, Sequence[str]]) -> None:
        """`delete_events` for many customers in as few batches as it takes; customer_id -> event keys."""
        ...

    def put_profile(self, profile: Profile, version: int) -> Commit:
        """Write the profile on condition that the stored one still has `version` (0: none). `committed` or `conflict`."""
        ...

    def put_profiles(self, profiles: Sequence[StoredProfile]) -> set[str]:
        """`put_profile` of different customers, several at a time; returns the ids of those in conflict."""
        ...

    def put_together(
        self,
        profiles: Sequence[StoredProfile],
        *,
        new: Mapping[str, Sequence[Event]] = MappingProxyType({}),
        gone: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Commit:
        """Write profiles of different customers in one transaction of up to 100 items, each on condition of its version.

        new: events (no contacts) to put, by customer; gone: keys of events to delete, by customer
        """
        ...

    def commit(
        self,
        profile: Profile,
        version: int,
        *,
        new: Sequence[Event] = (),
        moved: Sequence[tuple[Contact, ContactState, str]] = (),
        beside: Sequence[Beside] = (),
    ) -> Commit:
        """One transaction: the profile on condition of `version`, new events, contacts moved from a known state.

        new:    events to put; a `Contact` among them only if no item with its key exists (`exists`)
        moved:  (contact as it shall be, state it must be in now, claim it must carry now)
        beside: counters and notes, each at most once
        Returns `committed`, `exists`, `conflict` (profile, a contact or a note was not as expected) or `exhausted` (a counter
        stands at its limit); nothing is written then.
        """
        ...

    def read_counters(self, names: Iterable[str]) -> dict[str, int]:
        """Units taken of each counter by one consistent batch read; 0 where none ever was."""
        ...

    def redemptions(self, until: datetime, limit: int) -> list[tuple[str, Response]]:
        """(customer_id, response) of the redemptions until `until` that are not closed, oldest first; from an eventually
        consistent index."""
        ...

    def close_redemption(self, customer_id: str, response: Response) -> None:
        """Take a redemption off that index; the event stays. Closing twice changes nothing."""
        ...

    def read_notes(self, names: Iterable[str]) -> dict[str, Note]:
        """Notes by one consistent batch read, each with the version it has; those that nobody wrote are left out."""
        ...

    def move_contact(self, customer_id: str, contact: Contact, state: ContactState, claim: str) -> Commit:
        """Write a contact on condition that its item is in `state` with `claim`; for moves that leave the profile as it is."""
        ...

    def read_contact(self, customer_id: str, trigger: str, occurrence: str) -> Contact | None:
        """One contact, read consistently."""
        ...

    def due(self, channel: str, until: datetime, limit: int) -> list[tuple[str, Contact]]:
        """(customer_id, contact) of the contacts that are not over (`timeline.contacts.found`), due until `until`, oldest first; from an eventually consistent index."""
        ...

    def scan_profiles(self, part: int, parts: int) -> Iterator[tuple[str, bytes]]:
        """(customer_id, profile document) of one of `parts` segments of the table, redirects left out."""
        ...


class Lake(Protocol):
    """The S3 bucket of Parquet and print artefacts; paths are relative to the bucket."""

    def put(self, path: str, content: bytes) -> None:
        """Write an object whole."""
        ...

    def get(self, path: str) -> bytes:
        """An object's bytes. Raises NotFound."""
        ...

    def list(self, prefix: str) -> list[str]:
        """Paths below a prefix, sorted."""
        ...

    def upload(self, local: Path, path: str) -> None:
        """Copy a local file into the lake."""
        ...

    def download(self, path: str, local: Path) -> None:
        """Copy an object to a local file. Raises NotFound."""
        ...

    def delete(self, path: str) -> None:
        """Remove an object; none there is no error."""
        ...


class Queue(Protocol):
    """One SQS queue to write to."""

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:
        """Send JSON bodies in batches, each to be seen after `delay` seconds. Raises OutsideFailed if one was not taken."""
        ...


class RulebookStore(Protocol):
    """The `rulebooks` table: published versions and the pointer to the current one."""

    def current(self) -> Rulebook:
        """The published rulebook in force. Raises NotFound before the first publication, and as `version` does."""
        ...

    def in_force(self) -> int:
        """The number of the version in force, whether this release can read it or not. Raises NotFound before the first."""
        ...

    def version(self, number: int) -> Rulebook:
        """A published version. Raises NotFound, and RefusedRule where another release published what this one cannot read."""
        ...

    def publish(
        self,
        sections: Mapping[str, object],
        by: str,
        at: datetime,
        *,
        files: Mapping[str, str] | None = None,
        beside: Any = None,
    ) -> Rulebook:
        """Store the sections as the next version and point to it. Raises RefusedRule, Conflict.

        files:  the texts that they were made of, by path; beside: what else is written in the same transaction (`settling`
                of the store of drafts)
        """
        ...

    def files(self, number: int) -> dict[str, str]:
        """The texts of a published version by path; written out anew where it was published without. Raises NotFound."""
        ...

    def history(self) -> list[Published]:
        """Who published which version when, newest first."""
        ...


class Clock(Protocol):
    """The one source of time, handed to use cases by the handlers."""

    def __call__(self) -> datetime:
        """The current instant, UTC."""
        ...
