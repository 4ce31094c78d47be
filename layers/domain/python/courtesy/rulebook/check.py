"""Checks across the sections of a rulebook: does everything that is named exist, and can every rule ever apply."""

from collections.abc import Iterator

from courtesy.decisions.checks import check_decisions
from courtesy.decisions.offers import CODES
from courtesy.intake.personal_keys import personal_keys
from courtesy.messages.glyphs import PRINTED, undrawn
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
        *_printed(rulebook),
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


def _printed(rulebook: Rulebook) -> Iterator[Problem]:
    """What letters and postcards say that stands in other sections: each character is in one of the fonts."""
    printing = [trigger for trigger in rulebook.triggers.values() if PRINTED.intersection(trigger.channels)]
    said: list[tuple[Where, str]] = []
    for id_ in sorted({trigger.offer for trigger in printing} & set(rulebook.offers)):
        offer = rulebook.offers[id_]
        said += [(("offers", id_, "label", language), text) for language, text in offer.label.items()]
        said += [(("offers", id_, "terms", language), text) for language, text in offer.terms.items()]
    for name in sorted({trigger.division for trigger in printing} & set(rulebook.divisions)):
        division = rulebook.divisions[name]
        said += [
            (("divisions", name, field), getattr(division, field))
            for field in ("label", "sender_name", "postal_address")
        ]
    for id_, dealer in rulebook.dealers.items() if printing else ():
        said += [(("dealers", id_, field), getattr(dealer, field)) for field in ("name", "city", "signed_by")]
    for where, text in said:
        for found in undrawn(text):
            # A dealer is called what it is called: its card is left out of what is printed.
            yield Problem(where, str(found), "warning" if where[0] == "dealers" else "error")


def _division(rulebook: Rulebook, path: Where, division: str, *, corporate: bool) -> Iterator[Problem]:
    if division in rulebook.divisions or (corporate and division == CORPORATE):
        return
    known = [*rulebook.divisions, *([CORPORATE] if corporate else [])]
    yield Problem(path, f"unknown division {division!r}{nearest(division, known)}")
