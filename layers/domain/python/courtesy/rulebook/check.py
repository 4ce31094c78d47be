"""Checks across the sections of a rulebook: does everything that is named exist, and can every rule ever apply."""

from collections.abc import Iterator

from courtesy.decisions.checks import check_decisions
from courtesy.decisions.offers import CODES
from courtesy.intake.personal_keys import personal_keys
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.problems import Problem, Where, nearest

CORPORATE = "corporate"
"""The view across all divisions; not a division itself."""


def check(rulebook: Rulebook) -> list[Problem]:
    """What does not hold together between sections; within one, its own model has checked it."""
    return [
        *_names(rulebook),
        *_divisions(rulebook),
        *_sources(rulebook),
        *_triggers(rulebook),
        *check_decisions(rulebook),
    ]


def _names(rulebook: Rulebook) -> Iterator[Problem]:
    """An entry's own name is its key."""
    for section, field in (
        ("divisions", "name"),
        ("dealers", "id"),
        ("sources", "name"),
        ("triggers", "id"),
        ("offers", "id"),
    ):
        for key, entry in getattr(rulebook, section).items():
            own = getattr(entry, field)
            if own != key:
                yield Problem(
                    (section, key, field), f"{own!r} stands under the name {key!r}; make both the same"
                )


def _divisions(rulebook: Rulebook) -> Iterator[Problem]:
    if CORPORATE in rulebook.divisions:
        yield Problem(
            ("divisions", CORPORATE), "is the view across all divisions and cannot be declared as one"
        )
    for id_, dealer in rulebook.dealers.items():
        if not dealer.divisions:
            yield Problem(("dealers", id_, "divisions"), "a dealer belongs to at least one division")
        for n, division in enumerate(dealer.divisions):
            yield from _division(rulebook, ("dealers", id_, "divisions", n), division, corporate=False)


def _sources(rulebook: Rulebook) -> Iterator[Problem]:
    for name, source in rulebook.sources.items():
        if source.division:
            yield from _division(rulebook, ("sources", name, "division"), source.division, corporate=True)
        if source.refers_to and source.refers_to not in (*rulebook.sources, CODES):
            known = sorted([*rulebook.sources, CODES])
            text = f"unknown source {source.refers_to!r}{nearest(source.refers_to, known)}"
            yield Problem(("sources", name, "refers_to"), text)
        for where, text in personal_keys(source):
            yield Problem(("sources", name, where), text, "warning")


def _triggers(rulebook: Rulebook) -> Iterator[Problem]:
    for id_, trigger in rulebook.triggers.items():
        yield from _division(rulebook, ("triggers", id_, "division"), trigger.division, corporate=True)
        if len(set(trigger.channels)) < len(trigger.channels):
            yield Problem(("triggers", id_, "channels"), "names a channel twice")


def _division(rulebook: Rulebook, path: Where, division: str, *, corporate: bool) -> Iterator[Problem]:
    if division in rulebook.divisions or (corporate and division == CORPORATE):
        return
    known = [*rulebook.divisions, *([CORPORATE] if corporate else [])]
    yield Problem(path, f"unknown division {division!r}{nearest(division, known)}")
