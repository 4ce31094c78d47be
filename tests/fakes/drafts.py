"""`rulebook.ports.DraftStore` in memory."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from courtesy.errors import NotFound, Stale
from courtesy.rulebook.drafts import Draft


class InMemoryDraftStore:
    """Drafts by id."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def __repr__(self) -> str:
        return f"InMemoryDraftStore({len(self._drafts)} drafts)"

    def read(self, draft_id: str) -> Draft:
        if draft_id not in self._drafts:
            raise NotFound(f"there is no draft {draft_id!r}")
        return self._drafts[draft_id]

    def write(self, draft: Draft) -> None:
        held = self._drafts.get(draft.draft_id)
        if (held.revision if held else 0) != draft.revision - 1:
            raise Stale("the draft was changed meanwhile; look at it again")
        self._drafts[draft.draft_id] = draft

    def all(self) -> Sequence[Draft]:
        found = sorted(
            self._drafts.values(), key=lambda draft: (draft.changed_at, draft.draft_id), reverse=True
        )
        return [replace(draft, files={}) for draft in found]

    def settling(self, draft: Draft) -> Callable[[], None]:
        return lambda: self.write(draft)
