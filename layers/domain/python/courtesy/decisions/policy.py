"""The contact law of one rulebook version, compiled once: per trigger and channel exactly the rules that apply to it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from courtesy.decisions.rules import (
    ANY,
    Blackout,
    Cap,
    Category,
    ChannelRules,
    DecisionRules,
    PermissionDefault,
    Scope,
)
from courtesy.decisions.windows import DAY
from courtesy.decisions.zones import zone_named
from courtesy.errors import RefusedRule, UnknownName
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.offer import Offer
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import Contact

MOST_IMPORTANT = -1
"""A priority for which no cap holds anything back."""


@dataclass(frozen=True, slots=True)
class Scoped:
    """Which contacts a rule counts; None stands for all."""

    divisions: frozenset[str] | None
    channels: frozenset[str] | None
    categories: frozenset[str] | None

    def fits(self, division: str, channel: str, category: str) -> bool:
        """Whether a contact with these labels is in scope."""
        return (
            (self.divisions is None or division in self.divisions)
            and (self.channels is None or channel in self.channels)
            and (self.categories is None or category in self.categories)
        )


@dataclass(frozen=True, slots=True)
class CapRule:
    """A cap as it applies to one priority class. `window`: microseconds, 0 for a calendar window of `calendar`."""

    id: str
    limit: float
    full: float
    """The limit of the most important class; what lies between the two is held back."""
    window: int
    calendar: str
    weighed: bool
    exempt_counts: bool
    scope: Scoped
    everything: bool
    """The scope is everything, and exempt contacts count."""
    household: bool = False
    """Counts the contacts of the whole household."""


@dataclass(frozen=True, slots=True)
class GapRule:
    """A gap; `distance` in microseconds, for purchases in days."""

    id: str
    after: str
    distance: int
    days: int
    scope: Scoped


@dataclass(frozen=True, slots=True)
class Lane:
    """One channel of one trigger with the rules that apply to it."""

    channel: str
    rules: ChannelRules
    caps: tuple[CapRule, ...]
    gaps: tuple[GapRule, ...]
    blackouts: tuple[Blackout, ...]
    defaults: tuple[PermissionDefault, ...]
    value: float
    """Expected value through this channel, minor units: probability of a response x its value - cost."""
    arrival: timedelta
    """From release to arrival."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One trigger with everything that the law says about it."""

    trigger: Trigger
    exempt: bool
    marketing: bool
    lanes: tuple[Lane, ...]

    def through(self, channel: str) -> "Plan":
        """The plan with one of its channels only. Raises UnknownName where the trigger does not use it."""
        lanes = tuple(lane for lane in self.lanes if lane.channel == channel)
        if not lanes:
            raise UnknownName(f"channel of trigger {self.trigger.id!r}", channel, self.trigger.channels)
        return replace(self, lanes=lanes)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The law of one rulebook version."""

    version: int
    rules: DecisionRules
    plans: dict[str, Plan]
    default_zone: ZoneInfo
    offers: dict[str, Offer]
    households: bool
    """Some cap counts by household."""
    _of_contacts: dict[tuple[str, str, str, str, str], Plan] = field(default_factory=dict)

    def plan(self, trigger: str) -> Plan:
        """What the law says about a trigger. Raises UnknownName."""
        try:
            return self.plans[trigger]
        except KeyError:
            raise UnknownName("trigger", trigger, self.plans) from None

    def plan_of(self, contact: Contact) -> Plan | None:
        """What the law says about a contact that exists: its own labels, this version's figures; None without its trigger.

        Nothing is held back from it: it won its place when it was reserved.
        """
        labels = (contact.trigger, contact.channel, contact.division, contact.category, contact.purpose)
        plan = self._of_contacts.get(labels)
        if plan is None:
            known = self.plans.get(contact.trigger)
            if known is None:
                return None
            trigger = known.trigger.model_copy(
                update={
                    "channels": [contact.channel],
                    "division": contact.division,
                    "category": contact.category,
                    "purpose": contact.purpose,
                    "priority": MOST_IMPORTANT,
                }
            )
            rules = self.rules
            exempt = rules.categories.get(contact.category, Category()).exempt
            marketing = self.marketing(contact.purpose)
            lane = _lane(trigger, contact.channel, rules, exempt, marketing)
            plan = self._of_contacts[labels] = Plan(trigger, exempt, marketing, (lane,))
        return plan

    def marketing(self, purpose: str) -> bool:
        """Whether a purpose is marketing; one that the rulebook does not know counts as such."""
        known = self.rules.purposes.get(purpose)
        return known is None or known.marketing


def policy_of(rulebook: Rulebook) -> Policy:
    """The compiled law of a rulebook; the same object for the same rulebook. Raises RefusedRule, UnknownName."""
    return _compiled(_Same(rulebook))


class _Same:
    """A rulebook by identity: hashing its content would cost more than compiling it."""

    __slots__ = ("rulebook",)

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook

    def __hash__(self) -> int:
        return id(self.rulebook)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.rulebook is other.rulebook


@lru_cache(maxsize=8)
def _compiled(same: _Same) -> Policy:
    rulebook = same.rulebook
    rules = rulebook.decisions
    zone = zone_named(rules.default_zone)
    if zone is None:
        raise RefusedRule(
            f"no time zone is named {rules.default_zone!r}; use an IANA name such as 'Europe/Berlin'",
            rule="decisions.default_zone",
        )
    return Policy(
        version=rulebook.version,
        rules=rules,
        plans={id_: _plan(trigger, rules) for id_, trigger in rulebook.triggers.items()},
        default_zone=zone,
        offers=rulebook.offers,
        households=any(cap.of == "household" for cap in rules.caps),
    )


def _plan(trigger: Trigger, rules: DecisionRules) -> Plan:
    if trigger.category not in rules.categories:
        raise UnknownName(f"category of trigger {trigger.id!r}", trigger.category, rules.categories)
    if trigger.purpose not in rules.purposes:
        raise UnknownName(f"purpose of trigger {trigger.id!r}", trigger.purpose, rules.purposes)
    exempt = rules.categories[trigger.category].exempt
    marketing = rules.purposes[trigger.purpose].marketing
    return Plan(
        trigger,
        exempt,
        marketing,
        tuple(_lane(trigger, channel, rules, exempt, marketing) for channel in trigger.channels),
    )


def _lane(trigger: Trigger, channel: str, rules: DecisionRules, exempt: bool, marketing: bool) -> Lane:
    labels = (trigger.division, channel, trigger.category)
    mine = rules.channels.get(channel) or ChannelRules()
    return Lane(
        channel=channel,
        rules=mine,
        caps=()
        if exempt
        else tuple(_cap(cap, trigger.priority) for cap in rules.caps if _scope(cap).fits(*labels)),
        gaps=()
        if exempt
        else tuple(
            GapRule(gap.id, gap.after, round(gap.days * DAY), round(gap.days), _scope(gap))
            for gap in rules.gaps
            if _scope(gap).fits(*labels)
        ),
        blackouts=tuple(b for b in rules.blackouts if _scope(b).fits(*labels)) if marketing else (),
        defaults=tuple(d for d in rules.permission_defaults if _about(d, trigger.purpose, channel)),
        value=trigger.response_probability * trigger.value - mine.cost,
        arrival=timedelta(days=mine.arrival_days),
    )


def _cap(cap: Cap, priority: int) -> CapRule:
    held = max((slots for number, slots in cap.held_back.items() if priority >= number), default=0.0)
    scope = _scope(cap)
    return CapRule(
        id=cap.id,
        limit=max(0.0, cap.at_most - held),
        full=cap.at_most,
        window=0 if cap.rolling_days is None else round(cap.rolling_days * DAY),
        calendar=cap.calendar or "",
        weighed=cap.count == "weight",
        exempt_counts=cap.exempt_counts,
        scope=scope,
        everything=cap.exempt_counts and scope == Scoped(None, None, None),
        household=cap.of == "household",
    )


def _scope(scope: Scope) -> Scoped:
    return Scoped(*(_names(names) for names in (scope.divisions, scope.channels, scope.categories)))


def _names(names: list[str]) -> frozenset[str] | None:
    return None if not names or ANY in names else frozenset(names)


def _about(default: PermissionDefault, purpose: str, channel: str) -> bool:
    purposes, channels = _names(default.purposes), _names(default.channels)
    return (purposes is None or purpose in purposes) and (channels is None or channel in channels)
