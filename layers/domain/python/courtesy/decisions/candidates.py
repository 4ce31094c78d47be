"""From a trigger's proposal to a candidate: occurrence keys, contact ids, and how long a candidate is useful.

Occurrence keys: `once`; a period as `2026-11-22`, `2026-W47`, `2026-11`, `2026-Q4`, `2026`; an event's hash `e-...`; a date
trigger's target date; a follow-up's `f-` + the contact it follows.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta

from courtesy.decisions.decision import Candidate
from courtesy.outcomes import ContactState
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import Asset, Case, Event, Permission, Response, Transaction, kind_of
from courtesy.timeline.profile import PastContact, Profile


def contact_id(customer_id: str, trigger: str, occurrence: str) -> str:
    """The id of the one contact that a customer can have for a trigger's occurrence: `k` and 24 characters."""
    return "k" + _short(f"{customer_id}\0{trigger}\0{occurrence}")


def occurrence_of(trigger: Trigger, day: date) -> str:
    """The occurrence key of a cycle trigger on a date."""
    match trigger.occurrence:
        case "once":
            return "once"
        case "day":
            return day.isoformat()
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case "month":
            return f"{day.year:04}-{day.month:02}"
        case "quarter":
            return f"{day.year:04}-Q{(day.month + 2) // 3}"
        case "year":
            return f"{day.year:04}"


def from_cycle(trigger: Trigger, as_of: date, today: date, unknown: str = "") -> Candidate:
    """The candidate of a cycle trigger whose criteria hold on the cycle's date; proposed anew each cycle while they do.

    today: from when its usefulness runs, later than `as_of` where a cycle looks at the past
    """
    expires = _midnight(today) + timedelta(days=max(1, trigger.useful_for_days))
    return Candidate(trigger.id, occurrence_of(trigger, as_of), expires, unknown=unknown)


def from_date(trigger: Trigger, attribute: date, as_of: date) -> Candidate | None:
    """The candidate of a date trigger, None before its date or after its usefulness."""
    target = attribute + timedelta(days=trigger.offset_days)
    expires = target + timedelta(days=max(1, trigger.useful_for_days))
    if not target <= as_of < expires:
        return None
    return Candidate(trigger.id, target.isoformat(), _midnight(expires))


def event_name(event: Event) -> str:
    """What event triggers listen to: the kind, with its type or status where it has one: `case.closed`."""
    kind = kind_of(event)
    if isinstance(event, Case | Permission):
        return f"{kind}.{event.status}"
    if isinstance(event, Transaction | Asset | Response):
        return f"{kind}.{event.type}"
    return kind


def listens(trigger: Trigger, event: Event) -> bool:
    """Whether an event trigger listens to this event: kind (and type), and the division unless it is corporate."""
    if trigger.kind != "event" or not trigger.active or event.gone:
        return False
    name = event_name(event)
    if trigger.listens_to not in (name, name.partition(".")[0]):
        return False
    division = getattr(event, "division", "")
    return trigger.division == "corporate" or division in (trigger.division, "*", "")


def from_event(trigger: Trigger, event: Event, now: datetime) -> Candidate | None:
    """The candidate that an event makes, None where the trigger does not listen or the event is no longer news.

    A corrected version of the event is the same occurrence. An event older than the trigger's usefulness proposes nothing,
    so loading years of history writes to nobody.
    """
    if not listens(trigger, event):
        return None
    expires = event.when + timedelta(days=trigger.useful_for_days)
    if expires <= now:
        return None
    occurrence = "e-" + _short(f"{kind_of(event)}\0{event.source}\0{event.id}")[:16]
    return Candidate(
        trigger.id, occurrence, expires, not_before=event.when + timedelta(hours=trigger.delay_hours)
    )


_GONE_OUT = frozenset({ContactState.SENDING, ContactState.SENT, ContactState.DELIVERED})


def from_follow_up(trigger: Trigger, profile: Profile, now: datetime) -> list[Candidate]:
    """The candidates of a follow-up trigger: one per contact it follows that is old enough and whose `unless` is not met."""
    return [
        Candidate(
            trigger.id,
            f"f-{contact.contact}"[:26],
            contact.at + timedelta(days=trigger.after_days + trigger.useful_for_days),
            not_before=contact.at + timedelta(days=trigger.after_days),
        )
        for contact in profile.contacts
        if contact.trigger == trigger.follows
        and contact.state in _GONE_OUT
        and contact.at + timedelta(days=trigger.after_days) <= now
        and now < contact.at + timedelta(days=trigger.after_days + trigger.useful_for_days)
        and not _met(trigger, contact, profile)
    ]


def _met(trigger: Trigger, contact: PastContact, profile: Profile) -> bool:
    if "open_case" in trigger.unless and any(case.status == "open" for case in profile.cases):
        return True
    if "responded" in trigger.unless and any(
        reply.at >= contact.at and (reply.contact == contact.contact or reply.division == contact.division)
        for reply in profile.replies
    ):
        return True
    if "purchased" in trigger.unless:
        ledger = profile.ledgers.get(contact.division)
        day = contact.at.astimezone(UTC).date().toordinal() - date(1970, 1, 1).toordinal()
        return ledger is not None and any(o.purchases > 0 and o.day > day for o in ledger.occasions)
    return False


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
