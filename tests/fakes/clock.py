"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, the instant at which fake clocks start."""


class FakeClock:
    """`ports.Clock` under a test's control."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __repr__(self) -> str:
        return f"FakeClock({self.now.isoformat()})"

    def __call__(self) -> datetime:
        return self.now

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move on and return the new instant."""
        self.now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self.now
