"""After the claim: an attempt is recorded once; what nobody knows stays counted until a report, a person or the day's end settles it."""

import pytest

from courtesy.decisions.claim import LOST_AFTER, Claimed, claim
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import release
from courtesy.decisions.settle import (
    UNSETTLED_AFTER,
    apply_feedback,
    record_refused,
    record_sent,
    record_unknown,
    settle_by_person,
)
from courtesy.outcomes import ContactState
from courtesy.timeline.events import Feedback
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.lives import DAY, HOUR, claimed, one, reserved, state, unsettled
from tests.unit.decisions.people import NOW, rulebook


def test_an_attempt_is_recorded_once_and_only_by_its_own_claim() -> None:
    store = one()
    contact = claimed(store, rulebook())
    assert record_sent(store, "c1", contact, "ses-1", NOW) == "recorded"
    assert record_sent(store, "c1", contact, "ses-1", NOW) == "lost"
    held = store.read_contact("c1", "offer", "once")
    assert held is not None
    assert (held.state, held.provider_id) == (ContactState.SENT, "ses-1")


def test_a_refused_attempt_goes_back_to_the_queue_or_ends() -> None:
    store, book = one(), rulebook()
    contact = claimed(store, book)
    assert record_refused(store, "c1", contact, "throttled", NOW, retry_at=NOW + HOUR) == "recorded"
    assert state(store) is ContactState.QUEUED
    assert record_sent(store, "c1", contact, "late", NOW) == "lost"
    again = claim(store, "c1", "offer", "once", book, NOW + HOUR, "again")
    assert isinstance(again, Claimed)
    assert record_refused(store, "c1", again.contact, "no such domain", NOW + HOUR) == "recorded"
    assert state(store) is ContactState.REFUSED
    assert not store.read_profile("c1").profile.contacts[0].counts


def test_an_unknown_outcome_stays_counted_and_is_settled_by_what_is_reported() -> None:
    store = one()
    contact = claimed(store, rulebook())
    assert record_unknown(store, "c1", contact, "timeout", NOW) == "recorded"
    assert store.read_profile("c1").profile.contacts[0].counts
    report = Feedback(source="ses", id="1", when=NOW, contact=contact.id, channel="email", type="delivery")
    profile = apply_feedback(store, "c1", report, NOW)
    assert (profile or Profile(customer_id="")).contacts[0].state is ContactState.DELIVERED
    assert apply_feedback(store, "c1", report, NOW) == profile


def test_an_attempt_that_nobody_recorded_becomes_unknown_and_is_never_sent_again() -> None:
    store, book, queue = one(), rulebook(), InMemoryQueue()
    claimed(store, book)
    assert release(store, {"email": queue}, policy_of(book), NOW + LOST_AFTER).unknown == 1
    assert state(store) is ContactState.UNKNOWN
    assert queue.bodies() == []


def test_marketing_of_unknown_outcome_is_closed_after_a_day_and_stays_counted() -> None:
    store, book, _ = unsettled()
    queues, policy = {"email": InMemoryQueue()}, policy_of(book)
    assert release(store, queues, policy, NOW + UNSETTLED_AFTER - HOUR).closed == 0
    run = release(store, queues, policy, NOW + UNSETTLED_AFTER)
    assert (run.closed, run.queued, run.for_a_person) == (1, {}, [])
    assert state(store) is ContactState.UNKNOWN
    assert store.read_profile("c1").profile.contacts[0].counts
    assert release(store, queues, policy, NOW + 9 * DAY).closed == 0
    assert queues["email"].take() == []


def test_service_of_unknown_outcome_is_shown_to_a_person_each_day() -> None:
    store, book, contact = unsettled("service")
    policy = policy_of(book)
    for n in range(1, 4):
        assert release(store, {}, policy, NOW + n * UNSETTLED_AFTER).for_a_person == [contact.id]
        assert release(store, {}, policy, NOW + n * UNSETTLED_AFTER + HOUR).for_a_person == []


@pytest.mark.parametrize(
    ("went_out", "ends"), [(True, ContactState.SENT), (False, ContactState.REFUSED)]
)  # fmt: skip
def test_a_person_settles_an_unknown_outcome_once(went_out: bool, ends: ContactState) -> None:
    store, book, contact = unsettled("service")
    assert settle_by_person(store, "c1", contact.id, went_out, NOW + DAY)
    assert not settle_by_person(store, "c1", contact.id, not went_out, NOW + DAY)
    (past,) = store.read_profile("c1").profile.contacts
    assert (past.state, past.counts) == (ends, went_out)
    assert release(store, {}, policy_of(book), NOW + 9 * DAY).for_a_person == []
    assert refold(store, "c1") == store.read_profile("c1").profile


def test_only_unknown_outcomes_are_settled_by_a_person() -> None:
    store, book = one(), rulebook()
    (contact,) = reserved(store, book)
    assert not settle_by_person(store, "c1", contact.id, True, NOW)
    assert not settle_by_person(store, "c1", "k-none", True, NOW)
    assert state(store) is ContactState.RESERVED


@pytest.mark.parametrize("purpose", ["marketing", "service"])
def test_an_unknown_outcome_that_a_report_settled_needs_nobody(purpose: str) -> None:
    store, book, contact = unsettled(purpose)
    sent = Feedback(source="ses", id="1", when=NOW, contact=contact.id, channel="email", type="send")
    apply_feedback(store, "c1", sent, NOW)
    run = release(store, {}, policy_of(book), NOW + UNSETTLED_AFTER)
    assert (run.closed, run.for_a_person) == (1, [])
    assert store.read_profile("c1").profile.contacts[0].state is ContactState.SENT
