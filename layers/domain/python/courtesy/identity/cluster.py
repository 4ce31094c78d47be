"""From links between records to customers: connected components that hold no two records which must stay apart."""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from itertools import combinations
from math import inf

Pair = tuple[str, str]
"""Two subjects, left < right."""


def pair(a: str, b: str) -> Pair:
    """The two subjects in order."""
    return (a, b) if a < b else (b, a)


def clusters_of(
    subjects: Iterable[str],
    links: Iterable[tuple[Pair, float]],
    apart: Collection[Pair] = (),
    clash: Callable[[str, str], bool] | None = None,
    vague: Collection[str] = (),
    margin: float = 0.0,
    rivals: Callable[[str, str], bool] | None = None,
) -> tuple[list[list[str]], list[Pair]]:
    """The customers that links make of subjects, each sorted, all sorted by their first; and the links that made them.

    Links are taken strongest first (then by subjects), and one is left out if it would unite two records that must stay
    apart or that clash. So are the links of a `vague` record to two which are `rivals` (where not told: clash) and which it fits about
    equally well, by less than `margin`: an initial between husband and wife belongs to neither. A pure function of the sets given: no order of arrival enters.
    """
    clashes = lru_cache(maxsize=None)(clash) if clash is not None else None
    home = {subject: subject for subject in subjects}
    members = {subject: [subject] for subject in home}
    used: list[Pair] = []
    forbidden: dict[str, set[str]] = {}
    for left, right in apart:
        forbidden.setdefault(left, set()).add(right)
        forbidden.setdefault(right, set()).add(left)
    sure = list(links) if clashes is None else _unambiguous(list(links), rivals or clashes, vague, margin)
    for (left, right), weight in sorted(sure, key=lambda link: (-link[1], link[0])):
        one, two = home[left], home[right]
        if one == two:
            continue
        if len(members[one]) < len(members[two]):
            one, two = two, one
        if _kept_apart(members[one], members[two], forbidden, None if weight == inf else clashes):
            continue
        for subject in members[two]:
            home[subject] = one
        members[one] += members.pop(two)
        used.append((left, right))
    return sorted(sorted(group) for group in members.values()), used


def _unambiguous(
    links: list[tuple[Pair, float]],
    rivals: Callable[[str, str], bool],
    vague: Collection[str],
    margin: float,
) -> list[tuple[Pair, float]]:
    """The links left when each vague record has let go of those to two that are rivals and that it fits about equally well."""
    fits: dict[str, dict[str, float]] = {}
    for (left, right), weight in links:
        for subject, other in ((left, right), (right, left)):
            if subject in vague:
                fits.setdefault(subject, {})[other] = weight
    unsure: set[Pair] = set()
    for subject, others in fits.items():
        for one, two in combinations(sorted(others), 2):
            # a link that a person has made (infinite) is sure, whatever else the record fits
            if rivals(*pair(one, two)) and not abs(others[one] - others[two]) >= margin:
                weaker = min(others[one], others[two])
                unsure |= {pair(subject, other) for other in (one, two) if others[other] - weaker < margin}
    return [link for link in links if link[0] not in unsure]


def _kept_apart(
    one: list[str],
    two: list[str],
    forbidden: dict[str, set[str]],
    clash: Callable[[str, str], bool] | None,
) -> bool:
    if forbidden and any(not forbidden.get(subject, set()).isdisjoint(one) for subject in two):
        return True
    return clash is not None and any(clash(*pair(x, y)) for x in one for y in two)
