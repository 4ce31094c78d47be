"""How long the decision log is kept: `decisions.log_days` of the rulebook, carried out by the first part of each cycle."""

import re
from datetime import date, timedelta

from courtesy.ports import Lake

_DATED = re.compile(r"^decisions/(?:held/|days/|events/[^/]+/)?(\d{4}-\d{2}-\d{2})")


def forget_decisions(lake: Lake, today: date, days: int) -> int:
    """Delete what was decided more than `days` days ago: cycles by their date, events by that of the decision; how many objects.

    A path without a date is left alone. What a contact was decided by stays with the contact on its timeline.
    """
    last = today - timedelta(days=days)
    gone = 0
    for path in lake.list("decisions/"):
        dated = _DATED.match(path)
        if dated and date.fromisoformat(dated[1]) < last:
            lake.delete(path)
            gone += 1
    return gone
