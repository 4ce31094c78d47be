"""From a withdrawal or a newly opened case to "blocked everywhere", on the clock of the house.

A withdrawal, and a case by the API, blocks in the transaction that writes it: after 0 s nothing that waits can be claimed,
on any channel, and nothing new is reserved. A case or a withdrawal by file blocks when its chunk is loaded. What is printed and not yet
mailed is asked back by the next release, a minute later at most.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from courtesy.decisions.claim import Claimed, NotClaimed, claim
from courtesy.decisions.decision import Candidate, Reserved, Suppressed
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import release
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import record_sent, stop_open_contacts
from courtesy.messages.recall import Recalled, recall_pieces
from courtesy.messages.rules import MessageRules
from courtesy.outcomes import ContactState
from courtesy.privacy.withdraw import withdraw
from courtesy.timeline.events import Case, Contact
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger

BOOK = rulebook(
    trigger("mail"), trigger("queued"), trigger("letter", channels=["letter"]), trigger("postcard", channels=["postcard"]),
    trigger("printed", channels=["letter"]), trigger("half_printed", channels=["letter"]), trigger("next"),
)  # fmt: skip
RULES = MessageRules(printers={"letter": "harbor", "postcard": "harbor"})
RELEASE_EVERY = timedelta(minutes=1)


def planned() -> InMemoryCustomerStore:
    """Contacts at every place where one can be: reserved, queued, being printed, at the vendor."""
    store, policy = InMemoryCustomerStore(), policy_of(BOOK)
    store.append("c1", [person_record()])
    refold(store, "c1")
    for name in BOOK.triggers:
        if name != "next":
            (decision,) = reserve(
                store, "c1", None, [Candidate(name, "once", NOW + timedelta(days=30))], policy, NOW, KEY
            )
            assert isinstance(decision, Reserved)
    for name in ("printed", "half_printed"):
        held = claim(store, "c1", name, "once", BOOK, NOW, f"m-{name}")
        assert isinstance(held, Claimed)
        if name == "printed":
            record_sent(store, "c1", held.contact, "m", NOW, mailing="m")
    release(store, {"email": InMemoryQueue()}, policy, NOW)
    assert contact(store, "queued").state is ContactState.QUEUED
    return store


def contact(store: InMemoryCustomerStore, name: str) -> Contact:
    held = store.read_contact("c1", name, "once")
    assert held is not None
    return held


def says_no(store: InMemoryCustomerStore) -> None:
    withdraw(store, "c1", "marketing", "*", "*", NOW, "one-click link")


def complains_by_file(store: InMemoryCustomerStore) -> None:
    """What load_chunk does with a row that opens a case, before its message is deleted."""
    store.append("c1", [Case(source="desk", id="1", when=NOW, division="marine")])
    refold(store, "c1")
    stop_open_contacts(store, "c1", BOOK, NOW)


def complains_and_the_loader_dies(store: InMemoryCustomerStore) -> None:
    """The case stands in the profile, and nothing was cancelled yet: the claim stops it all the same."""
    store.append("c1", [Case(source="desk", id="1", when=NOW, division="marine")])
    refold(store, "c1")


STOPS = [says_no, complains_by_file, complains_and_the_loader_dies]


@pytest.mark.parametrize("stops", STOPS)
def test_after_no_time_at_all_nothing_can_be_claimed_or_reserved(
    stops: Callable[[InMemoryCustomerStore], None],
) -> None:
    store = planned()
    stops(store)
    for name in ("mail", "queued", "letter", "postcard"):
        answer = claim(store, "c1", name, "once", BOOK, NOW, "late", hash_key=KEY)
        assert isinstance(answer, NotClaimed), name
        assert contact(store, name).state is ContactState.CANCELLED
    candidate = Candidate("next", "once", NOW + timedelta(days=30))
    (decision,) = reserve(store, "c1", None, [candidate], policy_of(BOOK), NOW, KEY)
    assert not isinstance(decision, Reserved)
    assert isinstance(decision, Suppressed) or decision.reason is not None


@pytest.mark.parametrize("stops", [says_no, complains_by_file])
def test_a_minute_later_what_is_printed_is_asked_back(
    stops: Callable[[InMemoryCustomerStore], None],
) -> None:
    store, queue = planned(), InMemoryQueue()
    stops(store)
    assert (contact(store, "printed").recall, contact(store, "half_printed").recall) == ("wanted", "wanted")
    assert recall_pieces(store, queue, RULES, NOW + RELEASE_EVERY).asked == 1
    [asked] = queue.take()
    assert asked["pieces"] == [contact(store, "printed").id]
    # The piece whose mailing was still being made: asked back as soon as the mailing is announced.
    record_sent(store, "c1", contact(store, "half_printed"), "m2", NOW, mailing="m2")
    assert recall_pieces(store, queue, RULES, NOW + RELEASE_EVERY) == Recalled(asked=1)
