"""Recovery: what an agent may grant to somebody whose complaint was closed, by its nature and the customer's value tier."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from courtesy.decisions.offers import resting
from courtesy.decisions.rules import ANY, RecoveryLine
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import CaseView, Profile


class Grant(msgspec.Struct, frozen=True):
    """What may be granted for one closed complaint until `until`.

    limit: minor units of `currency`; offers: that may be made instead, without those that the customer declined of late;
    rule: the line of `decisions.recovery` that says so
    """

    source: str
    case: str
    division: str
    nature: str
    closed: datetime
    value_tier: str
    limit: int
    currency: str
    offers: list[str]
    rule: str
    until: datetime


def grants_of(profile: Profile, rulebook: Rulebook, now: datetime) -> list[Grant]:
    """What may be granted to this customer now, the latest closed complaint first; none while a complaint is open.

    The first line that fits decides; where none fits, nothing may be granted.
    """
    if any(case.status == "open" for case in profile.cases):
        return []
    rests = resting(profile, rulebook.offers)
    grants = []
    for case in profile.cases:
        place = profile.places.get(case.division)
        tier = place.value_tier if place else ""
        number, line = _line(rulebook.decisions.recovery, case, tier)
        closed = case.closed or case.opened
        if case.type != "complaint" or line is None or not closed <= now < closed + timedelta(days=line.days):
            continue
        division = rulebook.divisions.get(case.division)
        grants.append(
            Grant(
                source=case.source,
                case=case.id,
                division=case.division,
                nature=case.nature,
                closed=closed,
                value_tier=tier,
                limit=line.limit,
                currency=division.currency if division else "USD",
                offers=[o for o in line.offers if o not in rests or rests[o] <= now],
                rule=f"recovery.{number}",
                until=closed + timedelta(days=line.days),
            )
        )
    return sorted(grants, key=lambda g: (g.closed, g.source, g.case), reverse=True)


def _line(lines: Sequence[RecoveryLine], case: CaseView, tier: str) -> tuple[int, RecoveryLine | None]:
    for number, line in enumerate(lines):
        if (
            _fits(line.natures, case.nature)
            and _fits(line.value_tiers, tier)
            and _fits(line.divisions, case.division)
        ):
            return number, line
    return -1, None


def _fits(names: Sequence[str], name: str) -> bool:
    return ANY in names or name in names
