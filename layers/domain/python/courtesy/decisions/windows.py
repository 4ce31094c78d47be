"""Instants as whole microseconds, and the calendar's windows and quiet hours in a customer's zone.

A local day starts at local midnight, or at the first instant of that date where the clocks skip midnight; so days have 23,
24 or 25 hours and every instant is in exactly one.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400_000_000
"""Microseconds of a day of 86,400 seconds."""


def micros(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC."""
    return round(instant.timestamp() * 1_000_000)


def instant(micros_: int) -> datetime:
    """The UTC instant of so many microseconds since 1970-01-01."""
    return _EPOCH + timedelta(microseconds=micros_)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=65536)
def calendar_window(day: date, kind: str, zone: ZoneInfo) -> tuple[int, int]:
    """Start and end (microseconds, end excluded) of the day, ISO week or month that holds the local date `day`."""
    if kind == "day":
        first, after = day, day + timedelta(days=1)
    elif kind == "week":
        first = day - timedelta(days=day.weekday())
        after = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
    return start_of(first, zone), start_of(after, zone)


@lru_cache(maxsize=65536)
def start_of(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local date, microseconds since 1970-01-01 UTC."""
    return micros(_local(datetime.combine(day, time()), zone))


def quiet_until(at: datetime, start: time, until: time, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that `at` falls into end (UTC); None where it does not fall into any."""
    local = at.astimezone(zone)
    now, day = local.time(), local.date()
    if start < until:
        if not start <= now < until:
            return None
    elif now >= start:
        day += timedelta(days=1)
    elif now >= until:
        return None
    end = _local(datetime.combine(day, until), zone)
    if end <= at:  # the clocks went back, and this hour comes twice: the second one counts
        end = datetime.combine(day, until, tzinfo=zone).replace(fold=1).astimezone(UTC)
    return end if end > at else None


def _local(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local wall time; where the clocks skip it, the first instant after the gap."""
    aware = wall.replace(tzinfo=zone)
    utc = aware.astimezone(UTC)
    in_gap = utc.astimezone(zone).replace(tzinfo=None) != wall
    if in_gap:  # `fold=0` reads the wall with the offset before it
        before, after = aware.utcoffset(), aware.replace(fold=1).utcoffset()
        assert before is not None  # noqa: S101 - an aware time has an offset
        assert after is not None  # noqa: S101 - tells the type
        # The gap starts at `before`'s reading; find its first instant by going back to the last valid second.
        low, high = utc - abs(after - before), utc
        while high - low > timedelta(microseconds=1):
            middle = low + (high - low) / 2
            if middle.astimezone(zone).replace(tzinfo=None) < wall:
                low = middle
            else:
                high = middle
        return high
    return utc


def window_at(at: int, kind: str, zone: ZoneInfo) -> tuple[int, int]:
    """The calendar window (start, end excluded; microseconds) that holds the instant `at`."""
    day = instant(at).astimezone(zone).date()
    first, after = calendar_window(day, kind, zone)
    if at >= after:  # the clocks went back over midnight: by the clock it is yesterday once more
        return calendar_window(day + timedelta(days=1), kind, zone)
    return first, after
