"""Many schedules, over as many processes as there are cores; each is its seed and nothing else, so one replays alone."""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import NamedTuple
from unittest.mock import patch

from courtesy.identity import hashing
from courtesy.timeline import events
from courtesy_local.faults.judge import Violation
from courtesy_local.faults.pool import pool_of
from courtesy_local.faults.schedules.columns import judge_all, schedule_of
from courtesy_local.faults.schedules.law import ground
from courtesy_local.faults.schedules.wrong import WRONG

KINDS = ("duplicate", "cap", "after_withdrawal", "during_case", "lost", "fold")
TOLD = 20
"""So many failing seeds are told of."""
_BETWEEN = 200
"""Schedules between two collections of garbage: a world is a circle of references, and collecting costs as much as running."""


class Failure(NamedTuple):
    """A seed whose schedule broke promises."""

    seed: int
    violations: list[Violation]


@dataclass
class Outcome:
    """What many schedules came to. `violations`: schedules that broke the promise, by promise."""

    schedules: int = 0
    boundaries: int = 0
    violations: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: "Outcome") -> None:
        """Put another part's figures to these; the time is not added, parts run side by side."""
        self.schedules += other.schedules
        self.boundaries += other.boundaries
        self.violations += other.violations
        self.failures = sorted([*self.failures, *other.failures])[:TOLD]


@contextmanager
def remembered() -> Iterator[None]:
    """Keyed hashes and instants as text are worked out once: the same few come again in every schedule."""
    quick = lru_cache(1 << 14)(hashing.keyed_hash)
    users = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("courtesy") and getattr(module, "keyed_hash", None) is hashing.keyed_hash
    ]
    with ExitStack() as stack:
        for module in users:
            stack.enter_context(patch.object(module, "keyed_hash", quick))
        stack.enter_context(patch.object(events, "_instant", lru_cache(1 << 14)(events._instant)))
        yield


def run_schedules(seed: int, schedules: int, *, design: str = "", until_caught: bool = False) -> Outcome:
    """Run the schedules `seed`, `seed + 1` ... in this process; with a wrong `design` in place where one is named."""
    ground()
    outcome, begun = Outcome(), perf_counter()
    was = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        with remembered(), WRONG[design]() if design else nullcontext():
            for n in range(seed, seed + schedules):
                run = schedule_of(n).run()
                violations = judge_all(run)
                outcome.schedules += 1
                outcome.boundaries += run.stage.boundaries
                if violations:
                    outcome.violations.update({violation.kind for violation in violations})
                    if len(outcome.failures) < TOLD:
                        outcome.failures.append(Failure(n, violations))
                    if until_caught:
                        break
                if n % _BETWEEN == 0:
                    gc.collect()
    finally:
        gc.unfreeze()
        if was:
            gc.enable()
    outcome.seconds = perf_counter() - begun
    return outcome


def run_many(
    seed: int, schedules: int, processes: int, told: Callable[[int], None] = lambda _: None
) -> Outcome:
    """`run_schedules` spread over processes; the same seeds, so the same outcome, however many there are.

    told: is called with the schedules done so far
    """
    if schedules < 100:
        return run_schedules(seed, schedules)
    ground()
    begun, outcome = perf_counter(), Outcome()
    with pool_of(processes) as pool:
        for part in pool(run_schedules, *zip(*_parts(seed, schedules, processes), strict=True)):
            outcome.add(part)
            told(outcome.schedules)
    outcome.seconds = perf_counter() - begun
    return outcome


def _parts(seed: int, schedules: int, processes: int) -> Iterator[tuple[int, int]]:
    size = max(50, min(2000, schedules // (processes * 4)))
    for start in range(0, schedules, size):
        yield seed + start, min(size, schedules - start)
