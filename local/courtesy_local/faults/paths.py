"""The exhaustive part: each AWS call of each path with each fault, singly and in pairs, below botocore."""

import random
from collections.abc import Sequence
from itertools import combinations

from courtesy_local.faults.harness import Verdict, harness, singles
from courtesy_local.faults.plan import Fault, Planned


def run_paths(pairs: int = 0, seed: int = 1) -> dict[str, Verdict]:
    """Every path under every single fault, and `pairs` pairs of faults of each (drawn by `seed`); path -> verdict."""
    with harness() as held:
        calls = held.calls()
        return {"contact": held.every([*singles(calls), *drawn_pairs(calls, pairs, seed)])}


def drawn_pairs(calls: Sequence[str], number: int, seed: int) -> list[list[Planned]]:
    """So many different pairs of faults at two calls; all of them where there are no more."""
    chance, places = random.Random(seed), list(combinations(range(len(calls)), 2))
    kinds = [(first, second) for first in Fault for second in Fault]
    if number >= len(places) * len(kinds):
        chosen = [(place, kind) for place in places for kind in kinds]
    else:
        drawn = chance.sample(range(len(places) * len(kinds)), number)
        chosen = [(places[n // len(kinds)], kinds[n % len(kinds)]) for n in drawn]
    return [[Planned(at[0], kind[0]), Planned(at[1], kind[1])] for at, kind in chosen]
