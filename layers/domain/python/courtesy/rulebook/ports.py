"""What the rulebook's desk asks of the outside, besides `ports.RulebookStore`."""

from collections.abc import Sequence
from typing import Any, Protocol

from courtesy.rulebook.drafts import Draft


class DraftStore(Protocol):
    """The drafts in the `rulebooks` table. One contract suite: `tests/contract/test_draft_store.py`."""

    def read(self, draft_id: str) -> Draft:
        """A draft with its files. Raises NotFound."""
        ...

    def write(self, draft: Draft) -> None:
        """Put a draft on condition that the stored one is of the revision before (1: there is none). Raises Stale, RefusedRule."""
        ...

    def all(self) -> Sequence[Draft]:
        """All drafts without their files, the latest changed first."""
        ...

    def settling(self, draft: Draft) -> Any:
        """What makes `RulebookStore.publish` write this draft in its own transaction, on the same condition as `write`."""
        ...
