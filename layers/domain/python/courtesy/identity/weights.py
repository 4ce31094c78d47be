"""Learning the weights of agreement without knowing who is who: expectation and maximisation over pairs.

Model (Fellegi and Sunter 1969; Winkler 1988): a pair is a match with probability p, and given that, its levels are independent
of each other. u, the share of a level among non-matches, comes from random pairs, nearly all of which are, and where it is an
agreement from how often the values occur; m and p come from the pairs that meet in a block, by rounds of expectation and
maximisation. A weight is log2(m/u). Relatives count as matches as little as the rules take them for one person.

The thresholds follow: a pair is the same person where the odds, log2(p/(1-p)) and its weight, are `CERTAIN` bits or more.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import log2
from typing import NamedTuple
from zlib import crc32

from courtesy.identity.block import entries_of, name_sounds
from courtesy.identity.compare import Levels, levels_of
from courtesy.identity.families import holds_families
from courtesy.identity.link import against_kin, levels_between, rarity, weigh
from courtesy.identity.rules import IdentityRules, NameFrequencies
from courtesy.identity.traits import Traits

MOST_PAIRS = 20_000
"""Pairs that are looked at."""
MOST_HELD = 1_000_000
"""Meetings of pairs from which on not every pair is held to choose those from."""
RANDOM_PAIRS = 3_000
"""Random pairs that are looked at."""
ROUNDS = 25
SETTLED = 0.01
PRIOR = 40.0
"""The given weights count as much as so many pairs, so that a level that hardly occurs keeps its weight."""
FEW = 3.0
"""Agreements by chance that the given weights count for."""
LIMIT = 20.0
"""No level weighs more bits than this, for or against."""
BELOW = 3.0
"""Bits by which a weight may fall below the given one."""
CERTAIN = 6.5
"""Bits in favour of one person from which two records are one."""
DOUBTFUL = 0.0
"""Bits from which a person is asked."""
LEAST = 15.0
"""However few the records, two are not taken for one by fewer bits."""
NAMES = 300
"""Names of which the frequency is kept; the others are taken to be rarer than these."""
MANY = 12
"""A date is no birthday that more people have, and so many times as many as usual."""
LEAST_SHARE = 0.001
"""A name is listed that so large a share of the people have."""

Shares = dict[str, dict[str, float]]


class Learnt(NamedTuple):
    """The rules with the weights learnt, from how many pairs, in how many rounds; matches: as many pairs are of one person."""

    rules: IdentityRules
    pairs: int
    rounds: int
    matches: float


def learn(people: Sequence[Traits], rules: IdentityRules) -> Learnt:
    """Estimate weights and thresholds from people. The rules given are where the search starts and what few pairs cannot change.

    The order of the people does not matter; fields that nobody has keep their weights.
    """
    people = sorted(people, key=_scattered)
    families = rules.families and holds_families(people)
    known = {"families": families, "frequencies": _frequencies(people), "empty_dates": _empty_dates(people)}
    start = rules.model_copy(update=known)
    met, times = _met(people, rules)
    pairs = [
        (levels_between(people[a], people[b], start), rarity(people[a], people[b], start)) for a, b in met
    ]
    by_chance = _by_chance(people, rules)
    agreements = _agreements(people)
    everybody = max(len(people) * (len(people) - 1) / 2, 1.0)
    odds = -(rules.same + rules.possible) / 2
    current, rounds, matches = start, 0, 0.0
    for rounds in range(1, ROUNDS + 1):  # noqa: B007 - the last round is reported
        matched: Counter[tuple[str, str]] = Counter()
        matches = 0.0
        for levels, rare in pairs:
            share = _probability(levels, rare, current, odds)
            matches += share
            if share > 0.001:
                for field, level in levels.items():
                    matched[field, level] += share  # type: ignore[assignment]
        chance = _without_matches(by_chance, agreements, matched, rules)
        weights = _weights(_shares(matched, rules, chance=False), chance, rules)
        change = max(
            abs(weights[f][level] - current.weights[f][level]) for f in weights for level in weights[f]
        )
        current = current.model_copy(update={"weights": weights})
        # of the pairs looked at, not of as many as there are: the larger a file, the more cautious it makes
        odds = log2((matches + 1) / everybody)
        if change < SETTLED:
            break
    learnt_share = matches / (matches + PRIOR)
    same = round(learnt_share * max(LEAST, CERTAIN - odds) + (1 - learnt_share) * rules.same, 2)
    possible = round(same - CERTAIN + DOUBTFUL, 2)
    learnt = current.model_copy(update={"same": same, "possible": possible})
    return Learnt(learnt, len(pairs), rounds, round(matches * times, 1))


def _scattered(person: Traits) -> tuple[int, str]:
    """An order that hangs on the people alone and brings no namesakes together."""
    text = repr(person)
    return crc32(text.encode()), text


def _met(people: Sequence[Traits], rules: IdentityRules) -> tuple[list[tuple[int, int]], float]:
    """The pairs that share a block, or as many of them as are looked at, evenly taken; and how many times as many there are."""
    blocks: dict[str, list[int]] = {}
    for at, person in enumerate(people):
        for entry in entries_of(person):
            blocks.setdefault(entry, []).append(at)
    bounded = [held for held in blocks.values() if 1 < len(held) <= rules.block_bound]
    every = sum(len(held) * (len(held) - 1) // 2 for held in bounded) // MOST_HELD + 1
    # of very many pairs every so many-th is held, by a number made of the pair: however often it meets, and in any order
    met = {
        (one, two)
        for held in bounded
        for one, two in combinations(held, 2)
        if every == 1 or (one * _SPREAD + two) % _PRIME % every == 0
    }
    looked_at = sorted(met)[:: len(met) // MOST_PAIRS + 1]
    return looked_at, every * len(met) / max(len(looked_at), 1)


_SPREAD, _PRIME = 2_654_435_761, 4_294_967_291


def _by_chance(people: Sequence[Traits], rules: IdentityRules) -> Shares:
    """Share of each level among pairs of strangers: of agreement by how often values occur, of the others by random pairs."""
    counts: Counter[tuple[str, str]] = Counter()
    count = len(people)
    gaps = range(max(1, count // 7), count, max(1, count // 23))
    left = RANDOM_PAIRS
    for gap in gaps:
        for at in range(0, count, max(1, count * len(gaps) // RANDOM_PAIRS)):
            if left <= 0:
                break
            left -= 1
            for field, level in levels_of(people[at], people[(at + gap) % count]).items():
                counts[field, level] += 1
    return _shares(counts, rules, chance=True)


class _Agreement(NamedTuple):
    """Of all pairs of people, how many have the same value of a field, and how many have any."""

    same: float
    known: float


def _agreements(people: Sequence[Traits]) -> dict[str, _Agreement]:
    """How often values agree among all pairs, counted without looking at any pair."""
    found = {}
    for field in _VALUES:
        values = Counter(value for person in people if (value := getattr(person, field)))
        if field == "given":
            values = _first_names(values)
        known = sum(values.values())
        if known > 1:
            found[field] = _Agreement(sum(n * (n - 1) / 2 for n in values.values()), known * (known - 1) / 2)
    return found


def _first_names(names: Mapping[str, int]) -> Counter[str]:
    first: Counter[str] = Counter()
    for name, count in names.items():
        first[name.split()[0]] += count
    return first


def _without_matches(
    by_chance: Shares,
    agreements: Mapping[str, _Agreement],
    matched: Mapping[tuple[str, str], float],
    rules: IdentityRules,
) -> Shares:
    """The shares by chance with that of agreement counted: of all pairs that agree those that are no matches."""
    shares = {field: dict(table) for field, table in by_chance.items()}
    for field, (same, known) in agreements.items():
        if field in shares:
            usual = _implied(rules.weights[field], chance=True)["exact"]
            others = max(same - matched.get((field, "exact"), 0.0), 0.0)
            shares[field]["exact"] = (others + FEW) / (known + FEW / usual)
    return shares


_VALUES = (
    "given", "surname", "born", "number", "street", "address2", "city", "postcode", "state", "email", "phone", "national_id",
)  # fmt: skip


def _frequencies(people: Iterable[Traits]) -> NameFrequencies:
    """Shares of the most frequent names."""
    given: Counter[str] = Counter()
    surname: Counter[str] = Counter()
    for person in people:
        if len(person.given) > 1:
            given[person.given.split()[0]] += 1
        if person.surname:
            surname[person.surname] += 1
    return NameFrequencies(given=_most(given), surname=_most(surname))


def _empty_dates(people: Iterable[Traits]) -> tuple[str, ...]:
    """Dates that many times as many different people have as their birthday as have another."""
    holders: dict[str, set[tuple[str, ...]]] = {}
    for person in people:
        if person.born:
            holders.setdefault(person.born, set()).add(name_sounds(person))
    usual = sum(map(len, holders.values())) / max(len(holders), 1)
    bound = MANY * max(usual, 1.0)
    return tuple(sorted(date for date, held in holders.items() if len(held) > bound))


def _most(names: Counter[str]) -> dict[str, float]:
    total = sum(names.values())
    ranked = sorted(names.items(), key=lambda item: (-item[1], item[0]))[:NAMES]
    return {name: round(n / total, 5) for name, n in ranked if n / total >= LEAST_SHARE and n > 2}


def _probability(levels: Levels, rare: float, rules: IdentityRules, odds: float) -> float:
    """That the pair is one person: against strangers, and where there are families against relatives as well."""
    sure = _logistic(weigh(levels, rules) + rare + odds)
    return sure * _logistic(against_kin(levels, rules) - rules.kin / 2) if rules.families else sure


def _logistic(bits: float) -> float:
    return float(1 / (1 + 2.0 ** -max(-60.0, min(60.0, bits))))


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
    """Shares that go with weights: strangers nearly always differ, and one person's records agree exactly four times in five."""
    differ = min(0.9, 2.0 ** table.get("different", -4.0))
    between = [level for level in table if level not in ("exact", "different")]
    matched = {"exact": (1 - differ) * (0.8 if between else 1.0)}
    matched |= {level: (1 - differ) * 0.2 / len(between) for level in between}
    if "different" in table:
        matched["different"] = differ
    matched = {level: matched.get(level, 0.0) for level in table}
    if not chance:
        return matched
    shares = {level: matched[level] / 2.0 ** table[level] for level in table if level != "different"}
    if "different" in table:
        shares["different"] = max(0.05, 1 - sum(shares.values()))
    return shares


def _bits(ratio: float, given: float) -> float:
    """The weight of a level; not far below the given one, since pairs of one person that differ are the hardest to see."""
    return round(min(LIMIT, max(given - BELOW, log2(ratio))), 2)


def _weights(matched: Shares, by_chance: Shares, rules: IdentityRules) -> dict[str, dict[str, float]]:
    weights = {}
    for field, table in rules.weights.items():
        if field not in matched or field not in by_chance:
            weights[field] = dict(table)
            continue
        weights[field] = {
            level: _bits(matched[field][level] / by_chance[field][level], table[level]) for level in table
        }
    return weights
