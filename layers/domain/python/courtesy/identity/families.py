"""Whether a file of people holds families at all: what differs at one address, slips of the pen or people?"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from courtesy.identity.compare import levels_of
from courtesy.identity.sound import sound
from courtesy.identity.traits import Traits

ENOUGH = 100
"""Pairs at one address from which on a file can be judged."""
TIMES = 4.0
"""Given names that differ so many times as often as other fields do show families, not slips of the pen."""
LEAST = 0.02
"""Other fields are taken to differ at least so often."""
RELATED = 0.3
"""Where given names differ and birthdays do as well in such a share of the pairs, they are relatives."""
_LARGEST = 12
_OTHERS = ("street", "city", "postcode", "number", "address2")


def holds_families(people: Iterable[Traits]) -> bool:
    """Whether records at one address are of several people often enough to show; True unless the file says otherwise.

    Records of one person differ in a field by slips alone, in the given name about as often as in any other. Where there
    are families, given names at one address differ far more often than the rest of it does.
    """
    pairs = _neighbours(list(people))
    differ: Counter[str] = Counter()
    known: Counter[str] = Counter()
    others_born = both_known = 0
    for one, two in pairs:
        levels = levels_of(one, two)
        for field, level in levels.items():
            known[field] += 1
            differ[field] += level == "different"
        if levels.get("given") == "different" and "born" in levels:
            both_known += 1
            others_born += levels["born"] == "different"
    if known["given"] < ENOUGH:
        return True
    others = [differ[field] / known[field] for field in _OTHERS if known[field] >= ENOUGH / 2]
    if not others or others_born > RELATED * max(both_known, 1):
        return True
    return differ["given"] / known["given"] > TIMES * max(sum(others) / len(others), LEAST)


def _neighbours(people: Sequence[Traits]) -> list[tuple[Traits, Traits]]:
    """Pairs that agree in surname and two parts of the address: people of one home, or one person twice."""
    blocks: dict[tuple[str, ...], list[int]] = {}
    for at, person in enumerate(people):
        if not person.surname or not person.given:
            continue
        name = sound(person.surname.split()[-1])
        parts = (person.number, person.street, person.city, person.postcode)
        for one, two in combinations(range(4), 2):
            if parts[one] and parts[two]:
                blocks.setdefault((name, str(one), parts[one], str(two), parts[two]), []).append(at)
    met = {pair for held in blocks.values() if 1 < len(held) <= _LARGEST for pair in combinations(held, 2)}
    return [(people[a], people[b]) for a, b in met]
