"""What identity asks of the outside: the index of person records, their entries and the possible matches."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from courtesy.identity.record import IndexedRecord, PossibleMatch


class IndexedRecords(Protocol):
    """What of the index those ask who only want to know whose a record is."""

    def read_records(self, subjects: Iterable[str]) -> dict[str, IndexedRecord]:
        """The records of these subjects; those that nobody knows are left out."""
        ...


class IdentityIndex(IndexedRecords, Protocol):
    """The `identities` table. Reads are consistent and come in batches; nothing here is transactional across records."""

    def write_records(self, records: Sequence[IndexedRecord]) -> set[str]:
        """Write each on condition that the stored one still has its `revision`; it is stored with the next one.

        Returns the subjects that were not written because somebody else was faster. The others are written.
        """
        ...

    def delete_records(self, subjects: Collection[str]) -> None:
        """Remove records for good (erasure only); one that is not there is no error."""
        ...

    def read_members(self, entries: Iterable[str]) -> dict[str, frozenset[str]]:
        """The members of each entry; entries without any are left out."""
        ...

    def add_members(self, members: Mapping[str, Collection[str]]) -> None:
        """Add members to the sets of entries; adding one twice changes nothing."""
        ...

    def remove_members(self, members: Mapping[str, Collection[str]]) -> None:
        """Take members out of the sets of entries; one that is not there is no error."""
        ...

    def put_matches(self, matches: Sequence[PossibleMatch]) -> None:
        """Queue possible matches; one that is queued is replaced."""
        ...

    def list_matches(self, limit: int, after: str = "") -> list[PossibleMatch]:
        """Queued matches in the order of their ids, from the one after `after` on."""
        ...

    def read_match(self, match_id: str) -> PossibleMatch | None:
        """One queued match."""
        ...

    def delete_matches(self, match_ids: Collection[str]) -> None:
        """Take matches from the queue; one that is not there is no error."""
        ...
