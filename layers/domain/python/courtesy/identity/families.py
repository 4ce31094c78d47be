"""Whether a file of people holds families: are given names that differ at one address other people, or slips of the pen?

Asked of pairs that agree in everything but one field. Between records of one person any field is wrong now and then, the given
name about as often as a street or a town. Relatives share surname and address and differ in the given name alone. Where
birthdays, documents or mailboxes are known, they tell which of the two it is; where not, how often the given name is the
odd one out has to do, held against how often the others are.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from math import sqrt

from courtesy.identity.compare import Levels, given_level, levels_of
from courtesy.identity.home import household_of
from courtesy.identity.sound import sound
from courtesy.identity.traits import Traits

ENOUGH = 100
"""Pairs at one address from which on a file can be judged."""
TOLD = 12
"""Pairs with another given name and a birthday, document or mailbox from which on these tell."""
TIMES = 1.7
"""Given names may be the odd one out so many times as often as the field that most often is."""
USUAL = 0.2
"""Share of pairs of one person whose birthday, document or mailbox differs, where there are none to count."""
MOST_USUAL = 0.3
"""At most such a share: where more of the namesakes of one home have different birthdays, they are different people."""
FEW = 5.0
"""Pairs that this share counts for."""
SPARE = 2.5
"""How many standard deviations of chance are granted beyond that."""
_LARGEST = 12
_PLACE = ("number", "street", "city", "postcode")
_OWN = ("born", "national_id", "email")


def holds_families(people: Iterable[Traits]) -> bool:
    """Whether records at one address are of several people often enough to matter; True unless the file says otherwise."""
    people = list(people)
    if _two_names_kept(people):
        return True
    pairs = [levels for levels in _neighbours(people) if "given" in levels]
    odd: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    others_own = own = agreed_own = own_differs = 0
    for levels in pairs:
        differing = [field for field in ("given", "surname", *_PLACE) if levels.get(field) == "different"]
        if len(differing) > 1:
            continue
        for field in ("given", "surname", *_PLACE):
            if field in levels:
                agreed[field] += not differing
                odd[field] += differing == [field]
        told = [levels[field] for field in _OWN if field in levels]
        if told and differing == ["given"]:
            own += 1
            others_own += all(level in ("different", "part", "near") for level in told)
        elif told and not differing:
            agreed_own += 1
            own_differs += all(level in ("different", "part", "near") for level in told)
    known = agreed["given"] + odd["given"]
    if known < ENOUGH:
        return True
    if odd["given"] > agreed["given"]:
        return True  # nobody writes every second name wrong
    if own >= TOLD:
        usual = own * min(MOST_USUAL, (own_differs + USUAL * FEW) / (agreed_own + FEW))
        return others_own > 2 * usual + SPARE * sqrt(usual)
    rates = [odd[f] / (agreed[f] + odd[f]) for f in _PLACE if agreed[f] + odd[f] >= ENOUGH / 2]
    if len(rates) < 2:
        return True
    usual = TIMES * max(rates) * known
    return odd["given"] > usual + SPARE * sqrt(usual)


def _two_names_kept(people: Iterable[Traits]) -> bool:
    """Whether homes have two given names each of which was written twice: a slip of the pen is seldom repeated."""
    homes: dict[str, Counter[str]] = {}
    for person in people:
        if len(person.given) > 1 and (home := household_of(person)):
            homes.setdefault(home, Counter())[person.given.split()[0]] += 1
    known = kept = 0
    for names in homes.values():
        twice = [name for name, count in names.items() if count > 1]
        known += bool(twice)
        kept += any(given_level(one, two) == "different" for one, two in combinations(twice, 2))
    return kept > REPEATED * known + SPARE


REPEATED = 0.01
"""In such a share of homes a wrong name may come twice by chance."""


def _neighbours(people: Sequence[Traits]) -> list[Levels]:
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
    return [levels_of(people[a], people[b]) for a, b in sorted(met)]
