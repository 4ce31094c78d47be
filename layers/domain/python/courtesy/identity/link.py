"""Are two records the same person: the sum of the evidence, and the contradictions that no sum outweighs."""

from collections.abc import Collection, Mapping
from math import log2
from typing import Literal, NamedTuple

from courtesy.identity.compare import Levels, given_level, levels_of
from courtesy.identity.rules import IdentityRules
from courtesy.identity.traits import Traits
from courtesy.identity.words import GIVEN_NAMES

Verdict = Literal["same", "possible", "different"]

HOME = ("number", "street", "address2", "city", "postcode", "state")
"""What a household shares; with the phone, its evidence is capped together."""
OWN = ("national_id", "email", "phone", "keys")
"""One of these, or birthday and house together, must two share whose names both differ, to be one person."""
SHARED = ("email", "phone")
"""What a household may share although it is somebody's own; together they never suffice to tell one person from two."""
THREE = 3
"""So many differences in what is one's own are of two people, also where there are no families."""
ELSEWHERE = -8.0
"""Most bits that an address may say against one person: who moves has another street, town and postcode at once."""
MOVED = -5.0
"""The same beside a mailbox or phone that agrees, which move with their owner."""


class Judgement(NamedTuple):
    """Verdict on two records, its weight in bits, and the levels that made it, as `field=level` words."""

    verdict: Verdict
    weight: float
    evidence: str


def judge(a: Traits, b: Traits, rules: IdentityRules, dull: Collection[str] = ()) -> Judgement:
    """Compare two records. `dull`: kinds of exact key that the two share but that have too many holders to mean anything.

    Two that carry nothing but one mailbox are one, whatever the sum: there is no person to take for another, and as two they
    would be written to twice.
    """
    levels = levels_between(a, b, rules)
    for field in dull:
        levels.pop(field, None)
    weight = weigh(levels, rules) + rarity(a, b, rules)
    mailbox = "email" in levels and a == b == Traits(email=a.email)
    if weight < rules.possible and not mailbox:
        return Judgement("different", weight, "")
    certain = mailbox or (weight >= rules.same and is_one(levels, rules))
    verdict: Verdict = "same" if certain else "possible"
    return Judgement(verdict, weight, " ".join(f"{field}={level}" for field, level in levels.items()))


def levels_between(a: Traits, b: Traits, rules: IdentityRules) -> Levels:
    """The levels of agreement by what the rules know of the people: two given names that both are frequent are two names,
    not one with a slip of the pen; a date that far too many share as their birthday is nobody's; and a surname in common
    that both have for a given name is no given name in common."""
    levels = levels_of(a, b)
    names = rules.frequencies.given
    if levels.get("given") == "exact" and levels.get("surname") == "different" and _exchanged(a, b, names):
        levels["given"], levels["surname"] = given_level(a.surname, b.surname), "exact"
    elif levels.get("given") in ("close", "sound") and "order" not in levels:
        one, two = a.given.partition(" ")[0], b.given.partition(" ")[0]
        if one != two and one in names and two in names:
            levels["given"] = "near"
    if "born" in levels and (a.born in rules.empty_dates or b.born in rules.empty_dates):
        levels.pop("born")
    return levels


def _exchanged(a: Traits, b: Traits, names: Collection[str]) -> bool:
    """Whether the name that two have in common is their family's, though it stands where the given name should: what
    stands for the surname is a given name in both, and it is none."""

    def is_given(text: str) -> bool:
        return any(token in GIVEN_NAMES or token in names for token in text.split())

    shared = a.given.partition(" ")[0]
    return is_given(a.surname) and is_given(b.surname) and not is_given(shared)


def is_one(levels: Levels, rules: IdentityRules) -> bool:
    """Whether the evidence also tells one person from two of one household, or of one house where there are no families."""
    if rules.families:
        return against_kin(levels, rules) >= rules.kin and not _namesakes(levels, rules)
    if levels.get("generation") == "different":
        return False
    strangers = levels.get("given") == levels.get("surname") == "different"
    if not strangers or any(levels.get(field) == "exact" for field in OWN):
        return True
    return all(levels.get(field) in ("exact", "close") for field in ("born", "number", "street"))


def _namesakes(levels: Levels, rules: IdentityRules) -> bool:
    """Whether two have nothing in common but a name and a town, by rules that know of no name how many have it."""
    return not (rules.frequencies.surname or any(levels.get(field) in AGREES for field in TELLING))


