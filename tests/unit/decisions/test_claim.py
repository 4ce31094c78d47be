"""The claim: once, not before its time, and on a fresh look at the law."""

from datetime import UTC, datetime

from courtesy.decisions.claim import Claimed, NotClaimed, claim
from courtesy.outcomes import ContactState, Reason
from courtesy.timeline.profile import Profile
from tests.unit.decisions.lives import DAY, WEEKLY, one, reserved, state
from tests.unit.decisions.people import NOW, rulebook, trigger


def test_a_contact_is_claimed_once() -> None:
    store, book = one(), rulebook()
    reserved(store, book)
    first = claim(store, "c1", "offer", "once", book, NOW, "first")
    second = claim(store, "c1", "offer", "once", book, NOW, "second")
    assert isinstance(first, Claimed)
    assert (first.contact.claim, first.contact.sent, first.profile.customer_id) == ("first", NOW, "c1")
    assert isinstance(second, NotClaimed)
    assert second.reason == "taken"


def test_a_claim_before_its_time_or_of_nothing_is_refused() -> None:
    store, book = one(), rulebook()
    reserved(store, book, start=NOW + DAY)
    early, missing = (claim(store, "c1", "offer", o, book, NOW, "x") for o in ("once", "twice"))
    assert [early.reason, missing.reason] == ["not_due", "missing"]  # type: ignore[union-attr]


def test_after_an_outage_the_one_that_no_longer_fits_is_planned_again() -> None:
    store, book = one(), rulebook(trigger("a"), trigger("b"), caps=WEEKLY)
    reserved(store, book, "a")
    reserved(store, book, "b", start=NOW + 7 * DAY)
    late = NOW + 8 * DAY
    assert isinstance(claim(store, "c1", "a", "once", book, late, "x"), Claimed)
    second = claim(store, "c1", "b", "once", book, late, "y")
    assert isinstance(second, NotClaimed)
    assert (second.reason, second.why) == ("replanned", Reason.CAP)
    assert second.contact is not None
    assert (second.contact.due, second.contact.state) == (late + 7 * DAY, ContactState.RESERVED)
    assert isinstance(claim(store, "c1", "b", "once", book, late + 7 * DAY, "z"), Claimed)


def test_what_does_not_fit_before_it_expires_expires() -> None:
    store, book = (
        one(),
        rulebook(trigger("a"), trigger("b"), caps=[{"id": "m", "at_most": 1, "rolling_days": 10}]),
    )
    reserved(store, book, "a")
    reserved(store, book, "b", start=NOW + 10 * DAY)
    late = NOW + 25 * DAY  # an outage; `a` is useful for five days more
    assert isinstance(claim(store, "c1", "b", "once", book, late, "x"), Claimed)
    outcome = claim(store, "c1", "a", "once", book, late, "y")
    assert isinstance(outcome, NotClaimed)
    assert (outcome.reason, outcome.why, state(store, "a")) == ("expired", Reason.CAP, ContactState.EXPIRED)


def test_quiet_hours_at_the_claim_move_it_to_the_morning() -> None:
    quiet = {"email": {"quiet_hours": {"start": "21:00", "until": "08:00"}}}
    store, book = one(), rulebook(channels=quiet)
    reserved(store, book)
    night = datetime(2026, 3, 5, 3, tzinfo=UTC)  # 22:00 in New York
    outcome = claim(store, "c1", "offer", "once", book, night, "x")
    assert isinstance(outcome, NotClaimed)
    assert outcome.contact is not None
    assert (outcome.reason, outcome.contact.due) == ("replanned", datetime(2026, 3, 5, 13, tzinfo=UTC))


def test_a_claim_waits_for_a_merge() -> None:
    store, book = one(), rulebook()
    reserved(store, book)
    profile, version = store.read_profile("c1")
    store.put_profile(
        Profile(customer_id="c1", values=profile.values, contacts=profile.contacts, merging=True), version
    )
    outcome = claim(store, "c1", "offer", "once", book, NOW, "x")
    assert isinstance(outcome, NotClaimed)
    assert (outcome.reason, state(store)) == ("in_doubt", ContactState.RESERVED)
