"""The section of the rulebook that rules decisions: permissions, pressure, calendars, holdouts, costs, release.

The defaults below are careful ones (opt-in, one contact a week); the client's own stand in `rulebook/decisions.yaml`.
"""

from datetime import date, time
from typing import Literal

from pydantic import Field, model_validator

from courtesy.rulebook.section import Section

ANY = "*"
"""Stands for every division, channel, category, purpose or country."""


class Category(Section):
    """What sort of contact it is. Exempt ones skip caps and gaps, still count, and name who approved that."""

    exempt: bool = False
    approver: str = ""
    label: str = ""

    @model_validator(mode="after")
    def _approved(self) -> "Category":
        if self.exempt and not self.approver.strip():
            raise ValueError("an exempt category names its approver in `approver`")
        return self


class Purpose(Section):
    """Why somebody is contacted.

    marketing: an objection, an open case, a calendar blackout and the control groups stop it
    """

    marketing: bool = True
    label: str = ""


class PermissionDefault(Section):
    """What holds where nobody was asked; the first line that fits country, purpose and channel decides.

    rule:   opt_in (silence is a no), opt_out (silence is a yes), existing_customer (a yes within `days` after a purchase in
            the division, or in any for `corporate`; else a no)
    reason: the law or policy behind it, for the explanation
    """

    countries: list[str] = Field(default_factory=lambda: [ANY])
    purposes: list[str] = Field(default_factory=lambda: [ANY])
    channels: list[str] = Field(default_factory=lambda: [ANY])
    rule: Literal["opt_in", "opt_out", "existing_customer"]
    days: int = 730
    reason: str = ""


class Scope(Section):
    """Which contacts a rule is about; `*` or no list entry fits all. Labels are those at reservation."""

    divisions: list[str] = Field(default_factory=lambda: [ANY])
    channels: list[str] = Field(default_factory=lambda: [ANY])
    categories: list[str] = Field(default_factory=lambda: [ANY])


class Cap(Scope):
    """At most so many contacts (or so much weight) in a window.

    Exactly one of `rolling_days` (every stretch of that many times 86,400 seconds, looking both ways; two contacts exactly
    that far apart are in different windows) and `calendar` (a day, ISO week or month in the customer's zone).
    count:     contacts, or weight (agents' calls and dealers' contacts weigh too)
    held_back: slots kept for more important classes: {n: k} means that classes n and greater (less important) may use only
               `at_most - k`
    exempt_counts: contacts of exempt categories, which skip the cap themselves, use up slots
    of:        whose contacts are counted together: those of one person, or of all customers of one household
    """

    id: str
    of: Literal["person", "household"] = "person"
    at_most: float = Field(ge=0)
    count: Literal["contacts", "weight"] = "contacts"
    rolling_days: float | None = Field(default=None, gt=0)
    calendar: Literal["day", "week", "month"] | None = None
    held_back: dict[int, float] = Field(default_factory=dict)
    exempt_counts: bool = True

    @model_validator(mode="after")
    def _one_window(self) -> "Cap":
        if (self.rolling_days is None) == (self.calendar is None):
            raise ValueError(f"cap {self.id!r} needs exactly one of rolling_days and calendar")
        return self


class Gap(Scope):
    """A minimum distance, in days of 86,400 seconds, from other contacts (both ways), or after the last purchase.

    after: contact (any in scope), same_trigger, purchase (whole days from the day of the last purchase in the division)
    """

    id: str
    after: Literal["contact", "same_trigger", "purchase"]
    days: float = Field(gt=0)


class QuietHours(Section):
    """Local hours in which a channel is silent, e.g. 21:00 to 08:00; `until` is the first minute that is free again.

    unknown_zone: what to do where the customer's zone is not known: hold the candidate (`data_in_doubt`), or judge by
                  `default_zone` of the section
    """

    start: time
    until: time
    unknown_zone: Literal["hold", "default_zone"] = "hold"

    @model_validator(mode="after")
    def _some(self) -> "QuietHours":
        if self.start == self.until:
            raise ValueError("quiet hours that start and end at the same time would never end")
        return self


