"""Running the story under faults: each call with each fault, or schedules by seed; and the wrong designs."""

import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

from courtesy_aws.observability import logger, metrics
from courtesy_aws.secrets import hash_key
from courtesy_local.faults.designs import WRONG
from courtesy_local.faults.judge import KINDS, Violation, judge
from courtesy_local.faults.plan import Fault, Planned, applies
from courtesy_local.faults.story import Story, cold, environment, lay_ground
from courtesy_local.faults.telling import Telling
from courtesy_local.faults.wire import Wire, attached
from courtesy_local.faults.world import Run


@dataclass
class Verdict:
    """What many runs came to. `failing`: the plans that broke a promise, to be replayed alone."""

    schedules: int = 0
    boundaries: int = 0
    violations: Counter[str] = field(default_factory=Counter)
    failing: list[tuple[list[Planned], list[Violation]]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: "Verdict") -> None:
        """Put another part's figures to these."""
        self.schedules += other.schedules
        self.boundaries += other.boundaries
        self.violations += other.violations
        self.failing += other.failing
        self.seconds += other.seconds

    def as_json(self) -> dict[str, Any]:
        """The form of `courtesy faults --json`."""
        return {
            "schedules": self.schedules,
            "boundaries": self.boundaries,
            "violations": {kind: self.violations[kind] for kind in KINDS},
            "seconds": round(self.seconds, 2),
            "failing": [
                json.dumps([[planned.at, planned.fault.value] for planned in plan])
                for plan, _ in self.failing[:20]
            ],
        }


class Path(NamedTuple):
    """One way through the system: the ground it starts from, its story, and who judges it."""

    lay_ground: Callable[[Run], object]
    story: Callable[[Run], Telling]
    judge: Callable[[Telling], list[Violation]]


CONTACT = Path(lay_ground, Story, judge)
"""Reserve, release, send, settle by e-mail."""


class Harness:
    """Holds the world before anything may fail; every run starts from a copy of it."""

    def __init__(self, wire: Wire, path: Path) -> None:
        self.wire, self.path = wire, path
        self.ground = Run()
        wire.world = self.ground
        path.lay_ground(self.ground)

    def run(self, planned: Sequence[Planned] = ()) -> tuple[Telling, list[Violation]]:
        """Tell the story once under these faults."""
        run = self.ground.copied(planned)
        self.wire.world = run
        metrics.clear_metrics()
        random.seed(0)  # botocore's pauses between attempts are drawn from here
        story = self.path.story(run)
        run.counting = True
        story.tell()
        run.counting = False
        return story, self.path.judge(story)

    def calls(self) -> list[str]:
        """The AWS calls of the story when nothing fails and every function is warm."""
        self.run()
        story, _ = self.run()
        return story.run.calls

    def every(self, plans: Sequence[Sequence[Planned]], *, until_caught: bool = False) -> Verdict:
        """Run each plan and judge it."""
        verdict, begun = Verdict(), perf_counter()
        for plan in plans:
            story, violations = self.run(plan)
            verdict.schedules += 1
            verdict.boundaries += len(story.run.calls)
            verdict.violations.update(violation.kind for violation in violations)
            if violations:
                verdict.failing.append((list(plan), violations))
                if until_caught:
                    break
        verdict.seconds = perf_counter() - begun
        return verdict

    def seeded(self, design: str, services: Sequence[str] = ("sesv2", "dynamodb.transact")) -> Verdict:
        """Run a wrong design until it is caught, with single faults at its own calls of these services."""
        cold()
        try:
            with WRONG[design](self.wire):
                return self.every(singles(self.calls(), services), until_caught=True)
        finally:
            cold()


@contextmanager
def harness(path: Path = CONTACT) -> Iterator[Harness]:
    """A harness with clients of its own; logs and metrics are silent meanwhile."""
    current: dict[str, Wire] = {}

    def world() -> Any:
        return current["wire"].world

    level = logger.log_level
    logger.setLevel(logging.CRITICAL)
    try:
        with environment(), attached(world) as wire:
            current["wire"] = wire
            hash_key.cache_clear()
            cold()
            yield Harness(wire, path)
    finally:
        cold()
        hash_key.cache_clear()
        metrics.clear_metrics()
        logger.setLevel(level)


def singles(calls: Sequence[str], services: Sequence[str] = ("",)) -> list[list[Planned]]:
    """Each call whose name starts with one of `services` (all, unless told) with each fault."""
    return [
        [Planned(n, fault)]
        for n, call in enumerate(calls)
        if call.startswith(tuple(services))
        for fault in Fault
        if applies(fault, call)
    ]


def random_plans(calls: int, schedules: int, seed: int) -> list[list[Planned]]:
    """Schedules of one to six faults; the same seed gives the same ones."""
    chance = random.Random(seed)
    return [
        [Planned(chance.randrange(calls), chance.choice(list(Fault))) for _ in range(chance.randint(1, 6))]
        for _ in range(schedules)
    ]
