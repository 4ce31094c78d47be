"""Checks of the contact law within a rulebook: names that do not exist, rules that contradict or can never apply."""

from collections.abc import Iterator, Sequence

from courtesy.decisions.rules import ANY, Cap, DecisionRules, Scope
from courtesy.decisions.zones import zone_named
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.problems import Problem, Where, nearest
from courtesy.rulebook.trigger import Trigger

LISTENED = ("transaction", "case", "asset", "permission", "response", "interaction", "record", "feedback")
"""Kinds of event that triggers may listen to."""


def check_decisions(rulebook: Rulebook) -> list[Problem]:
    """Errors forbid publication; warnings name what is doubtful: a trigger that no cap lets through, a line never reached."""
    return [*_law(rulebook), *(p for t in rulebook.triggers.values() for p in _trigger(rulebook, t))]


def _law(rulebook: Rulebook) -> Iterator[Problem]:
    rules = rulebook.decisions
    if zone_named(rules.default_zone) is None:
        yield Problem(
            ("decisions", "default_zone"), f"no time zone is named {rules.default_zone!r}; use an IANA name"
        )
    for section in ("caps", "gaps", "blackouts"):
        entries = getattr(rules, section)
        ids = [entry.id for entry in entries]
        for n, entry in enumerate(entries):
            where: Where = ("decisions", section, n)
            if ids.index(entry.id) < n:
                yield Problem(
                    (*where, "id"), f"{entry.id!r} is the id of two {section}; explanations need one each"
                )
            yield from _scope(rulebook, where, entry)
    for n, cap in enumerate(rules.caps):
        yield from _cap(("decisions", "caps", n), cap)
        for other in rules.caps[:n] + rules.caps[n + 1 :]:
            if _implied(cap, other) and not (_implied(other, cap) and rules.caps.index(other) > n):
                yield Problem(
                    ("decisions", "caps", n),
                    f"cap {cap.id!r} is never met: {other.id!r} allows no more in the same or a longer window",
                    "warning",
                )
                break
    yield from _reach(rules)
    for n, grant in enumerate(rules.recovery):
        for m, name in enumerate(grant.offers):
            if name not in rulebook.offers:
                yield Problem(
                    ("decisions", "recovery", n, "offers", m),
                    f"unknown offer {name!r}{nearest(name, list(rulebook.offers))}",
                )
    shared: dict[str, str] = {}
    for id_, offer in sorted(rulebook.offers.items()):
        if shared.setdefault(offer.code, id_) != id_:
            yield Problem(
                ("offers", id_, "code"),
                f"{offer.code!r} is the code of {shared[offer.code]!r} too; a redemption could not be told apart",
            )
    for n, line in enumerate(rules.permission_defaults):
        for earlier in rules.permission_defaults[:n]:
            if all(
                _covers(getattr(earlier, field), getattr(line, field))
                for field in ("countries", "purposes", "channels")
            ):
                yield Problem(
                    ("decisions", "permission_defaults", n),
                    "is never reached: an earlier line fits all of it",
                    "warning",
                )
                break


def _cap(where: Where, cap: Cap) -> Iterator[Problem]:
    if cap.at_most == 0:
        yield Problem((*where, "at_most"), f"cap {cap.id!r} lets nothing through at all", "warning")
    for priority, slots in cap.held_back.items():
        if slots >= cap.at_most:
            yield Problem(
                (*where, "held_back", priority),
                f"holds back {slots:g} of {cap.at_most:g}, so classes {priority} and greater never get any",
                "warning",
            )


_HOLDS = {("day", "week"), ("day", "month"), ("day", "day"), ("week", "week"), ("month", "month")}
"""Calendar windows of which every first one lies within one of the second."""


def _implied(cap: Cap, other: Cap) -> bool:
    """Whether whatever keeps `other` keeps `cap` too, so that `cap` never says no first."""
    if cap.rolling_days is not None and other.rolling_days is not None:
        inside = cap.rolling_days <= other.rolling_days
    else:
        inside = (cap.calendar, other.calendar) in _HOLDS
    return (
        inside
        and other.at_most <= cap.at_most
        and not cap.held_back
        and (cap.count, cap.of) == (other.count, other.of)
        and (other.exempt_counts or not cap.exempt_counts)
        and all(_covers(getattr(other, f), getattr(cap, f)) for f in ("divisions", "channels", "categories"))
    )


def _reach(rules: DecisionRules) -> Iterator[Problem]:
    """Figures with which nobody, or hardly anybody, could be contacted, and purposes that evade the law."""
    marketing = rules.purposes.get("marketing")
    if marketing is not None and not marketing.marketing:
        yield Problem(
            ("decisions", "purposes", "marketing", "marketing"),
            "marketing is declared to be no marketing, so objections and open cases would not stop it",
        )
    if rules.global_control >= 0.5:
        yield Problem(
            ("decisions", "global_control"),
            f"{rules.global_control:.0%} of the customers would get no marketing at all",
            "warning",
        )
    if rules.minimum_age > 99:
        yield Problem(("decisions", "minimum_age"), f"nobody is {rules.minimum_age} years old", "warning")
    for name, channel in rules.channels.items():
        quiet = channel.quiet_hours
        if quiet is None:
            continue
        start, until = (t.hour * 60 + t.minute for t in (quiet.start, quiet.until))
        free = (start - until) % 1440
        if free < 60:
            yield Problem(
                ("decisions", "channels", name, "quiet_hours"),
                f"leaves {free} minutes of the day: `start` and `until` may be the wrong way round",
                "warning",
            )


