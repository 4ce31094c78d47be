"""The judge of a schedule: from the outside record and what stands in the stores at the end, never from the code's counters."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from courtesy.decisions.candidates import from_event
from courtesy.outcomes import ContactState
from courtesy.timeline.contacts import FOUND, brought_to, settle
from courtesy.timeline.events import Contact, Feedback, Transaction
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
from courtesy_local.faults.judge import Violation
from courtesy_local.faults.schedules.law import ARRIVAL, CAP, EVENT_TRIGGERS, rulebook
from courtesy_local.faults.schedules.record import Claim, Record, Sent
from courtesy_local.faults.schedules.schedule import Schedule
from courtesy_local.faults.schedules.stage import MONDAY

SLACK = timedelta(minutes=1)
"""A contact counts from its claim; SES takes a mail a little later, so two are a cap apart to within this."""


def judge(run: Schedule) -> list[Violation]:
    """Everything that went wrong in a schedule."""
    record = run.record
    left = [(sent, record.claim_of(sent)) for sent in record.sent]
    return [
        *_duplicates(record),
        *_caps(left, record, run.pair),
        *_blocked(left, record, run.pair),
        *_lost(run),
        *_folds(run),
    ]


def _duplicates(record: Record) -> Iterator[Violation]:
    for contact, times in Counter(sent.contact for sent in record.sent).items():
        if times > 1:
            yield Violation("duplicate", f"{contact} left {times} times")


def _caps(left: list[tuple[Sent, Claim]], record: Record, pair: frozenset[str]) -> Iterator[Violation]:
    """Two for one address, or for two people who were one customer when the later was claimed, within the cap's days."""
    counted = [(s, c, _counts_at(s, c)) for s, c in left if s.contact not in record.returned]
    for n, (one, first, at) in enumerate(counted):
        for other, second, when in counted[n + 1 :]:
            if one.contact == other.contact or abs(when - at) >= CAP - SLACK:
                continue
            later = max(first.seq, second.seq)
            if one.record == other.record or _united(one.record, other.record, later, record, pair):
                yield Violation("cap", f"{one.contact} and {other.contact} count within {abs(when - at)}")


def _counts_at(sent: Sent, claim: Claim) -> datetime:
    """A mail counts when it left, a piece when it is expected: its claim is the cut-off of its mailing."""
    return sent.at if sent.channel == "email" else claim.at + ARRIVAL


def _blocked(left: list[tuple[Sent, Claim]], record: Record, pair: frozenset[str]) -> Iterator[Violation]:
    for sent, claim in left:
        for subject in _people(sent.record, claim.seq, record, pair):
            withdrawn = record.withdrawn.get(subject)
            if withdrawn is not None and withdrawn < claim.seq:
                yield Violation(
                    "after_withdrawal", f"{sent.contact} was claimed after the withdrawal of {subject}"
                )
            opened, closed = record.opened.get(subject), record.closed.get(subject)
            if opened is not None and opened < claim.seq and (closed is None or claim.seq < closed):
                yield Violation(
                    "during_case", f"{sent.contact} was claimed while the case of {subject} was open"
                )


def _people(subject: str, seq: int, record: Record, pair: frozenset[str]) -> frozenset[str]:
    united = subject in pair and _united(min(pair), max(pair), seq, record, pair)
    return pair if united else frozenset({subject})


def _united(one: str, other: str, seq: int, record: Record, pair: frozenset[str]) -> bool:
    """Whether two people were one customer for certain: after the merge was confirmed, before a split was begun."""
    return (
        {one, other} == pair
        and 0 < record.united < seq
        and (not record.parted or record.united < seq < record.parted)
    )


def _lost(run: Schedule) -> Iterator[Violation]:
    record = run.record
    for what in record.unended:
        yield Violation("lost", f"never came to an end: {what}")
    went = {sent.contact for sent in record.sent}
    homes: dict[str, set[str]] = {}
    for customer, held in run.customers.timelines.items():
        told: dict[str, list[Feedback]] = {}
        for event in held.values():
            if type(event) is Feedback:
                told.setdefault(event.contact, []).append(event)
            elif type(event) is Transaction:
                homes.setdefault(event.id, set()).add(customer)
        for event in held.values():
            if type(event) is Contact:
                yield from _end(event, told.get(event.id, []), went, record)
    standing = run.customers.contacts()
    for contact in went - {contact.id for _, contact in standing if not brought_to(contact)}:
        yield Violation("lost", f"{contact} left and is on no timeline")
    decided = b"".join(content for path, content in run.objects.held.items() if path.startswith("decisions/"))
    written = {(contact.trigger, contact.occurrence) for _, contact in standing}
    for subject, id_ in record.bought:
        home = run.index.read_records([subject])[subject].customer_id
        if homes.get(id_) != {home}:
            yield Violation(
                "lost", f"purchase {id_} is on {len(homes.get(id_, ()))} timelines, or not on its own"
            )
        for trigger, occurrence in _candidates(id_):
            line = f'"trigger":"{trigger}","occurrence":"{occurrence}"'.encode()
            if line not in decided and (trigger, occurrence) not in written:
                yield Violation("lost", f"nothing was decided about {trigger} for purchase {id_}")


def _end(contact: Contact, told: list[Feedback], went: set[str], record: Record) -> Iterator[Violation]:
    if brought_to(contact):
        return  # what a split leaves; the contact itself is elsewhere
    state, _ = settle(contact, told)
    if state in FOUND:
        yield Violation("lost", f"{contact.id} is still {state}")
    rejected = contact.channel != "email" and contact.mailing  # was in its mailing and never left
    if contact.id not in went and state in (ContactState.SENT, ContactState.DELIVERED) and not rejected:
        yield Violation("lost", f"{contact.id} is {state} and never left")
    if contact.id in went and state in (ContactState.CANCELLED, ContactState.EXPIRED):
        yield Violation("lost", f"{contact.id} left and is {state}")
    if contact.id in record.told and state in (ContactState.SENT, ContactState.UNKNOWN):
        yield Violation("lost", f"{contact.id} was delivered and is {state}")


@cache
def _candidates(purchase: str) -> list[tuple[str, str]]:
    """What the triggers propose on a purchase, by trigger and occurrence."""
    event = Transaction(source="shop", id=purchase, when=MONDAY, division="cars")
    proposed = [from_event(rulebook().triggers[id_], event, MONDAY) for id_ in EVENT_TRIGGERS]
    return [(c.trigger, c.occurrence) for c in proposed if c is not None]


def _folds(run: Schedule) -> Iterator[Violation]:
    for customer, (profile, _) in run.customers.profiles.items():
        if profile.merging:
            yield Violation("fold", f"{customer} is marked as merging for ever")
        events = list(run.customers.timelines.get(customer, {}).values())
        if profile.merged_into:
            if events:
                yield Violation("fold", f"{customer} redirects and has {len(events)} events left")
        elif encode_profile(profile) != encode_profile(fold(customer, events)):
            yield Violation("fold", f"the profile of {customer} is not the fold of its timeline")
