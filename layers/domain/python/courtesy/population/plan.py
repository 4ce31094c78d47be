"""The plan of a cycle: its id, date, parts and rulebook; and where its files lie. Needs no columns."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from math import ceil
from typing import Protocol

import msgspec

from courtesy.errors import NotFound, RefusedInput
from courtesy.ports import Lake

CUSTOMERS_PER_PART = 60_000


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """What one state of the cycle hands to the next."""

    cycle_id: str
    as_of: str
    parts: int
    part_numbers: list[int]
    rulebook: int

    @property
    def day(self) -> date:
        """The cycle's date."""
        return date.fromisoformat(self.as_of)


def cycle_path(cycle_id: str, name: str) -> str:
    """Where the small records of a cycle lie."""
    return f"outcomes/cycles/{cycle_id}/{name}"


def snapshot_path(cycle_id: str, part: int) -> str:
    """Where a part of the snapshot lies."""
    return f"snapshots/{cycle_id}/part-{part:05}.parquet"


def segments_path(cycle_id: str, part: int) -> str:
    """Where a part of the segments lies."""
    return f"segments/{cycle_id}/part-{part:05}.parquet"


def summary_path(cycle_id: str, part: int) -> str:
    """Where a part's mergeable summary lies."""
    return f"snapshots/{cycle_id}/summary-{part:05}.parquet"


def counts_path(kind: str, cycle_id: str, part: int) -> str:
    """Where the counts of a part of the `snapshots` or `segments` lie."""
    return f"{kind}/{cycle_id}/part-{part:05}.json"


class Records(Protocol):
    """What reading the records of cycles asks of a lake."""

    def get(self, path: str) -> bytes:
        """See `ports.Lake`."""
        ...


def newest_first(lake: Records, cycle_ids: Iterable[str], limit: int | None = None) -> list[str]:
    """Cycles by their date, those of one date by when they started, the newest first; at most `limit`.

    The name of a run tells nothing: a cycle that was started by hand may sort before the night's. Starts are read only where
    a date has several cycles.
    """
    dates: dict[str, list[str]] = {}
    for cycle_id in set(cycle_ids):
        dates.setdefault(cycle_id[:10], []).append(cycle_id)
    found: list[str] = []
    for day in sorted(dates, reverse=True):
        if limit is not None and len(found) >= limit:
            break
        runs = dates[day]
        found += (
            runs if len(runs) == 1 else sorted(runs, key=lambda run: (_start(lake, run), run), reverse=True)
        )
    return found[:limit]


def _start(lake: Records, cycle_id: str) -> datetime:
    try:
        return msgspec.json.decode(lake.get(cycle_path(cycle_id, "started.json")), type=_Started).started
    except NotFound:
        return datetime.min.replace(tzinfo=UTC)


class _Started(msgspec.Struct):
    started: datetime


def begin_cycle(
    lake: Lake,
    rulebook: int,
    *,
    now: datetime,
    customers: int = 0,
    parts: int = 1,
    as_of: str = "",
    cycle_id: str = "",
    run: str = "",
) -> Cycle:
    """Plan a cycle: its date (today, UTC), its id (`{as_of}-{run}`), its parts; and record the start.

    rulebook:  version in force
    customers: about how many there are; one part for each 60,000
    parts:     at least so many
    run:       the name of this run
    Raises RefusedInput for a date that is none and an id that cannot be part of a path.
    """
    day = as_of or now.astimezone(UTC).date().isoformat()
    try:
        date.fromisoformat(day)
    except ValueError:
        raise RefusedInput(f"as_of: {as_of!r} is no date; write it as 2026-11-30") from None
    name = cycle_id or f"{day}-{run or now.astimezone(UTC).strftime('%H%M%S')}"
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or len(name) > 80:
        raise RefusedInput(
            "cycle_id: letters, digits, hyphen, dot and underscore only, at most 80 characters"
        )
    count = max(1, parts, ceil(customers / CUSTOMERS_PER_PART))
    cycle = Cycle(cycle_id=name, as_of=day, parts=count, part_numbers=list(range(count)), rulebook=rulebook)
    started = {**msgspec.to_builtins(cycle), "customers_about": customers, "started": now.isoformat()}
    lake.put(cycle_path(name, "started.json"), msgspec.json.encode(started))
    return cycle
