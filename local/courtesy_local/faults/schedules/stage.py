"""The stage: processes that give way at every call to the outside, one seeded order of them, one clock, and faults.

A process is a greenlet; whenever it calls a port it stops, and the hub decides who goes on. What happens to a call is drawn
from the same seed: nothing, an outage before or after it was done, the end of the process before or after it, or a wait.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from courtesy.errors import CourtesyError, OutsideFailed
from courtesy_local.faults.plan import Killed

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
GIVES_WAY = 0.5
"""Share of calls at which somebody else may run first; any order can still come about."""
STEP = timedelta(milliseconds=5)
T = TypeVar("T")


class Process:
    """One invocation. `ended`: called with whether it came to its end without an error."""

    __slots__ = ("ended", "inner", "name")

    def __init__(self, name: str, act: Callable[[], Any], ended: Callable[[bool], None]) -> None:
        self.name, self.ended = name, ended
        self.inner = greenlet(lambda: _run(act))


def _run(act: Callable[[], Any]) -> bool:
    try:
        act()
    except (Killed, CourtesyError):
        return False
    return True


class Stage:
    """Who runs, what time it is, how much has happened. `trouble`: share of calls that something happens to."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = MONDAY
        self.trouble = 0.0
        self.boundaries = 0
        self.seq = 0
        self.alive: list[Process] = []
        self.current: Process | None = None
        """Who runs; nobody while the hub does, and at rest."""
        self._hub = getcurrent()

    def clock(self) -> datetime:
        """The current instant; it moves on a little whenever somebody runs."""
        return self.now

    def mark(self) -> int:
        """The place of something that really happened among everything that did."""
        self.seq += 1
        return self.seq

    def call(self, do: Callable[[], T]) -> T:
        """A call to the outside: others may run first, and it may fail, done or not."""
        self.boundaries += 1
        if self.current is None:
            return do()
        draw = self.rng.random()
        if draw < GIVES_WAY:
            self._hub.switch()
        elif draw > 1 - self.trouble:
            return self._troubled(do)
        return do()

    def batch(self, parts: Sequence[Callable[[], object]]) -> None:
        """A call of several parts that are not one transaction: a fault may leave the first of them done."""
        self.boundaries += 1
        if self.current is None:
            for part in parts:
                part()
            return
        done, error = len(parts), None
        draw = self.rng.random()
        if draw < GIVES_WAY:
            self._hub.switch()
        elif draw > 1 - self.trouble:
            done = self.rng.randint(0, len(parts))
            error = Killed() if self.rng.random() < 0.5 else OutsideFailed("the batch was not done whole")
        for part in parts[:done]:
            part()
        if error is not None:
            raise error

    def _troubled(self, do: Callable[[], T]) -> T:
        draw = self.rng.random()
        if draw < 0.2:
            raise Killed
        if draw < 0.4:
            do()
            raise Killed
        if draw < 0.6:
            raise OutsideFailed("no answer, and nothing was done")
        if draw < 0.8:
            do()
            raise OutsideFailed("no answer, though it was done")
        for _ in range(self.rng.randint(1, 12)):  # long pauses between two calls
            self._hub.switch()
        return do()

    def start(self, name: str, act: Callable[[], Any], ended: Callable[[bool], None]) -> None:
        """Let a process begin; it runs up to its first call."""
        process = Process(name, act, ended)
        self.alive.append(process)
        self.resume(process)

    def at_rest(self, act: Callable[[], Any]) -> bool:
        """Run a process from its start to its end, alone; whether it came to its end without an error."""
        self.now += STEP
        return _run(act)

    def resume(self, process: Process) -> None:
        """Let one process go on until it gives way."""
        self.now += STEP
        self.current = process
        answer = process.inner.switch()
        self.current = None
        if process.inner.dead:
            self._gone(process, bool(answer))

    def step(self) -> None:
        """Let one process go on, whichever the seed says."""
        self.resume(self.alive[int(self.rng.random() * len(self.alive))])

    def finish(self) -> None:
        """Let all processes come to their end."""
        while self.alive:
            self.step()

    def kill(self) -> None:
        """End all processes where they stand, as their time limits do."""
        for process in list(self.alive):
            self.current = process
            process.inner.throw(Killed)
            self.current = None
            self._gone(process, False)

    def _gone(self, process: Process, well: bool) -> None:
        self.alive.remove(process)
        process.ended(well)