def _scope(rulebook: Rulebook, where: Where, scope: Scope) -> Iterator[Problem]:
    rules = rulebook.decisions
    known: dict[str, Sequence[str]] = {
        "divisions": [*rulebook.divisions, "corporate"],
        "channels": list(rules.channels),
        "categories": list(rules.categories),
    }
    for field, names in known.items():
        for n, name in enumerate(getattr(scope, field)):
            if name != ANY and name not in names:
                yield Problem((*where, field, n), f"{name!r} is not declared{nearest(name, names)}")


def _trigger(rulebook: Rulebook, trigger: Trigger) -> Iterator[Problem]:
    rules, where = rulebook.decisions, ("triggers", trigger.id)
    for field, known in (("category", rules.categories), ("purpose", rules.purposes)):
        name = getattr(trigger, field)
        if name not in known:
            yield Problem((*where, field), f"{name!r} is not declared{nearest(name, list(known))}")
    for n, channel in enumerate(trigger.channels):
        if channel not in rules.channels:
            yield Problem(
                (*where, "channels", n), f"{channel!r} has no rules{nearest(channel, list(rules.channels))}"
            )
    if trigger.useful_for_days <= 0:
        yield Problem((*where, "useful_for_days"), "a trigger must expire: give at least one day")
    elif trigger.delay_hours >= trigger.useful_for_days * 24:
        yield Problem(
            (*where, "delay_hours"),
            "the delay is longer than the trigger is useful, so nothing ever goes out",
        )
    if trigger.offer and trigger.offer not in rulebook.offers:
        yield Problem(
            (*where, "offer"),
            f"unknown offer {trigger.offer!r}{nearest(trigger.offer, list(rulebook.offers))}",
        )
    if trigger.kind == "follow_up" and trigger.follows not in rulebook.triggers:
        yield Problem(
            (*where, "follows"),
            f"unknown trigger {trigger.follows!r}{nearest(trigger.follows, list(rulebook.triggers))}",
        )
    if trigger.kind == "follow_up" and trigger.after_days + trigger.useful_for_days > 90:
        yield Problem(
            (*where, "after_days"),
            "follow-ups look back 90 days; after_days + useful_for_days is more",
            "warning",
        )
    if trigger.kind == "event":
        kind = trigger.listens_to.partition(".")[0]
        if kind not in LISTENED:
            yield Problem((*where, "listens_to"), f"no event is of kind {kind!r}{nearest(kind, LISTENED)}")
    category, purpose = rules.categories.get(trigger.category), rules.purposes.get(trigger.purpose)
    if category is not None and category.exempt and purpose is not None and purpose.marketing:
        yield Problem(
            (*where, "category"),
            f"is exempt from caps ({trigger.category!r}), but its purpose is marketing: an abused exemption",
        )
    if category is not None and category.exempt and trigger.offer:
        yield Problem(
            (*where, "offer"),
            f"an exempt contact ({trigger.category!r}) that carries an offer is advertising: an abused exemption",
            "warning",
        )
    if category is not None and not category.exempt:
        yield from _impossible(rulebook, trigger)
    yield from _nobody(rulebook, trigger)


def _nobody(rulebook: Rulebook, trigger: Trigger) -> Iterator[Problem]:
    """Why a trigger would reach nobody, or too late."""
    where = ("triggers", trigger.id)
    if trigger.daily_budget == 0:
        yield Problem(
            (*where, "daily_budget"),
            "a budget of 0 lets nothing through; leave it out or switch `active` off",
            "warning",
        )
    if trigger.control_share == 1:
        yield Problem((*where, "control_share"), "everybody is held out, so it reaches nobody", "warning")
    offer = rulebook.offers.get(trigger.offer)
    if offer is not None and offer.stock == 0:
        yield Problem(
            (*where, "offer"),
            f"offer {trigger.offer!r} has a stock of 0, so nothing ever goes out",
            "warning",
        )
    arrival = [
        rulebook.decisions.channels[c].arrival_days
        for c in trigger.channels
        if c in rulebook.decisions.channels
    ]
    if arrival and min(arrival) >= max(1, trigger.useful_for_days):
        yield Problem(
            (*where, "useful_for_days"),
            f"it is useful for {trigger.useful_for_days} days and takes {min(arrival)} to arrive: give it more, or a faster channel",
            "warning",
        )
    seen, at = {trigger.id}, trigger
    while at.kind == "follow_up" and at.follows in rulebook.triggers:
        at = rulebook.triggers[at.follows]
        if at.id in seen:
            if at.id == trigger.id:
                yield Problem((*where, "follows"), "follows itself in a circle, so nothing ever begins")
            break
        seen.add(at.id)


def _impossible(rulebook: Rulebook, trigger: Trigger) -> Iterator[Problem]:
    for cap in rulebook.decisions.caps:
        own = trigger.weight if cap.count == "weight" else 1.0
        held = max((s for p, s in cap.held_back.items() if trigger.priority >= p), default=0.0)
        fitting = [c for c in trigger.channels if _fits(cap, trigger, c)]
        if fitting == list(trigger.channels) and own > cap.at_most - held:
            yield Problem(
                ("triggers", trigger.id),
                f"cap {cap.id!r} never lets it through: it takes {own:g} of {cap.at_most - held:g}",
                "warning",
            )


def _fits(cap: Cap, trigger: Trigger, channel: str) -> bool:
    return (
        _covers(cap.divisions, [trigger.division])
        and _covers(cap.channels, [channel])
        and _covers(cap.categories, [trigger.category])
    )


def _covers(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    return not wide or ANY in wide or (bool(narrow) and ANY not in narrow and set(narrow) <= set(wide))