TELLING = ("born", "email", "national_id", "keys", "phone", "number", "street", "address2")
AGREES = ("exact", "close", "slip", "near", "local", "part")
"""Levels that speak for one person, in fields that tell namesakes of one town apart."""


def _sums(
    levels: Levels, weights: Mapping[str, Mapping[str, float]], apart: Collection[str]
) -> tuple[float, float]:
    """Bits of the fields that have weights: of all but the ones apart, and of those."""
    rest = separate = 0.0
    for field, level in levels.items():
        table = weights.get(field)
        if table is None:
            continue
        if field in apart:
            separate += table[level]
        else:
            rest += table[level]
    return rest, separate


def against_kin(levels: Levels, rules: IdentityRules) -> float:
    """Bits for one person and against two relatives.

    A family shares surname and address, which say nothing here; a phone and a mailbox often, and where one of them then
    mostly both; twins a birthday too, and father and son the whole name. What is left is what is one's own: given name,
    birthday, documents.
    """
    own, shared = _sums(levels, rules.kin_weights, SHARED)
    return own + min(shared, rules.kin - 0.5)


def weigh(levels: Levels, rules: IdentityRules) -> float:
    """The sum of the evidence in bits; what a household shares counts up to `place_cap`.
    An address that differs altogether counts once, see `ELSEWHERE`.
    """
    total, home = _sums(levels, rules.weights, HOME)
    if "order" in levels:
        total -= 2.0
    stays = levels.get("phone") == "exact" or levels.get("email") == "exact"
    home = max(home, MOVED if stays else ELSEWHERE)
    phone = rules.weights["phone"][levels["phone"]] if "phone" in levels else 0.0
    if rules.families:
        home = min(home + phone, rules.place_cap) - phone
    return total + home


def rarity(a: Traits, b: Traits, rules: IdentityRules) -> float:
    """Bits by which equal names say more or less than names do on average: a rare one more, a frequent one less."""
    shares = rules.frequencies
    bits = 0.0
    if a.given and b.given and len(a.given) > 1 and (name := a.given.split()[0]) == b.given.split()[0]:
        bits += _surprise(name, shares.given, rules.weights["given"]["exact"])
    if a.surname and a.surname == b.surname:
        bits += _surprise(a.surname, shares.surname, rules.weights["surname"]["exact"])
    return bits


def _surprise(name: str, shares: Mapping[str, float], usual: float) -> float:
    share = shares.get(name)
    if share is None:
        return RARE if shares else 0.0
    return max(FREQUENT, min(RARE, -log2(share) - usual))


RARE = 1.0
FREQUENT = -5.0
"""Most bits that the rarity of one name adds or takes."""


def clash(a: Traits, b: Traits, rules: IdentityRules) -> bool:
    """Whether two records cannot be one customer, whoever links them: no chain of look-alikes may unite father and son.

    So it is where given names, birthdays, documents or generations clearly differ and nothing of their own outweighs it;
    where there are no families, if three of given name, surname, birthday and document do, and the street.
    """
    if a.generation and b.generation and a.generation != b.generation:
        return True
    levels = levels_between(a, b, rules)
    if not rules.families:
        differing = sum(levels.get(f) == "different" for f in ("given", "surname", "born", "national_id"))
        at_home = levels.get("street") in ("exact", "close")
        return differing >= THREE and not at_home and all(levels.get(f) != "exact" for f in OWN)
    if "different" not in {levels.get(field) for field in ("given", "middle", "born", "national_id")}:
        return False
    levels.pop("phone", None)  # it stays at home
    bits = against_kin(levels, rules)
    return bits < 0 or (
        bits < rules.kin and bool(a.born and b.born) and _years_apart(a.born, b.born) >= GENERATION
    )


def rivals(a: Traits, b: Traits, rules: IdentityRules) -> bool:
    """Whether a record that does not say whose it is may belong to either of two: they clash, or may be twins, who have all
    in common but the given name.
    """
    if clash(a, b, rules):
        return True
    levels = levels_between(a, b, rules) if rules.families else {}
    twins = levels.get("born") == levels.get("surname") == "exact" and "national_id" not in levels
    return twins and "different" in (levels.get("given"), levels.get("middle"))


def is_vague(t: Traits) -> bool:
    """Whether a record does not say whose of a household it is: no given name, or an initial; nor of which generation."""
    return len(t.given) <= 1 or not t.born


GENERATION = 14
"""Years between two birthdays from which one of them may be the other's child."""


def _years_apart(a: str, b: str) -> int:
    return abs(int(a[:4]) - int(b[:4]))
