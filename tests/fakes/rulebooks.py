"""`ports.RulebookStore` in memory."""

from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any

from courtesy.errors import NotFound
from courtesy.rulebook.files import files_of
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.versions import Published, make_rulebook


class InMemoryRulebookStore:
    """Published versions in the order of their publication; `InMemoryRulebookStore(rulebook)` starts with one."""

    def __init__(self, *published: Rulebook) -> None:
        self._versions = [book.model_copy(update={"version": n}) for n, book in enumerate(published, 1)]
        self._history: list[Published] = []
        self._files: dict[int, dict[str, str]] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"InMemoryRulebookStore({len(self._versions)} versions)"

    def current(self) -> Rulebook:
        return self.version(self.in_force())

    def in_force(self) -> int:
        if not self._versions:
            raise NotFound("no rulebook is published yet; publish one with `courtesy rulebook publish`")
        return len(self._versions)

    def version(self, number: int) -> Rulebook:
        if not 1 <= number <= len(self._versions):
            raise NotFound(f"rulebook version {number} does not exist")
        return self._versions[number - 1]

    def publish(
        self,
        sections: Mapping[str, object],
        by: str,
        at: datetime,
        *,
        files: Mapping[str, str] | None = None,
        beside: Any = None,
    ) -> Rulebook:
        with self._lock:
            rulebook = make_rulebook(sections, len(self._versions) + 1)
            if beside is not None:
                beside()
            self._versions.append(rulebook)
            if files is not None:
                self._files[rulebook.version] = dict(files)
            self._history.insert(0, Published(rulebook.version, by, at))
        return rulebook

    def files(self, number: int) -> dict[str, str]:
        rulebook = self.version(number)
        return dict(self._files[number]) if number in self._files else files_of(rulebook)

    def history(self) -> list[Published]:
        return list(self._history)
