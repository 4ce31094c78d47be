"""The identity index in memory: for linking files offline with the code that links online, and for tests."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from threading import RLock

import msgspec

from courtesy.identity.record import IndexedRecord, PossibleMatch

_NOBODY: frozenset[str] = frozenset()


class MemoryIndex:
    """`ports.IdentityIndex` in one process; thread-safe."""

    def __init__(self) -> None:
        self._records: dict[str, IndexedRecord] = {}
        self._members: dict[str, frozenset[str]] = {}
        self._matches: dict[str, PossibleMatch] = {}
        self._lock = RLock()

    def __repr__(self) -> str:
        return f"MemoryIndex({len(self._records)} records, {len(self._members)} entries, {len(self._matches)} matches)"

    def read_records(self, subjects: Iterable[str]) -> dict[str, IndexedRecord]:
        with self._lock:
            return {subject: self._records[subject] for subject in subjects if subject in self._records}

    def write_records(self, records: Sequence[IndexedRecord]) -> set[str]:
        refused = set()
        with self._lock:
            for record in records:
                held = self._records.get(record.subject)
                if (held.revision if held else 0) != record.revision:
                    refused.add(record.subject)
                else:
                    self._records[record.subject] = msgspec.structs.replace(
                        record, revision=record.revision + 1
                    )
        return refused

    def delete_records(self, subjects: Collection[str]) -> None:
        with self._lock:
            for subject in subjects:
                self._records.pop(subject, None)

    def read_members(self, entries: Iterable[str]) -> dict[str, frozenset[str]]:
        with self._lock:
            return {entry: held for entry in entries if (held := self._members.get(entry))}

    def add_members(self, members: Mapping[str, Collection[str]]) -> None:
        with self._lock:
            for entry, added in members.items():
                self._members[entry] = self._members.get(entry, _NOBODY) | frozenset(added)

    def remove_members(self, members: Mapping[str, Collection[str]]) -> None:
        with self._lock:
            for entry, removed in members.items():
                self._members[entry] = self._members.get(entry, _NOBODY).difference(removed)

    def put_matches(self, matches: Sequence[PossibleMatch]) -> None:
        with self._lock:
            self._matches |= {match.id: match for match in matches}

    def list_matches(self, limit: int, after: str = "") -> list[PossibleMatch]:
        with self._lock:
            return [self._matches[id_] for id_ in sorted(self._matches) if id_ > after][:limit]

    def read_match(self, match_id: str) -> PossibleMatch | None:
        with self._lock:
            return self._matches.get(match_id)

    def delete_matches(self, match_ids: Collection[str]) -> None:
        with self._lock:
            for id_ in match_ids:
                self._matches.pop(id_, None)
