"""What all decisions on one customer have in common, and when a contact may leave at the earliest."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from courtesy.decisions.decision import Finding
from courtesy.decisions.permissions import last_purchase, person_stopped
from courtesy.decisions.policy import Lane, Policy
from courtesy.decisions.pressure import History, Touch, inbound_of, touch_of
from courtesy.decisions.windows import instant, quiet_until, start_of
from courtesy.decisions.zones import zone_of
from courtesy.outcomes import Reason
from courtesy.timeline.profile import PastContact, Profile


class Circumstances:
    """What a customer's decisions have in common: zone, local date, history, who stops them; made once per customer."""

    __slots__ = (
        "_before",
        "_history",
        "hash_key",
        "now",
        "others",
        "policy",
        "profile",
        "stopped",
        "zone",
        "zone_known",
    )

    def __init__(
        self,
        profile: Profile,
        policy: Policy,
        now: datetime,
        hash_key: bytes,
        others: Sequence[PastContact] = (),
    ) -> None:
        self.profile, self.policy, self.now, self.hash_key = profile, policy, now, hash_key
        self.others = others
        zone = zone_of(profile)
        self.zone_known = zone is not None
        self.zone: ZoneInfo = zone or policy.default_zone
        self.stopped = person_stopped(policy, profile, now.astimezone(self.zone).date())
        self._before: History | None = None
        self._history: History | None = None

    @property
    def before(self) -> History:
        """All that took up pressure before anything was decided here."""
        if self._before is None:
            self._before = history_of(self.profile, others=self.others)
        return self._before

    @property
    def history(self) -> History:
        """The same with what was reserved here since."""
        return self._history or self.before

    def reserved(self, touch: Touch) -> None:
        """Take a contact into account that was reserved here."""
        if self._history is None:
            self._history = self.before.copy()
        self._history.add(touch)


def history_of(
    profile: Profile,
    *,
    without: str = "",
    departed: Collection[str] | None = None,
    others: Sequence[PastContact] = (),
) -> History:
    """What takes up pressure in a profile: contacts that count, inbound ones with a weight, the last purchases.

    without: a contact id to leave out; departed: only contacts in these states; others: contacts of the rest of the household
    """
    return History(
        [
            touch_of(c)
            for c in profile.contacts
            if c.counts and c.contact != without and (departed is None or c.state in departed)
        ],
        [inbound_of(i) for i in profile.inbound if i.weight > 0],
        last_purchase(profile),
        [touch_of(c) for c in others if departed is None or c.state in departed],
    )


def released(lane: Lane, start: datetime, around: Circumstances) -> tuple[datetime, Finding | None]:
    """When a contact may be released at the earliest from `start` on; held where quiet hours need a zone that is not known."""
    quiet = lane.rules.quiet_hours
    if quiet is None:
        return start, None
    if not around.zone_known and quiet.unknown_zone == "hold":
        return start, Finding(Reason.DATA_IN_DOUBT, "quiet_hours.zone", lane.channel, other="time_zone")
    return quiet_until(start, quiet.start, quiet.until, around.zone) or start, None


def blacked_out(lane: Lane, planned: datetime, zone: ZoneInfo) -> Finding | None:
    """The calendar blackout that the planned date falls into, None if it does not."""
    if not lane.blackouts:
        return None
    day = planned.astimezone(zone).date()
    for blackout in lane.blackouts:
        if blackout.first <= day <= blackout.last:
            until = instant(start_of(blackout.last + timedelta(days=1), zone))
            return Finding(Reason.BLACKOUT, blackout.id, lane.channel, until=until)
    return None
