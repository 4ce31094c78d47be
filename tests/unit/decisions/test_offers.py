"""Offers: one code in every channel, stock that is never passed and comes back, answers, redemptions and their fulfilment."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtesy.decisions.allowances import SHARDS, Allowances, shards, share
from courtesy.decisions.candidates import contact_id
from courtesy.decisions.claim import NotClaimed, claim
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate, Decision, Held, Reserved, Suppressed
from courtesy.decisions.fulfilment import record_fulfilment, to_fulfil
from courtesy.decisions.offers import code_note, offers_of, read_holder, sample_code
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.respond import Answer, respond
from courtesy.decisions.settle import apply_feedback, cancel, record_sent
from courtesy.errors import NotFound, RefusedInput, UnknownName
from courtesy.outcomes import ContactState, Reason
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.offer import Offer
from courtesy.timeline.events import Contact, Event, Feedback, Response
from courtesy.timeline.fold import fold
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger

DAY = timedelta(days=1)


def book(*triggers: Any, unique: bool = True, **fields: Any) -> Rulebook:
    mug = Offer(id="mug", label={"en": "A mug"}, code="MUG", unique=unique, fulfilment="queue", **fields)
    triggers = triggers or (trigger("a", offer="mug"), trigger("b", offer="mug", channels=["letter"]))
    return rulebook(*triggers).model_copy(update={"offers": {"mug": mug}})


def store_of(*ids: str) -> InMemoryCustomerStore:
    store = InMemoryCustomerStore()
    for id_ in ids or ("c1",):
        store.append(id_, [person_record(id_, email=f"{id_}@example.com")])
        refold(store, id_)
    return store


def ask(
    store: InMemoryCustomerStore,
    rules: Rulebook,
    name: str,
    id_: str = "c1",
    now: datetime = NOW,
    **more: Any,
) -> Decision:
    candidate = Candidate(name, more.pop("occurrence", "once"), now + 60 * DAY)
    (decision,) = reserve(store, id_, None, [candidate], policy_of(rules), now, KEY, **more)
    return decision


def contact(store: InMemoryCustomerStore, name: str = "a", id_: str = "c1") -> Contact:
    found = store.read_contact(id_, name, "once")
    assert found is not None
    return found


def codes_of(store: InMemoryCustomerStore, rules: Rulebook) -> set[str]:
    for id_ in ("c1", "c2"):
        assert isinstance(ask(store, rules, "a", id_), Reserved)
    return {contact(store, id_=id_).code for id_ in ("c1", "c2")}


def out(store: InMemoryCustomerStore) -> int:
    return sum(store.read_counters(shards("offer/mug")).values())


def test_the_same_code_is_shown_in_every_channel_and_takes_one_unit() -> None:
    store, rules = store_of(), book(stock=3)
    assert isinstance(ask(store, rules, "a"), Reserved)
    assert isinstance(ask(store, rules, "b"), Reserved)
    mail, letter = contact(store, "a"), contact(store, "b")
    assert mail.code == letter.code
    assert mail.code.startswith("MUG-")
    assert len(mail.code) == len(sample_code(rules.offers["mug"]))
    assert mail.code_until == letter.code_until == datetime(2026, 4, 4, tzinfo=UTC)  # 3 April is the last day
    assert (mail.holds != (), letter.holds, out(store)) == (True, (), 1)
    (made,) = offers_of(store.read_profile("c1").profile, rules.offers)
    assert (made.state, made.channels, made.code) == ("offered", ["email", "letter"], mail.code)
    holder = read_holder(store.read_notes([code_note(mail.code)])[code_note(mail.code)].document)
    assert (holder.customer_id, holder.subject) == ("c1", "crm/c1")


def test_two_contacts_of_one_go_share_a_code_too() -> None:
    store, rules = store_of(), book(stock=3)
    asked = [Candidate(name, "once", NOW + 60 * DAY) for name in ("a", "b")]
    decisions = reserve(store, "c1", None, asked, policy_of(rules), NOW, KEY)
    assert all(isinstance(decision, Reserved) for decision in decisions)
    assert contact(store, "a").code == contact(store, "b").code
    assert out(store) == 1


def test_two_customers_have_codes_of_their_own_and_a_shared_code_is_shared() -> None:
    store, rules = store_of("c1", "c2"), book()
    assert len(codes_of(store, rules)) == 2
    store, rules = store_of("c1", "c2"), book(unique=False)
    assert codes_of(store, rules) == {"MUG"}


def test_a_code_that_is_used_up_or_over_makes_room_for_a_new_one() -> None:
    store, rules = store_of(), book(valid_days=10)
    ask(store, rules, "a")
    later = ask(store, rules, "b", now=NOW + 12 * DAY)
    assert isinstance(later, Reserved)
    assert contact(store, "b").code != contact(store, "a").code


def test_stock_is_never_passed_by_many_at_once_and_all_of_it_is_given_out() -> None:
    ids = [f"c{n}" for n in range(60)]
    store, rules = store_of(*ids), book(stock=37)
    with ThreadPoolExecutor(8) as pool:
        decisions = list(pool.map(lambda id_: ask(store, rules, "a", id_), ids))
    made = [d for d in decisions if isinstance(d, Reserved)]
    held = [d for d in decisions if isinstance(d, Held) and d.reason is Reason.OFFER_STOCK]
    assert (len(made), len(held), out(store)) == (37, 23, 37)


def test_no_stock_at_all_holds_without_a_write() -> None:
    store, rules = store_of(), book(stock=0)
    assert ask(store, rules, "a").reason is Reason.OFFER_STOCK
    assert store.read_contact("c1", "a", "once") is None


def test_a_slot_that_comes_back_brings_its_unit_back_unless_the_code_was_shown_elsewhere() -> None:
    store, rules = store_of("c1", "c2"), book(stock=1)
    ask(store, rules, "a")
    assert ask(store, rules, "a", "c2").reason is Reason.OFFER_STOCK
    assert cancel(store, "c1", "a", "once", "open_case", NOW)
    assert (out(store), contact(store).holds) == (0, ())
    assert isinstance(ask(store, rules, "a", "c2"), Reserved)
    assert isinstance(ask(store, rules, "b", "c2"), Reserved)  # the same code by letter
    assert cancel(store, "c2", "a", "once", "open_case", NOW)
    assert out(store) == 1  # the letter still carries it
    assert isinstance(ask(store, rules, "b", "c2", occurrence="again"), Reserved)


def test_a_bounce_that_frees_the_slot_brings_the_unit_back() -> None:
    store, rules = store_of(), book(stock=1)
    ask(store, rules, "a")
    held = claim(store, "c1", "a", "once", rules, NOW, "x", hash_key=KEY)
    assert not isinstance(held, NotClaimed)
    record_sent(store, "c1", held.contact, "ses-1", NOW)
    assert out(store) == 1
    bounce = Feedback(
        source="ses",
        id="1",
        when=NOW,
        contact=held.contact.id,
        channel="email",
        type="bounce",
        permanent=True,
    )
    apply_feedback(store, "c1", bounce, NOW)
    assert (out(store), contact(store).holds, contact(store).state) == (0, (), ContactState.SENT)
    apply_feedback(store, "c1", bounce, NOW)
    assert out(store) == 0


def test_a_decline_rests_the_offer_everywhere_stops_what_waits_and_returns_the_unit() -> None:
    store, rules = store_of(), book(stock=5, rest_days=30)
    ask(store, rules, "a")
    ask(store, rules, "b")
    code = contact(store).code
    made = respond(store, rules, "c1", code, "declined", NOW, channel="phone")
    assert (made.state, made.since, out(store)) == ("declined", NOW, 0)
    assert {contact(store, name).state for name in "ab"} == {ContactState.CANCELLED}
    again = ask(store, rules, "b", occurrence="again", now=NOW + 29 * DAY)
    assert isinstance(again, Held)
    assert (again.reason, again.until) == (Reason.OFFER_RESTING, NOW + 30 * DAY)
    after = ask(store, rules, "b", occurrence="again", now=NOW + 31 * DAY)
    assert isinstance(after, Reserved)


def test_a_decline_told_by_a_file_stops_the_claim() -> None:
    store, rules = store_of(), book()
    ask(store, rules, "a")
    word = Response(source="pos", id="1", when=NOW, offer=contact(store).code, type="declined")
    store.append("c1", [word])
    refold(store, "c1")
    ended = claim(store, "c1", "a", "once", rules, NOW + timedelta(hours=1), "x", hash_key=KEY)
    assert isinstance(ended, NotClaimed)
    assert (ended.reason, ended.why) == ("cancelled", Reason.OFFER_RESTING)


def test_an_offer_that_has_ended_is_not_made() -> None:
    store, rules = store_of(), book(valid_until=(NOW - DAY).date())
    decision = ask(store, rules, "a")
    assert isinstance(decision, Suppressed)
    assert decision.reason is Reason.OFFER_ENDED


def test_redeemed_then_failed_then_fulfilled_and_the_queue_knows() -> None:
    store, rules = store_of(), book(cost=700)
    ask(store, rules, "a")
    code = contact(store).code
    assert respond(store, rules, "c1", code, "shown", NOW).state == "shown"
    assert respond(store, rules, "c1", code, "accepted", NOW).state == "accepted"
    assert to_fulfil(store, rules, NOW + DAY, 10) == []
    respond(store, rules, "c1", code, "redeemed", NOW, reference="till 3")
    respond(store, rules, "c1", code, "redeemed", NOW + DAY, reference="till 3")
    (waiting,) = to_fulfil(store, rules, NOW + DAY, 10)
    assert (waiting.code, waiting.offer, waiting.cost, waiting.failed) == (code, "mug", 700, False)
    assert (
        record_fulfilment(store, rules, "c1", code, False, NOW + DAY, reference="no mugs").state == "failed"
    )
    (waiting,) = to_fulfil(store, rules, NOW + DAY, 10)
    assert waiting.failed
    assert record_fulfilment(store, rules, "c1", code, True, NOW + 2 * DAY).state == "fulfilled"
    assert to_fulfil(store, rules, NOW + 3 * DAY, 10) == []
    with pytest.raises(RefusedInput, match="is fulfilled, so it cannot be redeemed"):
        respond(store, rules, "c1", code, "redeemed", NOW + 3 * DAY)


def test_a_failed_delivery_may_be_given_up_and_what_needs_none_leaves_the_queue() -> None:
    store, rules = store_of("c1", "c2"), book()
    for id_ in ("c1", "c2"):
        ask(store, rules, "a", id_)
        respond(store, rules, id_, contact(store, id_=id_).code, "redeemed", NOW)
    record_fulfilment(store, rules, "c1", "mug", False, NOW, give_up=True)
    assert [w.customer_id for w in to_fulfil(store, rules, NOW, 10)] == ["c2"]
    plain = rules.model_copy(
        update={"offers": {"mug": rules.offers["mug"].model_copy(update={"fulfilment": "none"})}}
    )
    assert to_fulfil(store, plain, NOW, 10) == []
    assert to_fulfil(store, rules, NOW, 10) == []


@pytest.mark.parametrize(
    ("named", "error", "told"),
    [
        ("mugg", UnknownName, "did you mean 'mug'"),
        ("mug", NotFound, "not made"),
        ("MUG-AAAA", NotFound, "not made"),
    ],
)
def test_an_answer_to_what_was_never_offered(named: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        respond(store_of(), book(), "c1", named, "accepted", NOW)


def test_what_is_no_longer_good_cannot_be_redeemed() -> None:
    store, rules = store_of(), book(valid_days=5)
    ask(store, rules, "a")
    with pytest.raises(RefusedInput, match="was good until 2026-03-10 00:00 UTC"):
        respond(store, rules, "c1", "mug", "redeemed", NOW + 6 * DAY)


def test_a_contact_that_was_never_sent_and_a_word_on_no_contact() -> None:
    rules = book(unique=False)
    loose = Response(source="pos", id="1", when=NOW, offer="MUG", type="redeemed")
    (made,) = offers_of(fold("c1", [loose]), rules.offers)
    assert (made.offer, made.code, made.state, made.contacts) == ("mug", "", "redeemed", [])
    store = store_of()
    ask(store, rules, "a")
    cancel(store, "c1", "a", "once", "open_case", NOW)
    assert offers_of(store.read_profile("c1").profile, rules.offers) == []


def test_a_word_goes_to_the_offer_its_contact_carried_else_to_the_one_that_was_good() -> None:
    def made(n: int, until: datetime) -> Contact:
        return Contact(
            source="courtesy", id=contact_id("c1", "a", str(n)), when=NOW, trigger="a", occurrence=str(n),
            division="cars", category="marketing", purpose="marketing", channel="email", planned=NOW, due=NOW,
            expires=NOW + DAY, state=ContactState.SENT, offer="mug", code="MUG", code_until=until,
        )  # fmt: skip

    first, second = made(1, NOW + 10 * DAY), made(2, NOW + 50 * DAY)

    def states(**word: Any) -> list[str]:
        answer = Response(source="pos", id="1", offer="MUG", type="redeemed", **word)
        return [o.state for o in offers_of(fold("c1", [first, second, answer]), book(unique=False).offers)]

    assert states(when=NOW + DAY) == ["redeemed", "offered"]
    assert states(when=NOW + 20 * DAY) == ["offered", "redeemed"]
    assert states(when=NOW + 90 * DAY) == ["offered", "redeemed"]
    assert states(when=NOW + DAY, contact=second.id) == ["offered", "redeemed"]


ANSWERS: list[Answer] = ["shown", "accepted", "declined", "redeemed", "fulfilled", "failed"]


@given(st.lists(st.tuples(st.sampled_from(ANSWERS), st.integers(0, 20)), max_size=6), st.randoms())
def test_the_state_of_an_offer_is_a_function_of_the_set_of_answers(
    said: list[tuple[Answer, int]], rng: random.Random
) -> None:
    words: list[Event] = [
        Response(source="pos", id=str(n), when=NOW + day * DAY, offer="MUG", type=answer)
        for n, (answer, day) in enumerate(said)
    ]
    offers = book(unique=False).offers
    told = offers_of(fold("c1", words), offers)
    rng.shuffle(words)
    assert offers_of(fold("c1", words + words[:2]), offers) == told
    order = ["shown", "accepted", "declined", "redeemed", "failed", "fulfilled"]
    wanted = max((order.index(a) for a, _ in said), default=-1)
    assert [order.index(made.state) >= min(wanted, 1) for made in told] == [True] * bool(said)
    if wanted > 2:
        assert told[0].state == order[wanted]


@given(st.integers(0, 5000))
def test_the_shares_of_a_limit_add_up_to_it(limit: int) -> None:
    assert sum(share(limit, shard) for shard in range(SHARDS)) == limit


def test_a_run_asks_no_more_once_it_knows_that_nothing_is_left() -> None:
    store, rules = store_of(*(f"c{n}" for n in range(5))), book(stock=2)
    known = Allowances(store)
    got = [ask(store, rules, "a", f"c{n}", allowances=known).reason for n in range(5)]
    assert got.count(Reason.OFFER_STOCK) == 3
    assert known.exhausted == {"offer/mug"}
    assert known.pick("offer/mug", 2, "x", ()) is None


def test_who_holds_a_usable_code_is_reminded_of_it_when_the_stock_is_gone() -> None:
    store, rules = store_of("c1"), book(stock=1)
    ask(store, rules, "a")
    profile = store.read_profile("c1").profile
    (decision,) = decide(profile, [Candidate("b", "once", NOW + 60 * DAY)], rules, NOW, KEY, no_stock=["mug"])
    assert isinstance(decision, Reserved)


def test_a_prefix_of_unique_codes_leaves_room() -> None:
    with pytest.raises(ValueError, match="at most 8"):
        Offer(id="x", label={"en": "x"}, code="ABCDEFGHIJ", unique=True)
