"""Learning the weights of agreement without knowing who is who: expectation and maximisation over pairs.

Model (Fellegi and Sunter 1969; Winkler 1988): a pair is a match with probability p, and given that, its levels are independent
of each other. u, the share of a level among non-matches, comes from random pairs, nearly all of which are; m and p come
from the pairs that meet in a block, by rounds of expectation and maximisation. A weight is log2(m/u).
"""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from math import log2
from typing import NamedTuple

from courtesy.identity.block import entries_of
from courtesy.identity.compare import Levels, levels_of
from courtesy.identity.link import weigh
from courtesy.identity.normalise import traits_of
from courtesy.identity.rules import IdentityRules
from courtesy.timeline.events import Scalar

MOST_PAIRS = 200_000
"""Pairs of each kind that are looked at."""
ROUNDS = 30
SETTLED = 0.001
PRIOR = 10.0
"""The given weights count as much as so many pairs, so that a level that hardly occurs keeps its weight."""
LIMIT = 20.0
"""No level weighs more bits than this, for or against."""

Shares = dict[str, dict[str, float]]


class Learnt(NamedTuple):
    """The rules with the weights learnt, from how many pairs, in how many rounds."""

    rules: IdentityRules
    pairs: int
    rounds: int


def learn(records: Mapping[str, Mapping[str, Scalar]], rules: IdentityRules) -> Learnt:
    """Estimate the weights from records (subject -> canonical fields). The rules given are where the search starts.

    The order of the records does not matter; fields that no record has keep their weights.
    """
    people = [traits_of(records[subject], rules.region) for subject in sorted(records)]
    step = max(1, len(people) // 7)
    random_pairs = [
        levels_of(people[at], people[(at + gap) % len(people)])
        for gap in range(step, len(people), max(1, len(people) // 23))
        for at in range(len(people))
    ][:MOST_PAIRS]
    blocks: dict[str, list[int]] = {}
    for at, person in enumerate(people):
        for entry in entries_of(person):
            blocks.setdefault(entry, []).append(at)
    met = {
        pair
        for held in blocks.values()
        if 1 < len(held) <= rules.block_bound
        for pair in combinations(held, 2)
    }
    pairs = [levels_of(people[a], people[b]) for a, b in sorted(met)[:MOST_PAIRS]]
    by_chance = _shares(
        Counter((f, level) for levels in random_pairs for f, level in levels.items()), rules, chance=True
    )
    current, rounds = rules, 0
    for rounds in range(1, ROUNDS + 1):  # noqa: B007 - the last round is reported
        matched: Counter[tuple[str, str]] = Counter()
        for levels in pairs:
            share = _probability(levels, current)
            if share > 0.001:
                for field, level in levels.items():
                    matched[field, level] += share  # type: ignore[assignment]
        weights = _weights(_shares(matched, current, chance=False), by_chance, current)
        change = max(
            abs(weights[f][level] - current.weights[f][level]) for f in weights for level in weights[f]
        )
        current = rules.model_copy(update={"weights": weights})
        if change < SETTLED:
            break
    return Learnt(current, len(pairs), rounds)


def _probability(levels: Levels, rules: IdentityRules) -> float:
    """That the pair is a match; even odds lie midway between the thresholds."""
    odds = weigh(levels, rules) - (rules.same + rules.possible) / 2
    return float(1 / (1 + 2.0 ** -max(-60.0, min(60.0, odds))))


def _shares(counts: Mapping[tuple[str, str], float], rules: IdentityRules, *, chance: bool) -> Shares:
    """Share of each level in its field, smoothed by what the given weights imply."""
    shares: Shares = {}
    for field, table in rules.weights.items():
        total = sum(counts.get((field, level), 0.0) for level in table)
        if total <= 0:
            continue
        prior = _implied(table, chance=chance)
        shares[field] = {
            level: (counts.get((field, level), 0.0) + PRIOR * prior[level]) / (total + PRIOR)
            for level in table
        }
    return shares


def _implied(table: Mapping[str, float], *, chance: bool) -> dict[str, float]:
    """Shares that go with weights, taking it that `different` is the rest of chance and a tenth of matches."""
    by_chance = {level: 0.9 * 2.0 ** -max(weight, 0.0) / len(table) for level, weight in table.items()}
    if "different" in by_chance:
        by_chance["different"] = 1 - sum(share for level, share in by_chance.items() if level != "different")
    if chance:
        return by_chance
    matched = {level: by_chance[level] * 2.0**weight for level, weight in table.items()}
    whole = sum(matched.values())
    return {level: share / whole for level, share in matched.items()}


def _weights(matched: Shares, by_chance: Shares, rules: IdentityRules) -> dict[str, dict[str, float]]:
    weights = {}
    for field, table in rules.weights.items():
        if field not in matched or field not in by_chance:
            weights[field] = dict(table)
            continue
        weights[field] = {
            level: round(max(-LIMIT, min(LIMIT, log2(matched[field][level] / by_chance[field][level]))), 2)
            for level in table
        }
    return weights
