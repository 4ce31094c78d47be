"""What stops a contact that waits: a withdrawal, an objection, a case, a closed address, a person."""

import pytest

from courtesy.decisions.claim import NotClaimed, claim
from courtesy.decisions.decision import Candidate
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import release
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import apply_feedback, cancel, stop_open_contacts
from courtesy.outcomes import ContactState, Reason
from courtesy.privacy.withdraw import grant, record_privacy, withdraw
from courtesy.timeline.events import Case, Feedback
from courtesy.timeline.refold import refold
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.lives import DAY, HOUR, Contended, claimed, one, reserved, state
from tests.unit.decisions.people import KEY, NOW, rulebook, trigger


@pytest.mark.parametrize("slipped_in", [True, False])
def test_a_withdrawal_that_committed_before_the_claim_is_never_followed_by_a_send(slipped_in: bool) -> None:
    store = Contended()
    one(store)
    book = rulebook()
    reserved(store, book)

    def change() -> None:
        withdraw(store, "c1", "marketing", "email", "*", NOW, "test")

    if slipped_in:
        store.first = [change]
    else:
        change()
    outcome = claim(store, "c1", "offer", "once", book, NOW + HOUR, "x")
    assert isinstance(outcome, NotClaimed)
    assert state(store) is ContactState.CANCELLED


def test_a_withdrawal_shows_in_the_plan_at_once_and_may_come_twice() -> None:
    store, book = one(), rulebook(trigger("a"), trigger("b", channels=["letter"]))
    reserved(store, book, "a", "b")
    profile = withdraw(store, "c1", "marketing", "email", "cars", NOW, "test")
    assert (state(store, "a"), state(store, "b")) == (ContactState.CANCELLED, ContactState.RESERVED)
    assert withdraw(store, "c1", "marketing", "email", "cars", NOW + HOUR, "test") == profile
    assert (
        grant(store, "c1", "marketing", "email", "cars", NOW + DAY, "test").permissions[0].status == "granted"
    )


def test_an_objection_stops_marketing_and_only_that() -> None:
    notice = trigger("notice", category="notice", purpose="service")
    book = rulebook(
        trigger(), notice, categories={"marketing": {}, "notice": {"exempt": True, "approver": "x"}}
    )
    store = one()
    reserved(store, book, "offer", "notice")
    record_privacy(store, "c1", "objection", "on", book, NOW)
    assert (state(store), state(store, "notice")) == (ContactState.CANCELLED, ContactState.RESERVED)
    record_privacy(store, "c1", "restriction", "on", book, NOW)
    assert state(store, "notice") is ContactState.CANCELLED


def test_an_open_case_stops_what_waits_on_every_channel_at_once() -> None:
    notice = trigger("notice", category="notice", purpose="service")
    book = rulebook(
        trigger(), trigger("letter", channels=["letter"]), notice,
        categories={"marketing": {}, "notice": {"exempt": True, "approver": "x"}},
    )  # fmt: skip
    store = one()
    reserved(store, book, "offer", "letter", "notice")
    release(store, {"letter": InMemoryQueue()}, policy_of(book), NOW)
    store.append("c1", [Case(source="cc", id="1", when=NOW, division="finance")])
    refold(store, "c1")
    stopped = stop_open_contacts(store, "c1", book, NOW)
    assert sorted(c.trigger for c in stopped) == ["letter", "offer"]
    assert {c.reason for c in stopped} == {"open_case"}
    assert state(store, "notice") is ContactState.RESERVED
    assert stop_open_contacts(store, "c1", book, NOW) == []


def test_a_claim_stops_for_a_case_even_if_nobody_stopped_the_contact() -> None:
    store, book = one(), rulebook()
    reserved(store, book)
    store.append("c1", [Case(source="cc", id="1", when=NOW, division="marine")])
    refold(store, "c1")
    outcome = claim(store, "c1", "offer", "once", book, NOW, "x")
    assert isinstance(outcome, NotClaimed)
    assert (outcome.reason, outcome.why) == ("cancelled", Reason.OPEN_CASE)


def test_a_closed_address_stops_what_was_still_to_go_there() -> None:
    store, book = one(), rulebook(trigger(), trigger("next"), trigger("letter", channels=["letter"]))
    contact = claimed(store, book)
    reserved(store, book, "next", "letter")
    report = Feedback(
        source="ses", id="1", when=NOW, contact=contact.id, channel="email", type="bounce", permanent=True,
        address=contact.address,
    )  # fmt: skip
    apply_feedback(store, "c1", report, NOW)
    assert (state(store, "next"), state(store, "letter")) == (ContactState.CANCELLED, ContactState.RESERVED)
    candidate = Candidate("next", "again", NOW + DAY)
    (decision,) = reserve(store, "c1", None, [candidate], policy_of(book), NOW, KEY)
    assert decision.reason is Reason.ADDRESS_CLOSED


def test_cancelling_works_only_before_it_leaves() -> None:
    store, book = one(), rulebook(trigger(), trigger("b"))
    claimed(store, book)
    reserved(store, book, "b")
    assert not cancel(store, "c1", "offer", "once", "tried", NOW)
    assert cancel(store, "c1", "b", "once", "tried", NOW)
    assert not cancel(store, "c1", "b", "once", "tried", NOW)
