"""Visits: looks at a customer by one person within a quarter of an hour, told as one, with every kind of data that was seen."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from courtesy.timeline.events import Event, Look, event_key

VISIT = timedelta(minutes=15)
"""So long after its first look whatever the same person sees of the customer belongs to the same visit."""


def with_visits(events: Iterable[Event]) -> list[Event]:
    """The events with one look for each visit: the first, its `what` the kinds seen, sorted; the looks stand at the end.

    A visit begins with its first look and is named after it, so a later look adds to it and does not make it another.
    """
    told: list[Event] = []
    looks: dict[str, list[Look]] = {}
    for event in events:
        if isinstance(event, Look):
            looks.setdefault(event.by, []).append(event)
        else:
            told.append(event)
    for by in sorted(looks):
        told += _visits(looks[by])
    return told


def _visits(looks: list[Look]) -> list[Look]:
    visits: list[tuple[Look, set[str]]] = []
    for look in sorted(looks, key=lambda look: (look.when, event_key(look))):
        if not visits or look.when - visits[-1][0].when >= VISIT:
            visits.append((look, set()))
        visits[-1][1].add(look.what)
    return [replace(first, what=", ".join(sorted(seen))) for first, seen in visits]
