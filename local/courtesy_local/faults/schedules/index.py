"""The identity index of one world: its batches may be done in part."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from courtesy.identity.memory import MemoryIndex
from courtesy.identity.record import IndexedRecord, PossibleMatch
from courtesy_local.faults.schedules.stage import Stage


class Index(MemoryIndex):
    """`identity.ports.IdentityIndex`; its batches may be done in part."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def copied(self, stage: Stage) -> "Index":
        """The same records and entries on another stage."""
        index = Index(stage)
        index._records = dict(self._records)
        index._members = {entry: frozenset(held) for entry, held in self._members.items()}
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
