"""The exhaustive part: each AWS call of each path with each fault, singly and in pairs, below botocore."""

import random
from collections.abc import Callable, Sequence
from itertools import combinations

from courtesy.outcomes import ContactState
from courtesy_local.faults.cycle_story import CycleStory, judge_cycles, lay_cycles
from courtesy_local.faults.erase_story import EraseStory, judge_erasure
from courtesy_local.faults.harness import CONTACT, Path, Verdict, harness, singles
from courtesy_local.faults.intake_story import IntakeStory, judge_intake, lay_sources
from courtesy_local.faults.judge import judge
from courtesy_local.faults.people_story import PeopleStory, judge_people, lay_people
from courtesy_local.faults.plan import Fault, Planned
from courtesy_local.faults.pool import pool_of
from courtesy_local.faults.post_story import PostStory, lay_postal_ground

PATHS: dict[str, Path] = {
    "contact": CONTACT,
    "mailing": Path(lay_postal_ground, PostStory, lambda story: judge(story, ContactState.SENT)),
    "people": Path(lay_people, PeopleStory, judge_people),
    "erase": Path(lay_people, EraseStory, judge_erasure),
    "intake": Path(lay_sources, IntakeStory, judge_intake),
    "cycle": Path(lay_cycles, CycleStory, judge_cycles),
}
"""reserve, release, send, settle by e-mail; the same by letter with make_mailing; load, merge and split; erase while
sending; drop files, read and load them; decide the parts of cycles."""

PAIRED = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.SILENCE)
"""What a process or an answer that is gone looks like: in pairs, each with each."""
_PART = 40
"""Plans that a process runs before it takes the next ones."""


def run_paths(
    pairs: int = 0,
    seed: int = 1,
    processes: int = 1,
    paths: Sequence[str] = tuple(PATHS),
    told: Callable[[int], None] = lambda _: None,
    share: tuple[int, int] = (1, 1),
) -> dict[str, Verdict]:
    """These paths under every single fault, and `pairs` pairs of faults of each (drawn by `seed`); path -> verdict.

    share: (i, n) runs the i-th of n parts of it; together the parts are the whole
    """
    parts: list[tuple[str, list[list[Planned]]]] = []
    for name in paths:
        with harness(PATHS[name]) as held:
            calls = held.calls()
        plans = [*singles(calls), *drawn_pairs(calls, pairs, seed)][share[0] - 1 :: share[1]]
        parts += [(name, plans[start : start + _PART]) for start in range(0, len(plans), _PART)]
    verdicts = {name: Verdict() for name in paths}
    done = 0
    with pool_of(processes) as pool:
        for (name, _), verdict in zip(parts, pool(run_part, *zip(*parts, strict=True)), strict=True):
            verdicts[name].add(verdict)
            done += verdict.schedules
            told(done)
    return verdicts


def run_part(name: str, plans: Sequence[Sequence[Planned]]) -> Verdict:
    """Some plans of one path, in this process."""
    with harness(PATHS[name]) as held:
        held.run()  # every function is warm, as when the calls were counted
        return held.every(plans)


def drawn_pairs(calls: Sequence[str], number: int, seed: int) -> list[list[Planned]]:
    """So many different pairs of faults at two calls that change something; all of them where there are no more."""
    chance = random.Random(seed)
    places = list(combinations([n for n, call in enumerate(calls) if changes(call)], 2))
    kinds = [(first, second) for first in PAIRED for second in PAIRED]
    number = min(number, len(places) * len(kinds))
    drawn = chance.sample(range(len(places) * len(kinds)), number)
    pairs = [(places[n // len(kinds)], kinds[n % len(kinds)]) for n in sorted(drawn)]
    return [[Planned(at[0], kind[0]), Planned(at[1], kind[1])] for at, kind in pairs]


def changes(call: str) -> bool:
    """Whether a call writes or sends something: a process that ends around a reading has done as much as before it."""
    return not any(word in call for word in ("query", "get", "scan", "list", "head"))


__all__ = ["PATHS", "drawn_pairs", "run_part", "run_paths"]
