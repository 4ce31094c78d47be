"""`ports.Queue` in memory: what was sent, in the order it was sent."""

import json
from collections.abc import Sequence
from threading import Lock
from typing import Any


class InMemoryQueue:
    """One queue to write to; `sent` holds (body, delay)."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, int]] = []
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"InMemoryQueue({len(self.sent)} messages)"

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:
        with self._lock:
            self.sent += [(bytes(body), delay) for body in bodies]

    def bodies(self) -> list[Any]:
        """The messages as JSON values."""
        return [json.loads(body) for body, _ in self.sent]

    def take(self) -> list[Any]:
        """The messages as JSON values; the queue is empty afterwards."""
        with self._lock:
            taken, self.sent = self.sent, []
        return [json.loads(body) for body, _ in taken]
