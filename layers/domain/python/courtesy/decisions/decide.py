"""`decide`: the contact law, one pure function for cycle, events, API, claims and rehearsal.

All candidates of one customer at once, in the order of the law: the person, objection and open case, what the trigger must
know, permission and address per channel, the control groups; then those left compete by priority class, expected value,
trigger id and occurrence, and each in turn takes the first of its channels in which blackouts, caps and gaps leave room
beside everything reserved before it. Since a contact can only ever add pressure, the set so taken is the best one by that
order (the lexicographic maximum; a test compares it with brute force).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from courtesy.decisions.addresses import unreachable
from courtesy.decisions.candidates import contact_id
from courtesy.decisions.decision import (
    MAY_CHANGE,
    Candidate,
    Control,
    Counter,
    Decision,
    Finding,
    Held,
    Reserved,
    Rival,
    Suppressed,
)
from courtesy.decisions.holdouts import in_control
from courtesy.decisions.offers import resting, usable_offer
from courtesy.decisions.permissions import last_purchase, permitted, person_stopped, plan_stopped
from courtesy.decisions.policy import Lane, Plan, Policy, policy_of
from courtesy.decisions.pressure import History, Touch, inbound_of, judge, touch_of
from courtesy.decisions.windows import instant, micros, quiet_until, start_of
from courtesy.decisions.zones import zone_of
from courtesy.outcomes import Reason
from courtesy.rulebook.model import Rulebook
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


def decide(
    profile: Profile,
    candidates: Sequence[Candidate],
    rulebook: Rulebook | Policy,
    now: datetime,
    hash_key: bytes,
    *,
    profile_version: int = 0,
    exhausted: Collection[str] = (),
    no_stock: Collection[str] = (),
    existing: Collection[tuple[str, str]] = (),
    in_doubt: str = "",
    others: Sequence[PastContact] = (),
    channel: str = "",
) -> list[Decision]:
    """One decision per candidate, in the order of `candidates`.

    exhausted: triggers whose budget is used up; no_stock: offers that are gone; existing: (trigger, occurrence) of contacts
    that the timeline has although the profile no longer remembers them; in_doubt: why the data as a whole cannot be trusted;
    others: contacts of the rest of the household; channel: the only one that is asked about, where one is.
    Raises UnknownName for a candidate whose trigger the rulebook does not have.
    """
    policy = rulebook if isinstance(rulebook, Policy) else policy_of(rulebook)
    around = Circumstances(profile, policy, now, hash_key, others)
    taken = {(c.trigger, c.occurrence) for c in profile.contacts if not c.anew}
    taken.update(existing)
    runners: list[_Runner] = []
    for candidate in candidates:
        plan = policy.plan(candidate.trigger)
        runner = _Runner(candidate, plan.through(channel) if channel else plan)
        runners.append(runner)
        runner.enter(around, taken, exhausted, no_stock, in_doubt)
        taken.add((candidate.trigger, candidate.occurrence))
    order = sorted(runners, key=_rank)
    rivals = [
        Rival(r.candidate.trigger, r.candidate.occurrence, r.plan.trigger.priority, r.value) for r in order
    ]
    won: list[Touch] = []
    for runner in order:
        if runner.finding is None:
            touch = runner.compete(around, won)
            if touch is not None:
                won.append(touch)
                around.reserved(touch)
    several = len(runners) > 1
    return [
        runner.decision(
            around,
            profile_version,
            [
                r
                for r in rivals
                if r.trigger != runner.candidate.trigger or r.occurrence != runner.candidate.occurrence
            ]
            if several
            else [],
        )
        for runner in runners
    ]


def _rank(runner: "_Runner") -> tuple[int, float, str, str]:
    return (
        runner.plan.trigger.priority,
        -runner.value,
        runner.candidate.trigger,
        runner.candidate.occurrence,
    )


class _Runner:
    """One candidate on its way to a decision."""

    __slots__ = ("candidate", "contact", "counters", "finding", "findings", "lanes", "plan", "taken", "value")

    def __init__(self, candidate: Candidate, plan: Plan) -> None:
        self.candidate, self.plan = candidate, plan
        self.finding: Finding | None = None
        """What ended it; None while it may still be reserved."""
        self.findings: list[Finding] = []
        self.counters: list[Counter] = []
        self.lanes: list[tuple[Lane, datetime, datetime]] = []
        """Channels that permission and address leave, with when it would be due and when it would count."""
        self.taken: tuple[Lane, datetime, datetime] | None = None
        self.value = plan.lanes[0].value
        self.contact = ""

    def enter(
        self,
        around: Circumstances,
        taken: Collection[tuple[str, str]],
        exhausted: Collection[str],
        no_stock: Collection[str],
        in_doubt: str,
    ) -> None:
        """Everything that does not depend on other contacts: law 1, 2, 9 and 10."""
        candidate, trigger = self.candidate, self.plan.trigger
        if (candidate.trigger, candidate.occurrence) in taken:
            self.finding = Finding(Reason.ALREADY_CONTACTED, "occurrence")
        elif candidate.expires <= around.now:
            self.finding = Finding(Reason.EXPIRED, "useful_for_days", until=candidate.expires)
        elif around.stopped is not None:
            self.finding = around.stopped
        elif (stop := plan_stopped(self.plan, around.profile)) is not None:
            self.finding = stop
        elif in_doubt:
            self.finding = Finding(Reason.DATA_IN_DOUBT, "data", other=in_doubt)
        elif candidate.unknown:
            self.finding = Finding(Reason.DATA_IN_DOUBT, "criteria.unknown", other=candidate.unknown)
        else:
            self._open_lanes(around)
            if not self.lanes:
                self.finding = _telling(self.findings)
            elif (
                control := in_control(around.policy, self.plan, around.profile, around.hash_key)
            ) is not None:
                self.finding = control
            elif trigger.id in exhausted:
                self.finding = Finding(Reason.BUDGET, "daily_budget", limit=trigger.daily_budget)
            elif trigger.offer:
                self.finding = offer_stopped(trigger.offer, around, self.lanes[0][2], no_stock)
        if self.lanes:
            self.value = self.lanes[0][0].value

    def _open_lanes(self, around: Circumstances) -> None:
        profile, trigger = around.profile, self.plan.trigger
        place = profile.places.get(trigger.division)
        below_zero = place is not None and place.value_tier == "below_zero" and not trigger.include_below_zero
        earliest = self.candidate.not_before
        start = around.now if earliest is None or earliest < around.now else earliest
        for lane in self.plan.lanes:
            finding = permitted(lane, trigger.purpose, trigger.division, profile, around.now)
            if finding is None:
                finding = unreachable(profile, lane.channel, around.hash_key)
            if finding is None and below_zero and lane.rules.cost > 0:
                finding = Finding(Reason.BELOW_ZERO_VALUE, "value_tier", lane.channel)
            if finding is None:
                due, finding = released(lane, start, around)
                if finding is None and due >= self.candidate.expires:
                    finding = Finding(
                        Reason.EXPIRED, "useful_for_days", lane.channel, until=self.candidate.expires
                    )
            if finding is None:
                self.lanes.append((lane, due, due + timedelta(days=lane.rules.arrival_days)))
            else:
                self.findings.append(finding)

    def compete(self, around: Circumstances, won: Sequence[Touch]) -> Touch | None:
        """Take the first channel that blackouts, caps and gaps leave room for; what was refused is in `finding`."""
        trigger = self.plan.trigger
        refused: list[Finding] = []
        for lane, due, planned in self.lanes:
            at = micros(planned)
            finding = blacked_out(lane, planned, around.zone)
            if finding is None:
                finding, self.counters = judge(
                    lane, trigger.division, trigger.id, trigger.weight, at, around.history, around.zone
                )
            if finding is None:
                self.taken = (lane, due, planned)
                self.contact = contact_id(around.profile.customer_id, trigger.id, self.candidate.occurrence)
                return Touch(
                    at,
                    trigger.weight,
                    lane.channel,
                    trigger.division,
                    trigger.category,
                    self.plan.exempt,
                    trigger.id,
                    self.contact,
                )
            if won:
                finding = _lost_to(
                    finding, lane, trigger.division, trigger.id, trigger.weight, at, around, won
                )
            refused.append(finding)
        self.findings += refused
        self.finding = refused[0]
        return None

    def decision(self, around: Circumstances, version: int, competitors: list[Rival]) -> Decision:
        """The outcome with every figure."""
        candidate, trigger, finding = self.candidate, self.plan.trigger, self.finding
        profile, now, rulebook = around.profile, around.now, around.policy.version
        if finding is None:
            assert self.taken is not None  # noqa: S101 - a runner without a finding has a lane
            lane, due, planned = self.taken
            return Reserved(
                customer_id=profile.customer_id,
                trigger=trigger.id,
                occurrence=candidate.occurrence,
                division=trigger.division,
                at=now,
                rulebook=rulebook,
                profile_version=version,
                expires=candidate.expires,
                priority=trigger.priority,
                value=self.value,
                findings=self.findings,
                counters=self.counters,
                competitors=competitors,
                contact=self.contact,
                channel=lane.channel,
                planned=planned,
                due=due,
                weight=trigger.weight,
                cost=lane.rules.cost,
            )
        findings = self.findings or [finding]
        if finding.reason in _CONTROLS:
            return Control(
                customer_id=profile.customer_id,
                trigger=trigger.id,
                occurrence=candidate.occurrence,
                division=trigger.division,
                at=now,
                rulebook=rulebook,
                profile_version=version,
                expires=candidate.expires,
                priority=trigger.priority,
                value=self.value,
                findings=findings,
                competitors=competitors,
                reason=finding.reason,
                rule=finding.rule,
            )
        if finding.reason in MAY_CHANGE:
            return Held(
                customer_id=profile.customer_id,
                trigger=trigger.id,
                occurrence=candidate.occurrence,
                division=trigger.division,
                at=now,
                rulebook=rulebook,
                profile_version=version,
                expires=candidate.expires,
                priority=trigger.priority,
                value=self.value,
                findings=findings,
                counters=self.counters,
                competitors=competitors,
                reason=finding.reason,
                rule=finding.rule,
                until=finding.until,
            )
        return Suppressed(
            customer_id=profile.customer_id,
            trigger=trigger.id,
            occurrence=candidate.occurrence,
            division=trigger.division,
            at=now,
            rulebook=rulebook,
            profile_version=version,
            expires=candidate.expires,
            priority=trigger.priority,
            value=self.value,
            findings=findings,
            competitors=competitors,
            reason=finding.reason,
            rule=finding.rule,
        )


def offer_stopped(
    offer: str, around: Circumstances, planned: datetime, no_stock: Collection[str]
) -> Finding | None:
    """Why an offer is not to be made now: it has ended, the customer declined it, its stock is gone; None if it may be.

    Who holds a usable code of it already is shown that one, whatever the stock.
    """
    offers, rule = around.policy.offers, f"offers.{offer}"
    known = offers.get(offer)
    if known is not None and known.valid_until is not None and planned.date() > known.valid_until:
        return Finding(Reason.OFFER_ENDED, rule)
    rests = resting(around.profile, offers).get(offer)
    if rests is not None and around.now < rests:
        return Finding(Reason.OFFER_RESTING, rule, until=rests)
    if offer in no_stock and usable_offer(around.profile, offer, planned, offers) is None:
        return Finding(Reason.OFFER_STOCK, rule, limit=None if known is None else known.stock)
    return None


_CONTROLS = frozenset({Reason.GLOBAL_CONTROL, Reason.TRIGGER_CONTROL})


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


def _lost_to(
    finding: Finding,
    lane: Lane,
    division: str,
    trigger: str,
    weight: float,
    at: int,
    around: Circumstances,
    won: Sequence[Touch],
) -> Finding:
    """What would have stopped it alone; a lost competition where nothing would, had others not gone before."""
    if finding.reason is Reason.BLACKOUT:
        return finding
    alone, _ = judge(lane, division, trigger, weight, at, around.before, around.zone)
    if alone is not None:
        return alone
    return Finding(
        Reason.LOST_ARBITRATION,
        finding.rule,
        lane.channel,
        finding.seen,
        finding.limit,
        finding.until,
        won[0].trigger if len(won) == 1 else ",".join(touch.trigger for touch in won),
    )


def _telling(findings: Sequence[Finding]) -> Finding:
    """Of the channels' refusals the one that decides: one that may change, else the preferred channel's."""
    return next((f for f in findings if f.reason in MAY_CHANGE), findings[0])