class Blackout(Scope):
    """Calendar days (customer's zone, both included) on which marketing in scope may not arrive."""

    id: str
    first: date
    last: date

    @model_validator(mode="after")
    def _forwards(self) -> "Blackout":
        if self.last < self.first:
            raise ValueError(f"blackout {self.id!r} ends before it starts")
        return self


class ChannelRules(Section):
    """What a channel costs and how long it takes.

    cost:            minor units per contact; a channel with a cost is paid mail for the below-zero rule
    arrival_days:    from release to arrival; a contact counts at its expected arrival until it is really sent
    release_per_run: contacts that one run of release queues at most (pacing after quiet hours and outages)
    """

    cost: int = Field(default=0, ge=0)
    arrival_days: int = Field(default=0, ge=0)
    release_per_run: int = Field(default=500, ge=1)
    quiet_hours: QuietHours | None = None


class RecoveryLine(Section):
    """What an agent may grant, and offer, to somebody whose complaint was closed.

    natures, value_tiers, divisions: of the complaint, and of the customer in its division; `*` fits all
    limit:  minor units of the division's currency that may be granted per complaint
    offers: offers that may be made instead
    days:   how long after the case was closed
    """

    natures: list[str] = Field(default_factory=lambda: [ANY])
    value_tiers: list[str] = Field(default_factory=lambda: [ANY])
    divisions: list[str] = Field(default_factory=lambda: [ANY])
    limit: int = Field(ge=0)
    offers: list[str] = Field(default_factory=list)
    days: int = Field(default=60, ge=1)


class PriorityClass(Section):
    """A word for a number of `Trigger.priority`; lower numbers go first."""

    priority: int
    label: str = ""


def _categories() -> dict[str, Category]:
    return {"marketing": Category()}


def _purposes() -> dict[str, Purpose]:
    return {
        "marketing": Purpose(),
        "service": Purpose(marketing=False),
        "legal": Purpose(marketing=False),
    }


def _channels() -> dict[str, ChannelRules]:
    return {
        "email": ChannelRules(),
        "letter": ChannelRules(cost=110, arrival_days=4),
        "postcard": ChannelRules(cost=70, arrival_days=4),
        "sms": ChannelRules(cost=5),
        "next_contact": ChannelRules(),
    }


class DecisionRules(Section):
    """The contact law's figures.

    global_control:   share of customers that get no marketing at all, for measuring
    default_zone:     zone of calendar windows, and of quiet hours that say so, where the customer's is not known
    minimum_age:      nobody younger is contacted; an unknown date of birth passes
    snapshot_days:    a cycle whose snapshot is older than this holds everything (`data_in_doubt`)
    log_days:         how long the decision log is kept; older cycles' and events' decisions are deleted by the next cycle
    recovery:         what an agent may grant after a complaint; the first line that fits decides
    """

    categories: dict[str, Category] = Field(default_factory=_categories)
    purposes: dict[str, Purpose] = Field(default_factory=_purposes)
    permission_defaults: list[PermissionDefault] = Field(default_factory=list)
    channels: dict[str, ChannelRules] = Field(default_factory=_channels)
    caps: list[Cap] = Field(default_factory=list)
    gaps: list[Gap] = Field(default_factory=list)
    blackouts: list[Blackout] = Field(default_factory=list)
    priority_classes: dict[str, PriorityClass] = Field(default_factory=dict)
    global_control: float = Field(default=0.0, ge=0, le=1)
    default_zone: str = "UTC"
    minimum_age: int = Field(default=18, ge=0)
    snapshot_days: int = Field(default=3, ge=0)
    log_days: int = Field(default=400, ge=30)
    recovery: list[RecoveryLine] = Field(default_factory=list)
