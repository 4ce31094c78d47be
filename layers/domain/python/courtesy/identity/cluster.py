"""From links between records to customers: connected components that hold no two records which must stay apart."""

from collections.abc import Callable, Collection, Iterable

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
) -> tuple[list[list[str]], list[Pair]]:
    """The customers that links make of subjects, each sorted, all sorted by their first; and the links that made them.

    Links are taken strongest first (then by subjects), and one is left out if it would unite two records that must stay
    apart or that clash. A pure function of the sets given: no order of arrival enters.
    """
    home = {subject: subject for subject in subjects}
    members = {subject: [subject] for subject in home}
    used: list[Pair] = []
    forbidden: dict[str, set[str]] = {}
    for left, right in apart:
        forbidden.setdefault(left, set()).add(right)
        forbidden.setdefault(right, set()).add(left)
    for (left, right), _ in sorted(links, key=lambda link: (-link[1], link[0])):
        one, two = home[left], home[right]
        if one == two:
            continue
        if len(members[one]) < len(members[two]):
            one, two = two, one
        if _kept_apart(members[one], members[two], forbidden, clash):
            continue
        for subject in members[two]:
            home[subject] = one
        members[one] += members.pop(two)
        used.append((left, right))
    return sorted(sorted(group) for group in members.values()), used


def _kept_apart(
    one: list[str],
    two: list[str],
    forbidden: dict[str, set[str]],
    clash: Callable[[str, str], bool] | None,
) -> bool:
    if forbidden and any(not forbidden.get(subject, set()).isdisjoint(one) for subject in two):
        return True
    return clash is not None and any(clash(x, y) for x in one for y in two)
