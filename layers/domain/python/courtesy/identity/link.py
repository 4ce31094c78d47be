"""Are two records the same person: the sum of the evidence, and the contradictions that no sum outweighs."""

from collections.abc import Collection
from typing import Literal, NamedTuple

from courtesy.identity.compare import Levels, born_level, given_level, levels_of
from courtesy.identity.rules import IdentityRules
from courtesy.identity.traits import Traits

Verdict = Literal["same", "possible", "different"]

PLACE = ("number", "street", "address2", "city", "postcode", "state", "phone")
"""What a household shares; its evidence is capped together."""


class Judgement(NamedTuple):
    """Verdict on two records, its weight in bits, and the levels that made it, as `field=level` words."""

    verdict: Verdict
    weight: float
    evidence: str


def judge(a: Traits, b: Traits, rules: IdentityRules, dull: Collection[str] = ()) -> Judgement:
    """Compare two records. `dull`: kinds of exact key that the two share but that have too many holders to mean anything."""
    levels = levels_of(a, b)
    for field in dull:
        levels.pop(field, None)
    weight = weigh(levels, rules)
    if weight < rules.possible:
        return Judgement("different", weight, "")
    verdict: Verdict = "same" if weight >= rules.same else "possible"
    if verdict == "same" and rules.families and contradicted(levels):
        verdict = "possible"
    return Judgement(verdict, weight, " ".join(f"{field}={level}" for field, level in levels.items()))


def contradicted(levels: Levels) -> bool:
    """Whether something speaks so clearly for two people that evidence shared by families cannot outweigh it.

    A family shares surname, address, phone, often an e-mail; twins a birthday too; father and son the whole name. So
    clearly different given names, birthdays or generations need an agreeing document, and nothing else at odds.
    """
    odds = [
        field
        for field, clear in (("given", "different"), ("born", "different"), ("generation", "different"))
        if levels.get(field) == clear
    ]
    if not odds:
        return False
    document = levels.get("national_id") in ("exact", "slip") or levels.get("keys") == "exact"
    return len(odds) > 1 or not document


def weigh(levels: Levels, rules: IdentityRules) -> float:
    """The sum of the evidence in bits; what a household shares counts up to `place_cap`."""
    total = place = 0.0
    for field, level in levels.items():
        table = rules.weights.get(field)
        if table is None:
            continue
        if field in PLACE:
            place += table[level]
        else:
            total += table[level]
    if "order" in levels:
        total -= 2.0
    return total + (min(place, rules.place_cap) if rules.families else place)


def clash(a: Traits, b: Traits, rules: IdentityRules) -> bool:
    """Whether two records cannot be one customer, whoever links them: no chain of look-alikes may unite father and son."""
    if a.generation and b.generation and a.generation != b.generation:
        return True
    if not rules.families or (a.national_id and a.national_id == b.national_id):
        return False
    if not (a.born and b.born) or a.born == b.born or born_level(a.born, b.born) != "different":
        return False
    if _years_apart(a.born, b.born) >= GENERATION:
        return True
    return bool(a.given and b.given) and given_level(a.given, b.given) == "different"


GENERATION = 14
"""Years between two birthdays from which one of them may be the other's child."""


def _years_apart(a: str, b: str) -> int:
    return abs(int(a[:4]) - int(b[:4]))
