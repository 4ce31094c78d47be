"""Withdrawals, permissions and standings that act at once: the event and its effect on the profile in one transaction.

Used by the one-click link, the API and complaints. What has not left yet and is covered by a withdrawal is cancelled in the
same transaction, so the plan shows it at once; what waits at the print vendor is marked to be recalled.
"""

import hashlib
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from courtesy.decisions.effects import Step, write_folded
from courtesy.decisions.policy import Policy, policy_of
from courtesy.decisions.rules import ANY
from courtesy.decisions.settle import stopping
from courtesy.outcomes import Reason
from courtesy.ports import CustomerStore
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import COURTESY, Contact, Event, Permission, Privacy, event_key
from courtesy.timeline.profile import Profile


def withdraw(
    store: CustomerStore,
    customer_id: str,
    purpose: str,
    channel: str,
    division: str,
    now: datetime,
    proof: str,
    source: str = COURTESY,
) -> Profile:
    """Withdraw a permission for the whole customer; `*` stands for all. The profile after it. Again changes nothing.

    `proof`: how it is known, without personal data (`one-click link`, a contact id). Raises Conflict.
    """
    return _say(store, customer_id, purpose, channel, division, "withdrawn", now, proof, source)


def grant(
    store: CustomerStore,
    customer_id: str,
    purpose: str,
    channel: str,
    division: str,
    now: datetime,
    proof: str,
    source: str = COURTESY,
) -> Profile:
    """Grant a permission for the whole customer; it ends a withdrawal of exactly the same scope. Raises Conflict."""
    return _say(store, customer_id, purpose, channel, division, "granted", now, proof, source)


def record_privacy(
    store: CustomerStore,
    customer_id: str,
    type_: Literal["restriction", "objection", "deceased", "gone_away", "erasure"],
    status: Literal["on", "off"],
    rulebook: Rulebook | Policy,
    now: datetime,
) -> Profile:
    """Record a standing of the person and cancel what it stops: for an objection marketing, else everything. Raises Conflict."""
    policy = rulebook if isinstance(rulebook, Policy) else policy_of(rulebook)
    event = Privacy(source=COURTESY, id=type_, when=now, version=status, type=type_, status=status)

    def make(profile: Profile, timeline: list[Event]) -> Step | None:
        if (type_ in profile.privacy) == (status == "on") and _has(timeline, event):
            return None
        stopped = [
            c
            for c in timeline
            if isinstance(c, Contact)
            and status == "on"
            and (type_ != "objection" or policy.marketing(c.purpose))
        ]
        said = replace(event, covers=tuple(profile.subjects))
        return Step(new=[said], moved=stopping(stopped, timeline, _WHY[type_].value, now))

    return write_folded(store, customer_id, make)


_WHY = {
    "restriction": Reason.RESTRICTED,
    "objection": Reason.OBJECTION,
    "deceased": Reason.DECEASED,
    "gone_away": Reason.GONE_AWAY,
    "erasure": Reason.ERASED,
}


def _say(
    store: CustomerStore,
    customer_id: str,
    purpose: str,
    channel: str,
    division: str,
    status: Literal["granted", "withdrawn"],
    now: datetime,
    proof: str,
    source: str,
) -> Profile:
    scope = f"{purpose}\0{channel}\0{division}"
    event = Permission(
        source=source,
        id=hashlib.sha256(scope.encode()).hexdigest()[:16],
        when=now,
        version=status,
        purpose=purpose,
        channel=channel,
        division=division,
        status=status,
        proof=proof,
    )

    def make(profile: Profile, timeline: list[Event]) -> Step | None:
        standing = any(
            (s.purpose, s.channel, s.division, s.status) == (purpose, channel, division, status)
            and s.source == source
            for s in profile.permissions
        )
        if _has(timeline, event) or (standing and status == "withdrawn"):
            return None
        stopped = [
            c
            for c in timeline
            if status == "withdrawn"
            and isinstance(c, Contact)
            and purpose in (c.purpose, ANY)
            and channel in (c.channel, ANY)
            and division in (c.division, ANY)
        ]
        said = replace(event, covers=tuple(profile.subjects))
        return Step(new=[said], moved=stopping(stopped, timeline, Reason.PERMISSION_WITHDRAWN.value, now))

    return write_folded(store, customer_id, make)


def _has(timeline: list[Event], event: Event) -> bool:
    key = event_key(event)
    return any(event_key(held) == key for held in timeline)
