"""Next best action: nothing is reserved by asking, what was shown counts at once, and the law is the same."""

from datetime import timedelta
from typing import Any

import pytest

from courtesy.decisions.decision import Candidate, Held, Reserved
from courtesy.decisions.next_action import next_actions, show_action
from courtesy.decisions.offers import offers_of
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import cancel
from courtesy.errors import NotFound, UnknownName
from courtesy.outcomes import ContactState, Reason
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.offer import Offer
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import Contact, Privacy, Transaction
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger

DAY = timedelta(days=1)
LAKE = InMemoryLake()


def talk(name: str = "win_back", **fields: Any) -> Trigger:
    usual = {"channels": ["email", "next_contact"], "criteria": "days_since_purchase > 300"}
    return trigger(name, **{**usual, **fields})


def book(*triggers: Trigger, **rules: Any) -> Rulebook:
    mug = Offer(id="mug", label={"en": "A mug"}, code="MUG", stock=3)
    return rulebook(*triggers, **rules).model_copy(update={"offers": {"mug": mug}})


def one() -> InMemoryCustomerStore:
    store = InMemoryCustomerStore()
    bought = Transaction(source="dealer", id="1", when=NOW - 400 * DAY, division="cars", amount=2_000_000)
    store.append("c1", [person_record(), bought])
    refold(store, "c1")
    return store


def ask(store: InMemoryCustomerStore, rules: Rulebook, **more: Any) -> list[str]:
    return [a.trigger for a in next_actions(store, LAKE, rules, "c1", NOW, KEY, **more)]


def contact(store: InMemoryCustomerStore, name: str = "win_back") -> Contact:
    found = store.read_contact("c1", name, "2026-03")
    assert found is not None
    return found


def test_the_best_come_first_and_asking_writes_nothing() -> None:
    store = one()
    rules = book(
        talk("dear", value=10_000), talk("cheap"), talk("first", priority=1), talk("mail", channels=["email"])
    )
    before = store.read_profile("c1")
    assert ask(store, rules) == ["first", "dear", "cheap"]
    assert ask(store, rules, limit=1) == ["first"]
    assert ask(store, rules, divisions=["marine"]) == []
    assert ask(store, rules, channel="email") == ["first", "dear", "cheap"]  # three are enough
    assert store.read_profile("c1") == before
    assert store.read_counters(["offer/mug#0"]) == {"offer/mug#0": 0}


def test_what_was_shown_counts_from_that_instant_and_twice_is_once() -> None:
    store = one()
    rules = book(talk(offer="mug"), caps=[{"id": "one", "at_most": 1, "rolling_days": 7}])
    (action,) = next_actions(store, LAKE, rules, "c1", NOW, KEY)
    assert (action.code, action.offer, action.reserved) == ("MUG", "mug", False)
    decision = show_action(store, LAKE, rules, "c1", "win_back", action.occurrence, NOW, KEY, by="agent7")
    assert isinstance(decision, Reserved)
    shown = contact(store)
    assert (shown.state, shown.sent, shown.planned, shown.provider_id) == (
        ContactState.SENT,
        NOW,
        NOW,
        "shown/agent7",
    )
    (made,) = offers_of(store.read_profile("c1").profile, rules.offers)
    assert (made.state, made.channels) == ("shown", ["next_contact"])
    again = show_action(store, LAKE, rules, "c1", "win_back", action.occurrence, NOW + DAY, KEY, by="agent8")
    assert again == decision
    assert contact(store) == shown
    assert ask(store, rules) == []


def test_the_law_is_asked_again_when_it_is_shown() -> None:
    store = one()
    rules = book(talk("a"), talk("b"), caps=[{"id": "one", "at_most": 1, "rolling_days": 7}])
    show_action(store, LAKE, rules, "c1", "a", "2026-03", NOW, KEY)
    late = show_action(store, LAKE, rules, "c1", "b", "2026-03", NOW, KEY)
    assert isinstance(late, Held)
    assert late.reason is Reason.CAP
    assert store.read_contact("c1", "b", "2026-03") is None


def test_a_contact_that_waits_for_the_talk_is_claimed_when_it_is_shown() -> None:
    store, rules = one(), book(talk(channels=["next_contact"], offer="mug"))
    candidate = Candidate("win_back", "2026-03", NOW + 10 * DAY)
    reserve(store, "c1", None, [candidate], policy_of(rules), NOW - DAY, KEY)
    (action,) = next_actions(store, LAKE, rules, "c1", NOW, KEY)
    assert action.reserved
    decision = show_action(store, LAKE, rules, "c1", "win_back", "2026-03", NOW, KEY, by="x")
    assert isinstance(decision, Reserved)
    assert (contact(store).state, contact(store).planned) == (ContactState.SENT, NOW)
    assert show_action(store, LAKE, rules, "c1", "win_back", "2026-03", NOW, KEY) == decision


def test_a_contact_that_waits_is_not_shown_to_who_objects_meanwhile() -> None:
    store, rules = one(), book(talk(channels=["next_contact"]))
    candidate = Candidate("win_back", "2026-03", NOW + 10 * DAY)
    reserve(store, "c1", None, [candidate], policy_of(rules), NOW - DAY, KEY)
    store.append("c1", [Privacy(source="calls", id="1", when=NOW, type="objection")])
    refold(store, "c1")
    assert ask(store, rules) == []
    with pytest.raises(NotFound, match="may not be shown any more"):
        show_action(store, LAKE, rules, "c1", "win_back", "2026-03", NOW, KEY)


def test_one_that_was_cancelled_by_a_case_is_proposed_anew() -> None:
    store, rules = one(), book(talk(channels=["next_contact"]))
    candidate = Candidate("win_back", "2026-03", NOW + 10 * DAY)
    reserve(store, "c1", None, [candidate], policy_of(rules), NOW - DAY, KEY)
    cancel(store, "c1", "win_back", "2026-03", Reason.OPEN_CASE.value, NOW)
    assert ask(store, rules) == ["win_back"]
    assert isinstance(show_action(store, LAKE, rules, "c1", "win_back", "2026-03", NOW, KEY), Reserved)
    assert contact(store).state is ContactState.SENT


def test_follow_ups_are_proposed_too_and_used_up_budgets_are_not() -> None:
    store = one()
    rules = book(
        talk("a", daily_budget=1),
        talk("b", kind="follow_up", follows="a", after_days=1, criteria="true"),
        talk("c", offer="mug", daily_budget=0),
    )
    show_action(store, LAKE, rules, "c1", "a", "2026-03", NOW - 2 * DAY, KEY)
    assert ask(store, rules) == ["b"]


@pytest.mark.parametrize(
    ("customer", "name", "error"),
    [("c1", "nothing", UnknownName), ("c1", "event", NotFound)],
)
def test_what_nobody_proposes_is_not_shown(customer: str, name: str, error: type[Exception]) -> None:
    rules = book(talk(), trigger("event", kind="event", listens_to="case.closed"))
    with pytest.raises(error):
        show_action(one(), LAKE, rules, customer, name, "2026-03", NOW, KEY)


def test_a_customer_nobody_knows_and_a_channel_nobody_uses() -> None:
    with pytest.raises(NotFound):
        next_actions(one(), LAKE, book(talk()), "c2", NOW, KEY)
    assert ask(one(), book(talk()), channel="sms") == []
