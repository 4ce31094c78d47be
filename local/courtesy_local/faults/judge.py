"""The judge: what the outside record says of a run. It never asks the code's own counters."""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from courtesy.outcomes import ContactState, Reason
from courtesy.timeline.contacts import settle
from courtesy.timeline.events import Contact, Event, Feedback, Permission, decode_event
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile, decode_profile, encode_profile
from courtesy_aws.tables.profiles import unpack
from courtesy_local.faults.story import CAP_DAYS, CUSTOMERS
from courtesy_local.faults.telling import Telling
from courtesy_local.faults.world import Run, Write

KINDS = ("duplicate", "cap", "after_withdrawal", "half_merged", "lost", "fold")
CLOCK_SLACK = timedelta(minutes=1)
"""A contact counts from its claim; SES takes it a little later, so two are a cap apart to within this."""


class Violation(NamedTuple):
    """One broken promise: which, and what was seen (ids only)."""

    kind: str
    text: str


REACHED = dict.fromkeys(CUSTOMERS, 2)
"""So many purchases of each end in a contact, or in a decision that a withdrawal stood against one."""


def judge(
    story: Telling, ends: ContactState = ContactState.DELIVERED, reached: Mapping[str, int] = REACHED
) -> list[Violation]:
    """Everything that went wrong in a run; `ends`: what becomes of a contact that left."""
    run = story.run
    return [
        *duplicates(run),
        *_caps(run),
        *_after_withdrawal(run),
        *_lost(story, ends, reached),
        *_folds(run),
    ]


def duplicates(run: Run) -> Iterator[Violation]:
    for contact, sent in Counter(mail.contact for mail in run.mails).items():
        if sent > 1:
            yield Violation("duplicate", f"{contact} was accepted {sent} times")


def _caps(run: Run) -> Iterator[Violation]:
    for customer in CUSTOMERS:
        at = sorted(mail.at for mail in run.mails if mail.customer == customer)
        for first, second in pairwise(at):
            if second - first < timedelta(days=CAP_DAYS) - CLOCK_SLACK:
                yield Violation("cap", f"{customer} got two within {second - first}")


def _after_withdrawal(run: Run) -> Iterator[Violation]:
    """A mail whose claim was committed after the withdrawal was."""
    withdrawn: dict[str, int] = {}
    claimed: dict[str, int] = {}
    for write in run.writes:
        event = event_of(write)
        if isinstance(event, Permission) and event.status == "withdrawn":
            withdrawn.setdefault(write.item["customer_id"]["S"], write.seq)
        elif isinstance(event, Contact) and event.state is ContactState.SENDING:
            claimed[event.id] = write.seq
    for mail in run.mails:
        told = withdrawn.get(mail.customer)
        # A mail without any claim is judged by when it was accepted.
        if told is not None and claimed.get(mail.contact, mail.seq) > told:
            yield Violation("after_withdrawal", f"{mail.contact} was claimed after the withdrawal")


def _lost(story: Telling, ends: ContactState, reached: Mapping[str, int]) -> Iterator[Violation]:
    """Every message reached its end, and every contact an end that agrees with what SES accepted."""
    run = story.run
    for body in story.undelivered:
        yield Violation("lost", f"never confirmed: {body[:80]}")
    accepted = {mail.contact for mail in run.mails}
    ended = {customer: _withheld(run, customer) for customer in CUSTOMERS}
    for customer in CUSTOMERS:
        events = timeline(run, customer)
        for contact in (event for event in events if isinstance(event, Contact)):
            ended[customer].add(contact.occurrence)
            told = [e for e in events if isinstance(e, Feedback) and e.contact == contact.id]
            state, _ = settle(contact, told)
            went = contact.id in accepted
            if went and state is not ends:
                yield Violation("lost", f"{contact.id} has left and is {state}")
            if not went and state in (ContactState.SENT, ContactState.DELIVERED):
                yield Violation("lost", f"{contact.id} is {state} and was never handed over")
            if state in (ContactState.RESERVED, ContactState.QUEUED, ContactState.SENDING):
                yield Violation("lost", f"{contact.id} is still {state}")
    for customer, wanted in reached.items():
        if len(ended[customer]) < wanted:
            yield Violation(
                "lost", f"{customer}: {len(ended[customer])} purchases of {wanted} came to an end"
            )


def _withheld(run: Run, customer: str) -> set[str]:
    """The occurrences of events on which the log says that permission was withdrawn."""
    logs = [content for path, content in run.objects.items() if f"decisions/events/{customer}/" in path]
    rows = [json.loads(line) for content in logs for line in content.splitlines()]
    return {row["occurrence"] for row in rows if row["reason"] == Reason.PERMISSION_WITHDRAWN}


def profile_of(run: Run, customer: str) -> Profile:
    """A customer's profile as it stands in the table."""
    return decode_profile(unpack(_binary(run.dynamo.tables["profiles"][customer, ""]["document"])))


def _folds(run: Run) -> Iterator[Violation]:
    for customer in CUSTOMERS:
        held = profile_of(run, customer)
        if encode_profile(held) != encode_profile(fold(customer, timeline(run, customer))):
            yield Violation("fold", f"the profile of {customer} is not the fold of its timeline")


def timeline(run: Run, customer: str) -> list[Event]:
    """A customer's events as they stand in the table."""
    table = run.dynamo.tables["timeline"]
    return [decode_event(_binary(item["document"])) for (id_, _), item in table.items() if id_ == customer]


def event_of(write: Write) -> Event | None:
    """The event that was written; None where it was something else."""
    return decode_event(_binary(write.item["document"])) if write.table == "timeline" else None


def _binary(value: Any) -> bytes:
    return base64.b64decode(value["B"])
