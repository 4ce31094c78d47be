"""What is in the plan: contacts that are reserved or queued, by the day on which they count."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta

from courtesy.decisions.search import PlannedDay
from courtesy.ports import CustomerStore
from courtesy.timeline.contacts import OPEN

AT_MOST = 2000
"""Contacts of a channel that are looked at."""


def waiting(
    store: CustomerStore, channels: Iterable[str], first: date, last: date, divisions: Collection[str] | None
) -> tuple[list[PlannedDay], bool]:
    """Contacts planned for the days `first` to `last` (UTC), and whether all were looked at. divisions: None for all."""
    until = datetime.combine(last + timedelta(days=1), time(), tzinfo=UTC)
    counted: Counter[tuple[date, str, str, str]] = Counter()
    complete = True
    for channel in channels:
        due = store.due(channel, until, AT_MOST)
        complete = complete and len(due) < AT_MOST
        for _, contact in due:
            day = contact.planned.astimezone(UTC).date()
            mine = divisions is None or contact.division in divisions
            if mine and contact.state in OPEN and first <= day <= last:
                counted[day, contact.channel, contact.division, contact.trigger] += 1
    return [PlannedDay(*key, contacts) for key, contacts in sorted(counted.items())], complete
