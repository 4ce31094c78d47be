"""Pieces at the print vendor are asked back, again and again until the vendor answers."""

from datetime import timedelta

import pytest

from courtesy.decisions.candidates import contact_id
from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate, Reserved
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import release
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import RECALLABLE, apply_feedback, record_sent, stop_open_contacts
from courtesy.messages.recall import AGAIN, Recalled, recall_pieces
from courtesy.messages.rules import MessageRules
from courtesy.outcomes import ContactState, Reason
from courtesy.privacy.withdraw import record_privacy, withdraw
from courtesy.timeline.events import Case, Contact, Feedback, FeedbackType
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger

BOOK = rulebook(trigger(channels=["letter"]))
RULES = MessageRules(printers={"letter": "harbor"})
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def printing(customer_id: str = "c1") -> tuple[InMemoryCustomerStore, Contact]:
    """A letter that is claimed for mailing m1 and not announced yet."""
    store = InMemoryCustomerStore()
    store.append(customer_id, [person_record()])
    refold(store, customer_id)
    return store, claimed(store, customer_id)


def claimed(store: InMemoryCustomerStore, customer_id: str, occurrence: str = "once") -> Contact:
    candidate = Candidate("offer", occurrence, NOW + 30 * DAY)
    (decision,) = reserve(store, customer_id, None, [candidate], policy_of(BOOK), NOW, KEY)
    assert isinstance(decision, Reserved)
    held = claim(store, customer_id, "offer", occurrence, BOOK, NOW, "m1")
    assert isinstance(held, Claimed)
    return held.contact


def announced() -> tuple[InMemoryCustomerStore, Contact]:
    store, contact = printing()
    record_sent(store, "c1", contact, "m1", NOW, mailing="m1")
    return store, contact


def complain(store: InMemoryCustomerStore) -> None:
    store.append("c1", [Case(source="cc", id="1", when=NOW, division="marine")])
    refold(store, "c1")
    assert stop_open_contacts(store, "c1", BOOK, NOW) == []  # nothing to cancel, a piece to recall


def letter(store: InMemoryCustomerStore) -> Contact:
    held = store.read_contact("c1", "offer", "once")
    assert held is not None
    return held


def report(store: InMemoryCustomerStore, type_: FeedbackType) -> None:
    id_ = contact_id("c1", "offer", "once")
    apply_feedback(
        store,
        "c1",
        Feedback(source="vendor-harbor", id=f"m1/{id_}/{type_}", when=NOW, contact=id_, channel="letter", type=type_),
        NOW,
    )  # fmt: skip


def test_an_open_case_asks_the_piece_back_and_it_ends_as_refused() -> None:
    store, contact = announced()
    complain(store)
    queue = InMemoryQueue()
    assert recall_pieces(store, queue, RULES, NOW) == Recalled(asked=1)
    assert queue.take() == [
        {
            "schema": "courtesy.recall.v1", "mailing_id": "m1", "vendor": "harbor", "channel": "letter",
            "pieces": [contact.id],
        }
    ]  # fmt: skip
    assert recall_pieces(store, queue, RULES, NOW + AGAIN - MINUTE) == Recalled()
    assert recall_pieces(store, queue, RULES, NOW + AGAIN) == Recalled(asked=1)
    report(store, "rejected")
    (past,) = store.read_profile("c1").profile.contacts
    assert (past.state, past.counts) == (ContactState.REFUSED, False)
    queue.take()
    assert recall_pieces(store, queue, RULES, NOW + 2 * AGAIN) == Recalled(answered=1)
    assert queue.take() == []
    assert store.due("letter", NOW + 99 * DAY, 9) == []
    assert refold(store, "c1") == store.read_profile("c1").profile


def test_a_piece_that_had_left_stays_sent_and_is_asked_for_no_more() -> None:
    store, _ = announced()
    complain(store)
    queue = InMemoryQueue()
    recall_pieces(store, queue, RULES, NOW)
    report(store, "mailed")
    assert recall_pieces(store, queue, RULES, NOW + AGAIN) == Recalled(answered=1)
    assert store.read_profile("c1").profile.contacts[0].counts


def test_a_piece_reported_as_mailed_is_not_asked_back() -> None:
    store, _ = announced()
    report(store, "mailed")
    complain(store)
    assert letter(store).recall == ""


def test_a_vendor_that_never_answers_is_given_up_in_the_end() -> None:
    store, _ = announced()
    complain(store)
    queue = InMemoryQueue()
    assert recall_pieces(store, queue, RULES, NOW + RECALLABLE) == Recalled(given_up=1)
    assert queue.take() == []
    assert store.due("letter", NOW + 99 * DAY, 9) == []


def test_a_channel_without_a_vendor_has_nobody_to_ask() -> None:
    store, _ = announced()
    complain(store)
    assert recall_pieces(store, InMemoryQueue(), MessageRules(), NOW) == Recalled(given_up=1)


def test_a_case_that_opens_while_the_mailing_is_made_recalls_once_it_is_announced() -> None:
    store, contact = printing()
    complain(store)
    assert letter(store).state is ContactState.SENDING
    assert recall_pieces(store, InMemoryQueue(), RULES, NOW) == Recalled()
    assert record_sent(store, "c1", contact, "m1", NOW, mailing="m1") == "recorded"
    assert recall_pieces(store, InMemoryQueue(), RULES, NOW) == Recalled(asked=1)


@pytest.mark.parametrize("how", ["withdrawal", "objection"])
def test_a_withdrawal_and_an_objection_recall_too(how: str) -> None:
    store, _ = announced()
    if how == "withdrawal":
        withdraw(store, "c1", "marketing", "letter", "cars", NOW, "test")
    else:
        record_privacy(store, "c1", "objection", "on", BOOK, NOW)
    assert letter(store).recall == "wanted"
    reasons = {"withdrawal": Reason.PERMISSION_WITHDRAWN, "objection": Reason.OBJECTION}
    assert letter(store).reason == reasons[how].value


def test_a_withdrawal_for_e_mail_leaves_letters_alone() -> None:
    store, _ = announced()
    withdraw(store, "c1", "marketing", "email", "*", NOW, "test")
    assert letter(store).recall == ""


def test_pieces_of_one_mailing_are_asked_back_in_one_message() -> None:
    store, _ = announced()
    other = claimed(store, "c1", "twice")
    record_sent(store, "c1", other, "m1", NOW, mailing="m1")
    complain(store)
    queue = InMemoryQueue()
    assert recall_pieces(store, queue, RULES, NOW) == Recalled(asked=2)
    (message,) = queue.take()
    assert len(message["pieces"]) == 2


def test_release_leaves_pieces_to_be_recalled_alone() -> None:
    store, _ = announced()
    complain(store)
    queue = InMemoryQueue()
    assert release(store, {"letter": queue}, policy_of(BOOK), NOW + HOUR).queued == {}
    assert letter(store).state is ContactState.SENT


def test_a_piece_that_is_being_made_is_not_asked_back_yet() -> None:
    store, contact = printing()
    late = contact.due + HOUR
    assert store.due("letter", late, 10)
    assert recall_pieces(store, InMemoryQueue(), RULES, late) == Recalled()
