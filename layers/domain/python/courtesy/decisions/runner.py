"""A runner: one candidate on its way through the law, until something ends it or it takes a channel."""

from collections.abc import Collection, Sequence
from datetime import datetime

from courtesy.decisions.addresses import unreachable
from courtesy.decisions.candidates import contact_id
from courtesy.decisions.circumstances import Circumstances, blacked_out, released
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
from courtesy.decisions.permissions import permitted, plan_stopped
from courtesy.decisions.policy import Lane, Plan
from courtesy.decisions.pressure import Touch, judge
from courtesy.decisions.windows import micros
from courtesy.outcomes import Reason

_CONTROLS = frozenset({Reason.GLOBAL_CONTROL, Reason.TRIGGER_CONTROL})


class Runner:
    """One candidate on its way to a decision: `enter`, then `compete` unless that ended it, then `decision`."""

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
                self.finding = _offer_stopped(trigger.offer, around, self.lanes[0][2], no_stock)
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
                self.lanes.append((lane, due, due + lane.arrival))
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
        ends = Control if finding.reason in _CONTROLS else Suppressed
        return ends(
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


def _offer_stopped(
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
