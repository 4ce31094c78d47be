"""`courtesy_aws.tables.answers` in memory."""

from datetime import datetime, timedelta

from courtesy_aws.tables.answers import KEPT, LEASE, Held


class InMemoryAnswers:
    """Answers by key, with until when each is left alone and kept."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[Held, datetime, datetime]] = {}

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

    def keep(self, key: str, request: str, answer: str, now: datetime) -> None:
        """Store the answer under a key that was taken."""
        self.held[key] = (Held(request, answer), now - timedelta(seconds=1), now + KEPT)

    def release(self, key: str, request: str, now: datetime) -> None:
        """Give a key back whose request failed."""
        self.held[key] = (Held(request, ""), now - timedelta(seconds=1), now + KEPT)
