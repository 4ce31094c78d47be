"""Reservations: what is written, races for the same contact or the same cap, and what a closed case frees to be decided anew."""

import pytest

from courtesy.decisions.candidates import contact_id
from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate, Decision, Held, Reserved, Suppressed
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import stop_open_contacts
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState, Reason
from courtesy.privacy.withdraw import grant, withdraw
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.unit.decisions.lives import DAY, HOUR, WEEKLY, Contended, case, one, reserved, state
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger


def test_a_reservation_is_a_contact_on_the_timeline_and_in_the_profile() -> None:
    store, book = one(), rulebook(trigger(value=500, offer="mug"))
    (contact,) = reserved(store, book)
    assert contact.id == contact_id("c1", "offer", "once")
    assert (contact.state, contact.due, contact.rulebook, contact.offer) == (
        ContactState.RESERVED,
        NOW,
        7,
        "mug",
    )
    assert contact.address != ""
    assert "example.com" not in contact.decided
    assert [c.contact for c in store.read_profile("c1").profile.contacts] == [contact.id]


def test_who_loses_the_race_decides_again_and_the_cap_holds() -> None:
    store = Contended()
    one(store)
    book = rulebook(trigger("a"), trigger("b"), caps=WEEKLY)
    store.first = [lambda: reserved(store, book, "b")]
    (decision,) = reserve(store, "c1", None, [Candidate("a", "once", NOW + DAY)], policy_of(book), NOW, KEY)
    assert isinstance(decision, Held)
    assert decision.reason is Reason.CAP
    assert store.read_contact("c1", "a", "once") is None


def test_the_same_occurrence_cannot_be_reserved_twice() -> None:
    store = Contended()
    one(store)
    book = rulebook()
    store.first = [lambda: reserved(store, book)]
    (decision,) = reserve(
        store, "c1", None, [Candidate("offer", "once", NOW + DAY)], policy_of(book), NOW, KEY
    )
    assert isinstance(decision, Suppressed)
    assert decision.reason is Reason.ALREADY_CONTACTED


def test_a_contact_that_the_profile_forgot_still_exists() -> None:
    store, book = one(), rulebook()
    reserved(store, book)
    profile, version = store.read_profile("c1")
    forgotten = Profile(customer_id="c1", values=profile.values)
    assert store.put_profile(forgotten, version) == "committed"
    (decision,) = reserve(
        store, "c1", None, [Candidate("offer", "once", NOW + DAY)], policy_of(book), NOW, KEY
    )
    assert decision.reason is Reason.ALREADY_CONTACTED


def test_who_always_loses_gives_up_and_writes_nothing() -> None:
    store = Contended()
    one(store)
    book = rulebook()
    n = iter(range(1000))

    def meddle() -> None:
        record = person_record(str(next(n)))
        store.append("c1", [record])
        refold(store, "c1")

    store.first = [meddle]
    with pytest.raises(Conflict):
        reserve(
            store, "c1", None, [Candidate("offer", "once", NOW + DAY)], policy_of(book), NOW, KEY, attempts=1
        )
    assert store.read_contact("c1", "offer", "once") is None


def test_nobody_is_reserved_in_the_middle_of_a_merge() -> None:
    store, book = one(), rulebook()
    profile, version = store.read_profile("c1")
    store.put_profile(Profile(customer_id="c1", values=profile.values, merging=True), version)
    (decision,) = reserve(
        store, "c1", None, [Candidate("offer", "once", NOW + DAY)], policy_of(book), NOW, KEY
    )
    assert decision.reason is Reason.DATA_IN_DOUBT


def test_a_letter_counts_at_the_arrival_to_be_expected() -> None:
    book = rulebook(trigger(channels=["letter"]), channels={"letter": {"arrival_days": 4}})
    store = one()
    (contact,) = reserved(store, book)
    assert contact.planned == NOW + 4 * DAY
    outcome = claim(store, "c1", "offer", "once", book, NOW + 2 * DAY, "x")
    assert isinstance(outcome, Claimed)
    assert (outcome.contact.sent, outcome.contact.planned) == (NOW + 2 * DAY, NOW + 6 * DAY)
    assert store.read_profile("c1").profile.contacts[0].at == NOW + 6 * DAY


def test_what_a_case_cancelled_is_decided_anew_once_it_is_closed() -> None:
    store, book = one(), rulebook(caps=WEEKLY)
    policy, candidate = policy_of(book), Candidate("offer", "once", NOW + 30 * DAY)
    (first,) = reserved(store, book)
    case(store, "open", NOW)
    stop_open_contacts(store, "c1", book, NOW)
    (held,) = reserve(store, "c1", None, [candidate], policy, NOW + HOUR, KEY)
    assert (held.reason, state(store)) == (Reason.OPEN_CASE, ContactState.CANCELLED)
    case(store, "closed", NOW + DAY)
    later = NOW + 2 * DAY
    (anew,) = reserve(store, "c1", None, [candidate], policy, later, KEY)
    assert isinstance(anew, Reserved)
    contact = store.read_contact("c1", "offer", "once")
    assert contact is not None
    assert (contact.id, contact.state, contact.when, contact.reason) == (
        first.id,
        ContactState.RESERVED,
        later,
        "",
    )
    assert [c.counts for c in store.read_profile("c1").profile.contacts] == [True]
    assert refold(store, "c1") == store.read_profile("c1").profile
    (again,) = reserve(store, "c1", None, [candidate], policy, later, KEY)
    assert again.reason is Reason.ALREADY_CONTACTED
    assert isinstance(claim(store, "c1", "offer", "once", book, later, "x"), Claimed)


def test_what_was_cancelled_for_another_reason_stays_cancelled() -> None:
    store, book = one(), rulebook()
    reserved(store, book)
    withdraw(store, "c1", "marketing", "email", "*", NOW, "test")
    grant(store, "c1", "marketing", "email", "*", NOW + HOUR, "test")
    (decision,) = reserve(
        store, "c1", None, [Candidate("offer", "once", NOW + 30 * DAY)], policy_of(book), NOW + DAY, KEY
    )
    assert decision.reason is Reason.ALREADY_CONTACTED


def test_two_that_decide_anew_at_once_reserve_one_contact() -> None:
    store = Contended()
    one(store)
    book = rulebook()
    policy, candidate = policy_of(book), Candidate("offer", "once", NOW + 30 * DAY)
    reserved(store, book)
    case(store, "open", NOW)
    stop_open_contacts(store, "c1", book, NOW)
    case(store, "closed", NOW + DAY)
    other: list[Decision] = []
    store.first = [lambda: other.extend(reserve(store, "c1", None, [candidate], policy, NOW + DAY, KEY))]
    (mine,) = reserve(store, "c1", None, [candidate], policy, NOW + DAY, KEY)
    assert isinstance(other[0], Reserved)
    assert mine.reason is Reason.ALREADY_CONTACTED
    assert [c.counts for c in store.read_profile("c1").profile.contacts] == [True]
