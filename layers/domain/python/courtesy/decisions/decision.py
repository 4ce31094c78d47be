"""Candidates and decisions: the closed union of outcomes, each with every figure it used."""

from datetime import datetime

import msgspec

from courtesy.outcomes import DecisionOutcome, Reason


class Candidate(msgspec.Struct, frozen=True):
    """(customer, trigger, occurrence) that a trigger proposed and nothing decided yet; the customer is the profile's.

    not_before: earliest instant at which a contact may go out; expires: after that it is not tried any more
    unknown: an attribute that the trigger must know and does not (the candidate is held)
    """

    trigger: str
    occurrence: str
    expires: datetime
    not_before: datetime | None = None
    unknown: str = ""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule that said no: to one channel, or (channel empty) to the candidate as a whole.

    rule: the rule's id or its place in the law; seen, limit: the counter and what it may reach, where the rule counts;
    until: when it may be otherwise; other: the competing trigger, the law behind a default, the unknown attribute
    """

    reason: Reason
    rule: str
    channel: str = ""
    seen: float | None = None
    limit: float | None = None
    until: datetime | None = None
    other: str = ""


class Counter(msgspec.Struct, frozen=True, array_like=True):
    """What a cap had counted, the contact itself left out, and what it allows in this priority class."""

    rule: str
    seen: float
    limit: float


class Rival(msgspec.Struct, frozen=True, array_like=True):
    """Another candidate of the same customer at the same time, with what ordered them."""

    trigger: str
    occurrence: str
    priority: int
    value: float


class _Decided(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="outcome"):
    """What all decisions tell.

    at: the instant of the decision; value: expected value in minor units; findings: the rules that said no, by channel;
    counters: of the caps that were looked at for the channel taken (or for the last one refused); competitors: the other
    candidates of the customer in order
    """

    customer_id: str
    trigger: str
    occurrence: str
    division: str
    at: datetime
    rulebook: int
    profile_version: int
    expires: datetime
    priority: int = 0
    value: float = 0.0
    findings: list[Finding] = []
    counters: list[Counter] = []
    competitors: list[Rival] = []


class Reserved(_Decided, frozen=True, kw_only=True, omit_defaults=True, tag=DecisionOutcome.RESERVED.value):
    """Within the law: this contact through this channel. `planned` is when it counts, `due` when it may be released."""

    contact: str
    channel: str
    planned: datetime
    due: datetime
    weight: float
    cost: int = 0

    @property
    def reason(self) -> Reason:
        """Always `within_law`."""
        return Reason.WITHIN_LAW


class Held(_Decided, frozen=True, kw_only=True, omit_defaults=True, tag=DecisionOutcome.HELD.value):
    """Not now; competes again until `expires`. `until`: when the rule may be otherwise, as far as is known."""

    reason: Reason
    rule: str
    until: datetime | None = None


class Suppressed(
    _Decided, frozen=True, kw_only=True, omit_defaults=True, tag=DecisionOutcome.SUPPRESSED.value
):
    """Not at all for this occurrence."""

    reason: Reason
    rule: str


class Control(_Decided, frozen=True, kw_only=True, omit_defaults=True, tag=DecisionOutcome.CONTROL.value):
    """Would be eligible, but is in a control group."""

    reason: Reason
    rule: str


Decision = Reserved | Held | Suppressed | Control
"""The closed union: every candidate ends in exactly one of these."""

MAY_CHANGE = frozenset(
    {
        Reason.OPEN_CASE,
        Reason.BLACKOUT,
        Reason.CAP,
        Reason.GAP,
        Reason.SLOT_HELD_BACK,
        Reason.LOST_ARBITRATION,
        Reason.BUDGET,
        Reason.OFFER_STOCK,
        Reason.OFFER_RESTING,
        Reason.DATA_IN_DOUBT,
        Reason.QUIET_HOURS,
    }
)
"""Reasons that hold; all others suppress."""


def outcome_of(decision: Decision) -> DecisionOutcome:
    """The outcome's word."""
    match decision:
        case Reserved():
            return DecisionOutcome.RESERVED
        case Held():
            return DecisionOutcome.HELD
        case Suppressed():
            return DecisionOutcome.SUPPRESSED
        case Control():
            return DecisionOutcome.CONTROL
