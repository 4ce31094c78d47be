"""`identity.ports.IdentityIndex` in memory, counting what it is asked for; faults can be put at every call."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from courtesy.identity.memory import MemoryIndex
from courtesy.identity.record import IndexedRecord, PossibleMatch

Hook = Callable[[str], None]


class InMemoryIdentityIndex(MemoryIndex):
    """The memory index with an eye on its calls.

    items:  how many items each method has read or written, after leaving out repetitions
    before: called with the method's name before anything is done; raising there is a crash
    """

    def __init__(self, before: Hook = lambda _: None) -> None:
        super().__init__()
        self.items: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.before = before

    def read_records(self, subjects: Iterable[str]) -> dict[str, IndexedRecord]:
        asked = self._asked("read_records", subjects)
        return super().read_records(asked)

    def write_records(self, records: Sequence[IndexedRecord]) -> set[str]:
        self._asked("write_records", [record.subject for record in records])
        return super().write_records(records)

    def delete_records(self, subjects: Collection[str]) -> None:
        super().delete_records(self._asked("delete_records", subjects))

    def read_members(self, entries: Iterable[str]) -> dict[str, frozenset[str]]:
        asked = self._asked("read_members", entries)
        return super().read_members(asked)

    def add_members(self, members: Mapping[str, Collection[str]]) -> None:
        self._asked("add_members", members)
        super().add_members(members)

    def remove_members(self, members: Mapping[str, Collection[str]]) -> None:
        self._asked("remove_members", members)
        super().remove_members(members)

    def put_matches(self, matches: Sequence[PossibleMatch]) -> None:
        self._asked("put_matches", [match.id for match in matches])
        super().put_matches(matches)

    def delete_matches(self, match_ids: Collection[str]) -> None:
        self._asked("delete_matches", match_ids)
        super().delete_matches(match_ids)

    def _asked(self, method: str, names: Iterable[str]) -> list[str]:
        self.before(method)
        unique = list(dict.fromkeys(names))
        self.items[method] += len(unique)
        self.calls[method] += 1
        return unique
