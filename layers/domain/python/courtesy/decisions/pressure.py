"""Pressure: caps and gaps over all contacts of one person (caps: or of a household), to the second, looking both ways from the planned date.

A rolling cap holds when no stretch of its length holds more than it allows. A stretch is half open, so two contacts
exactly one window apart are in different stretches. Adding a contact at `at` can only break stretches that hold `at`, and
each of those is covered by one that starts at a contact; so the sum over these starts is enough.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter
from zoneinfo import ZoneInfo

import msgspec

from courtesy.decisions.decision import Counter, Finding
from courtesy.decisions.policy import CapRule, GapRule, Lane
from courtesy.decisions.windows import DAY, instant, micros, window_at
from courtesy.outcomes import Reason
from courtesy.timeline.profile import Inbound, PastContact

_ROUNDING = 1e-9
"""Weights are sums of floating-point numbers."""
_AT = attrgetter("at")


class Touch(msgspec.Struct, frozen=True, gc=False):
    """A contact, or an inbound one (`trigger` empty), that takes up pressure at an instant (microseconds)."""

    at: int
    weight: float
    channel: str
    division: str
    category: str
    exempt: bool
    trigger: str


class History:
    """All touches of one person, sorted by time; grows as contacts are reserved.

    shared: the same with those of the rest of the household; itself where the household has no others
    """

    __slots__ = ("_moments", "contacts", "inbound", "purchases", "shared")

    def __init__(
        self,
        contacts: Iterable[Touch],
        inbound: Iterable[Touch] = (),
        purchases: dict[str, int] | None = None,
        others: Sequence[Touch] = (),
    ) -> None:
        self.contacts = sorted(contacts, key=_AT)
        self.inbound = list(inbound)
        self.purchases = purchases or {}
        """Division -> day number of the last purchase; the latest of all under `corporate`."""
        self._moments = [touch.at for touch in self.contacts]
        self.shared: History = History([*self.contacts, *others], self.inbound) if others else self

    def copy(self) -> "History":
        """One that grows by itself."""
        made = History((), self.inbound, self.purchases)
        made.contacts, made._moments = self.contacts.copy(), self._moments.copy()
        if self.shared is not self:
            made.shared = self.shared.copy()
        return made

    def add(self, touch: Touch) -> None:
        """Take one more contact into account."""
        place = bisect_right(self._moments, touch.at)
        self._moments.insert(place, touch.at)
        self.contacts.insert(place, touch)
        if self.shared is not self:
            self.shared.add(touch)

    def between(self, low: int, high: int) -> list[Touch]:
        """Contacts with low <= at < high."""
        moments = self._moments
        return self.contacts[bisect_left(moments, low) : bisect_left(moments, high)]


def touch_of(contact: PastContact) -> Touch:
    """A past contact as pressure sees it."""
    return Touch(
        micros(contact.at),
        contact.weight,
        contact.channel,
        contact.division,
        contact.category,
        contact.exempt,
        contact.trigger,
    )


def inbound_of(inbound: Inbound) -> Touch:
    """An interaction as pressure sees it."""
    return Touch(micros(inbound.at), inbound.weight, inbound.channel, inbound.division, "", False, "")


def judge(
    lane: Lane, division: str, trigger: str, weight: float, at: int, history: History, zone: ZoneInfo
) -> tuple[Finding | None, list[Counter]]:
    """The first rule that a contact at `at` would break, None if all hold, and the counters seen so far."""
    counters: list[Counter] = []
    for gap in lane.gaps:
        finding = _gap(gap, lane.channel, division, trigger, at, history)
        if finding is not None:
            return finding, counters
    for cap in lane.caps:
        counted = history.shared if cap.household else history
        if cap.window:
            seen, free = _rolling(cap, at, counted)
        else:
            first, after = window_at(at, cap.calendar, zone)
            seen, free = _amount(cap, _counted(cap, first, after, counted)), after
        counters.append(Counter(cap.id, seen, cap.limit))
        own = weight if cap.weighed else 1.0
        if seen + own > cap.limit + _ROUNDING:
            reason = Reason.CAP if seen + own > cap.full + _ROUNDING else Reason.SLOT_HELD_BACK
            until = instant(free) if free > at else None
            return Finding(reason, cap.id, lane.channel, seen, cap.limit, until), counters
    return None, counters


def _counted(cap: CapRule, low: int, high: int, history: History) -> list[Touch]:
    """What a cap counts with low <= at < high, in order of time."""
    touches = history.between(low, high)
    if cap.weighed and history.inbound:
        touches = sorted(touches + [t for t in history.inbound if low <= t.at < high], key=_AT)
    if cap.everything or not touches:
        return touches
    fits, exempt_counts = cap.scope.fits, cap.exempt_counts
    return [t for t in touches if fits(t.division, t.channel, t.category) and (exempt_counts or not t.exempt)]


def _amount(cap: CapRule, touches: Sequence[Touch]) -> float:
    """How much of a cap they use up together."""
    return sum([t.weight for t in touches]) if cap.weighed else float(len(touches))


def _rolling(cap: CapRule, at: int, history: History) -> tuple[float, int]:
    """The most that any stretch holding `at` has already, and the first instant at which that may be less."""
    near = _counted(cap, at - cap.window + 1, at + cap.window, history)
    if not near:
        return 0.0, at
    free = near[0].at + cap.window
    if near[-1].at < free:
        return _amount(cap, near), free
    most, total, head, count = 0.0, 0.0, 0, len(near)
    for touch in near:
        start = min(touch.at, at)
        while head < count and near[head].at < start + cap.window:
            total += near[head].weight if cap.weighed else 1.0
            head += 1
        most = max(most, total)
        if touch.at >= at:
            break
        total -= touch.weight if cap.weighed else 1.0
    return most, free


def _gap(
    gap: GapRule, channel: str, division: str, trigger: str, at: int, history: History
) -> Finding | None:
    if gap.after == "purchase":
        last = history.purchases.get(division)
        if last is None or at >= (last + gap.days) * DAY:
            return None
        days = at // DAY - last
        return Finding(
            Reason.GAP, gap.id, channel, float(days), float(gap.days), instant((last + gap.days) * DAY)
        )
    near = history.between(at - gap.distance + 1, at + gap.distance)
    for touch in reversed(near):
        if gap.after == "same_trigger":
            if touch.trigger != trigger:
                continue
        elif not gap.scope.fits(touch.division, touch.channel, touch.category):
            continue
        distance = abs(at - touch.at) / DAY
        return Finding(
            Reason.GAP,
            gap.id,
            channel,
            round(distance, 3),
            gap.distance / DAY,
            instant(touch.at + gap.distance),
            touch.trigger,
        )
    return None
