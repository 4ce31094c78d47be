"""What people record of a customer: interactions, responses, cases. Each takes effect at once, in one transaction.

A case that opens cancels the marketing that waits, and recalls what is at the print vendor, in the same transaction. Said
twice under the same id, it is recorded once.
"""

from datetime import datetime

import msgspec

from courtesy.decisions.effects import Step, refolded, write_folded
from courtesy.decisions.policy import Policy
from courtesy.decisions.settle import stopped_by_law
from courtesy.errors import Conflict, NotFound
from courtesy.ports import CustomerStore
from courtesy.timeline.events import Case, Contact, Event, Interaction, Response, event_key
from courtesy.timeline.profile import CaseView, Profile


class Recorded(msgspec.Struct, frozen=True):
    """The event's key, the profile after it, and the contacts that it stopped (as they are now)."""

    event: str
    profile: Profile
    stopped: list[Contact]


def record(
    store: CustomerStore,
    customer_id: str,
    event: Interaction | Response | Case,
    policy: Policy,
    now: datetime,
) -> Recorded:
    """Write the event with its effect, and stop what the law forbids from then on. Raises Conflict.

    Conflict too where the same id stands with another content.
    """
    stopped: list[Contact] = []
    key = event_key(event)

    def make(profile: Profile, timeline: list[Event]) -> Step | None:
        stopped.clear()
        for held in timeline:
            if type(held) is type(event) and (held.source, held.id) == (event.source, event.id):
                if event_key(held) == key or not isinstance(event, Case):
                    _same(held, event)
                    return None
                if isinstance(held, Case) and held.status == event.status == "open":
                    raise Conflict(f"a case {event.id!r} stands already; give another id")
        after = refolded(profile, timeline, Step(new=[event]))
        opens = isinstance(event, Case) and event.status == "open"
        moved = stopped_by_law(after, timeline, policy, now) if opens else []
        stopped.extend(contact for contact, _, _ in moved)
        return Step(new=[event], moved=moved)

    profile = write_folded(store, customer_id, make)
    return Recorded(key, profile, stopped)


def close_case(
    store: CustomerStore, customer_id: str, source: str, case_id: str, policy: Policy, now: datetime, by: str
) -> Recorded:
    """Close an open case, whoever opened it; again changes nothing. Raises NotFound, Conflict.

    by: who closes it, for the version of the case; no personal data
    """
    view = find_case(store.read_profile(customer_id).profile, source, case_id)
    closed = Case(
        source=source,
        id=case_id,
        when=now,
        stated=now,
        version=f"shut-by-{by}",  # sorts behind `open`, should both be said within a microsecond
        division=view.division,
        type=view.type,  # type: ignore[arg-type]
        status="closed",
        nature=view.nature,
        severity=view.severity,
        opened=view.opened,
        closed=now,
    )
    if view.status == "closed":
        profile = store.read_profile(customer_id).profile
        return Recorded("", profile, [])
    return record(store, customer_id, closed, policy, now)


def find_case(profile: Profile, source: str, case_id: str) -> CaseView:
    """The case as it stands. Raises NotFound."""
    for case in profile.cases:
        if (case.source, case.id) == (source, case_id):
            return case
    raise NotFound("this customer has no such case")


def _same(held: Event, event: Event) -> None:
    """Raises Conflict where an id that was used before is given with another content; times apart."""
    plain = {"when": held.when, "stated": None, "subject": held.subject}
    if msgspec.structs.replace(event, **plain) != msgspec.structs.replace(held, **plain):
        raise Conflict(f"{event.id!r} was recorded before with another content; give another id")
