"""Reserve, release, claim and settle: races, withdrawals, cases, outages and crashes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from courtesy.decisions.candidates import contact_id
from courtesy.decisions.claim import LOST_AFTER, Claimed, NotClaimed, claim
from courtesy.decisions.decision import Candidate, Decision, Held, Reserved, Suppressed
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import LEASE, release
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import (
    UNSETTLED_AFTER,
    apply_feedback,
    cancel,
    record_refused,
    record_sent,
    record_unknown,
    settle_by_person,
    stop_open_contacts,
)
from courtesy.errors import Conflict
from courtesy.outcomes import Commit, ContactState, Reason
from courtesy.ports import Beside
from courtesy.privacy.withdraw import grant, record_privacy, withdraw
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Case, Contact, Event, Feedback
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.people import KEY, person_record, rulebook, trigger

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKLY = [{"id": "weekly", "at_most": 1, "rolling_days": 7}]


class Racing(InMemoryCustomerStore):
    """Somebody else's change slips in between a read and the next commit, once for each one prepared."""

    def __init__(self) -> None:
        super().__init__()
        self.first: list[object] = []

    def commit(
        self,
        profile: Profile,
        version: int,
        *,
        new: Sequence[Event] = (),
        moved: Sequence[tuple[Contact, ContactState, str]] = (),
        beside: Sequence[Beside] = (),
    ) -> Commit:
        while self.first:
            change = self.first.pop()
            assert callable(change)
            change()
        return super().commit(profile, version, new=new, moved=moved, beside=beside)


def one(store: InMemoryCustomerStore | None = None) -> InMemoryCustomerStore:
    store = store or InMemoryCustomerStore()
    store.append("c1", [person_record()])
    refold(store, "c1")
    return store


def reserved(
    store: InMemoryCustomerStore, book: Rulebook, *names: str, start: datetime = NOW
) -> list[Contact]:
    for name in names or ("offer",):
        candidate = Candidate(name, "once", start + 30 * DAY, start)
        (decision,) = reserve(store, "c1", None, [candidate], policy_of(book), min(start, NOW), KEY)
        assert isinstance(decision, Reserved), decision
    return [c for n in names or ("offer",) if (c := store.read_contact("c1", n, "once"))]


def state(store: InMemoryCustomerStore, name: str = "offer") -> ContactState:
    contact = store.read_contact("c1", name, "once")
    assert contact is not None
    return contact.state


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
    store = Racing()
    one(store)
    book = rulebook(trigger("a"), trigger("b"), caps=WEEKLY)
    store.first = [lambda: reserved(store, book, "b")]
    (decision,) = reserve(store, "c1", None, [Candidate("a", "once", NOW + DAY)], policy_of(book), NOW, KEY)
    assert isinstance(decision, Held)
    assert decision.reason is Reason.CAP
    assert store.read_contact("c1", "a", "once") is None


def test_the_same_occurrence_cannot_be_reserved_twice() -> None:
    store = Racing()
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
    store = Racing()
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


def test_release_queues_what_is_due_and_finds_again_what_nobody_claimed() -> None:
    store, book, queue = one(), rulebook(trigger("a"), trigger("b")), InMemoryQueue()
    reserved(store, book, "a")
    reserved(store, book, "b", start=NOW + DAY)
    policy, queues = policy_of(book), {"email": queue}
    assert release(store, queues, policy, NOW).queued == {"email": 1}
    assert queue.bodies() == [{"customer_id": "c1", "trigger": "a", "occurrence": "once"}]
    assert release(store, queues, policy, NOW + HOUR / 2).queued == {}
    assert release(store, queues, policy, NOW + LEASE).queued == {"email": 1}
    assert isinstance(claim(store, "c1", "a", "once", book, NOW + LEASE, "x"), Claimed)


def test_a_run_of_release_is_paced() -> None:
    book = rulebook(channels={"email": {"release_per_run": 3}})
    store, queue = InMemoryCustomerStore(), InMemoryQueue()
    for n in range(7):
        store.append(f"c{n}", [person_record(str(n))])
        refold(store, f"c{n}")
        reserve(store, f"c{n}", None, [Candidate("offer", "once", NOW + DAY)], policy_of(book), NOW, KEY)
    runs = [release(store, {"email": queue}, policy_of(book), NOW).queued.get("email", 0) for _ in range(4)]
    assert runs == [3, 3, 1, 0]


def test_what_is_no_longer_useful_expires_and_gives_its_slot_back() -> None:
    store, book = one(), rulebook(trigger("a"), trigger("b"), caps=WEEKLY)
    reserved(store, book, "a")
    assert release(store, {"email": InMemoryQueue()}, policy_of(book), NOW + 30 * DAY).expired == 1
    assert state(store, "a") is ContactState.EXPIRED
    assert not store.read_profile("c1").profile.contacts[0].counts


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


@pytest.mark.parametrize("slipped_in", [True, False])
def test_a_withdrawal_that_committed_before_the_claim_is_never_followed_by_a_send(slipped_in: bool) -> None:
    store = Racing()
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


def test_a_letter_counts_at_the_arrival_to_be_expected() -> None:
    book = rulebook(trigger(channels=["letter"]), channels={"letter": {"arrival_days": 4}})
    store = one()
    (contact,) = reserved(store, book)
    assert contact.planned == NOW + 4 * DAY
    outcome = claim(store, "c1", "offer", "once", book, NOW + 2 * DAY, "x")
    assert isinstance(outcome, Claimed)
    assert (outcome.contact.sent, outcome.contact.planned) == (NOW + 2 * DAY, NOW + 6 * DAY)
    assert store.read_profile("c1").profile.contacts[0].at == NOW + 6 * DAY


def claimed(store: InMemoryCustomerStore, book: Rulebook) -> Contact:
    reserved(store, book)
    outcome = claim(store, "c1", "offer", "once", book, NOW, "mine", hash_key=KEY)
    assert isinstance(outcome, Claimed)
    return outcome.contact


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


def test_a_contact_for_the_next_talk_is_not_released_but_expires() -> None:
    store, book = one(), rulebook(trigger(channels=["next_contact"]))
    (contact,) = reserved(store, book)
    assert contact.due == contact.expires
    assert isinstance(claim(store, "c1", "offer", "once", book, NOW, "shown"), Claimed)
    other = one()
    reserved(other, book)
    assert release(other, {}, policy_of(book), contact.expires).expired == 1


def test_cancelling_works_only_before_it_leaves() -> None:
    store, book = one(), rulebook(trigger(), trigger("b"))
    claimed(store, book)
    reserved(store, book, "b")
    assert not cancel(store, "c1", "offer", "once", "tried", NOW)
    assert cancel(store, "c1", "b", "once", "tried", NOW)
    assert not cancel(store, "c1", "b", "once", "tried", NOW)


def case(store: InMemoryCustomerStore, status: Literal["open", "closed"], when: datetime) -> None:
    store.append("c1", [Case(source="cc", id="1", when=when, version=status, division="cars", status=status)])
    refold(store, "c1")


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
    store = Racing()
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


def unsettled(purpose: str = "marketing") -> tuple[InMemoryCustomerStore, Rulebook, Contact]:
    """A contact of which nobody knows whether it went out."""
    store, book = one(), rulebook(trigger(purpose=purpose))
    reserved(store, book)
    held = claim(store, "c1", "offer", "once", book, NOW, "x")
    assert isinstance(held, Claimed)
    assert record_unknown(store, "c1", held.contact, "timed out", NOW) == "recorded"
    return store, book, held.contact


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
