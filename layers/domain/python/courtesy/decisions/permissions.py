"""Permission and person: who may be contacted at all, for what purpose, through which channel, about which division.

Every standing that covers (purpose, channel, division), `*` included, has a say, and a withdrawn one beats any granted one,
narrow or wide, old or new: to be contacted again the customer grants what was withdrawn. Where none covers it nobody was
asked, and the first permission default that fits the country decides; without one silence is a no. A country that is not
known fits only lines for all countries. `corporate` is a division like the others here: a message of the whole house needs
the permission for `corporate` or for all.
"""

from datetime import date, datetime

from courtesy.decisions.decision import Finding
from courtesy.decisions.policy import Lane, Plan, Policy
from courtesy.decisions.rules import ANY
from courtesy.outcomes import Reason
from courtesy.timeline.profile import Profile, Standing

_TRUE = frozenset({"true", "1", "yes", "y", "j", "ja"})


def person_stopped(policy: Policy, profile: Profile, today: date) -> Finding | None:
    """Why this person is contacted by nobody about nothing, None if they may be. `today`: the local date."""
    privacy = profile.privacy
    if "erasure" in privacy:
        return Finding(Reason.ERASED, "privacy.erasure")
    if "restriction" in privacy:
        return Finding(Reason.RESTRICTED, "privacy.restriction")
    if "deceased" in privacy or _true(profile, "deceased"):
        return Finding(Reason.DECEASED, "person.deceased")
    if "gone_away" in privacy or _true(profile, "gone_away"):
        return Finding(Reason.GONE_AWAY, "person.gone_away")
    born = _date(profile.text("date_of_birth"))
    if born is not None:
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        if age < policy.rules.minimum_age:
            return Finding(Reason.UNDER_AGE, "person.minimum_age", seen=age, limit=policy.rules.minimum_age)
    if profile.merging or profile.merged_into:
        return Finding(Reason.DATA_IN_DOUBT, "person.merging")
    return None


def plan_stopped(plan: Plan, profile: Profile) -> Finding | None:
    """Why marketing of this sort is out of the question now: an objection, an open case; None if it is not."""
    if not plan.marketing:
        return None
    if "objection" in profile.privacy:
        return Finding(Reason.OBJECTION, "privacy.objection")
    for case in profile.cases:
        if case.status == "open":
            return Finding(Reason.OPEN_CASE, "cases.open", other=case.type)
    return None


def permitted(lane: Lane, purpose: str, division: str, profile: Profile, now: datetime) -> Finding | None:
    """Why the permission does not allow this channel now, None if it does."""
    granted = False
    for standing in profile.permissions:
        if _covers(standing, purpose, lane.channel, division):
            if standing.status == "withdrawn":
                return Finding(Reason.PERMISSION_WITHDRAWN, "permission.withdrawn", lane.channel)
            granted = True
    if granted:
        return None
    country = profile.text("country").upper()
    for default in lane.defaults:
        if ANY not in default.countries and country not in default.countries:
            continue
        if default.rule == "opt_out":
            return None
        if default.rule == "existing_customer":
            last = last_purchase(profile).get(division)
            today = (now - _EPOCH).days
            if last is not None and today - last <= default.days:
                return None
        return Finding(
            Reason.PERMISSION_NEVER_GIVEN, f"permission.{default.rule}", lane.channel, other=default.reason
        )
    return Finding(Reason.PERMISSION_NEVER_GIVEN, "permission.opt_in", lane.channel)


def last_purchase(profile: Profile) -> dict[str, int]:
    """Division -> day number (days since 1970-01-01) of the last purchase; the latest of all under `corporate`."""
    last: dict[str, int] = {}
    for division, ledger in profile.ledgers.items():
        for occasion in reversed(ledger.occasions):
            if occasion.purchases > 0:
                last[division] = occasion.day
                break
    if last:
        last["corporate"] = max(last.values())
    return last


def _covers(standing: Standing, purpose: str, channel: str, division: str) -> bool:
    return (
        standing.purpose in (purpose, ANY)
        and standing.channel in (channel, ANY)
        and standing.division in (division, ANY)
    )


def _true(profile: Profile, field: str) -> bool:
    known = profile.values.get(field)
    return known is not None and (known.value is True or str(known.value).strip().lower() in _TRUE)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
