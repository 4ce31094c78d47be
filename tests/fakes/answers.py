"""`courtesy_aws.tables.answers` in memory."""

from collections.abc import Collection
from datetime import datetime, timedelta

from courtesy_aws.tables.answers import KEPT, LEASE, Held


class InMemoryAnswers:
    """Answers by key, with until when each is left alone and kept."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[Held, datetime, datetime]] = {}
        self.about: dict[str, set[str]] = {}
        self.asked: dict[tuple[str, int], int] = {}

    def __repr__(self) -> str:
        return f"InMemoryAnswers({len(self.held)} keys)"

    def take(self, key: str, request: str, now: datetime) -> Held | None:
        """Take the key for this request; None where that worked, else what stands under it."""
        if key in self.held:
            held, taken_until, expires = self.held[key]
            abandoned = not held.answer and taken_until < now and held.request == request
            if expires >= now and not abandoned:
                return held
        self.held[key] = (Held(request, ""), now + LEASE, now + KEPT)
        return None

    def keep(self, key: str, request: str, answer: str, about: Collection[str], now: datetime) -> None:
        """Store the answer under a key that was taken, filed under the customers whom it is about."""
        for customer_id in about:
            self.about.setdefault(customer_id, set()).add(key)
        self.held[key] = (Held(request, answer), now - timedelta(seconds=1), now + KEPT)

    def forget(self, customer_ids: Collection[str]) -> None:
        """Remove all answers about these customers."""
        for customer_id in customer_ids:
            for key in self.about.pop(customer_id, ()):
                self.held.pop(key, None)

    def count(self, who: str, limit: int, now: datetime) -> bool:
        """Count a request within its minute; False where `limit` were made already."""
        minute = (who, int(now.timestamp()) // 60)
        if self.asked.get(minute, 0) >= limit:
            return False
        self.asked[minute] = self.asked.get(minute, 0) + 1
        return True

    def release(self, key: str, request: str, now: datetime) -> None:
        """Give a key back whose request failed."""
        self.held[key] = (Held(request, ""), now - timedelta(seconds=1), now + KEPT)
