"""Versions: of all that sources said about a thing, what stands, and since when they have said it.

A statement made anew counts from when it was first made. So it does not matter whether a file that repeats a row came after
the file that had it first, when the row is not even loaded again, or before it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from courtesy.timeline.events import Event, Permission

Name = tuple[type, str, str]
"""What tells things apart: kind, source, the source's own id."""


def version_order(event: Event) -> tuple[datetime, datetime, str, int, str]:
    """The order of the versions of one thing: when stated, event time, then the file's name and line; a total order."""
    return (event.stated or event.when, event.when, event.file, event.line, event.version)


def standing(events: Iterable[Event]) -> dict[Name, Event]:
    """For each thing its newest version, as it was stated first."""
    newest: dict[Name, Event] = {}
    several: dict[Name, list[Event]] = {}
    for event in events:
        name = (type(event), event.source, event.id)
        held = newest.get(name)
        if held is None:
            newest[name] = event
            continue
        several.setdefault(name, [held]).append(event)
        if version_order(event) > version_order(held):
            newest[name] = event
    for name, said in several.items():
        version = newest[name].version
        if version:
            newest[name] = min((event for event in said if event.version == version), key=version_order)
    return newest


def without_repeats(permissions: list[Permission]) -> list[Permission]:
    """The words on permissions without those that say again what the same row of the source said last.

    Unlike the fields of a record, a permission that was withdrawn and granted again counts from the second grant.
    """
    rows: dict[tuple[str, str, str], list[Permission]] = {}
    for word in permissions:
        rows.setdefault((word.source, word.id, word.subject), []).append(word)
    kept: list[Permission] = []
    for words in rows.values():
        last: Any = None
        for word in sorted(words, key=version_order) if len(words) > 1 else words:
            if last is None or not word.version or word.version != last.version:
                kept.append(word)
            last = word
    return kept
