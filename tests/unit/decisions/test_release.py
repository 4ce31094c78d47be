"""What waits is queued when it is due, paced, found again where nobody claimed it, and expires when it is of no more use."""

from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import LEASE, release
from courtesy.decisions.reserve import reserve
from courtesy.outcomes import ContactState
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.lives import DAY, HOUR, WEEKLY, one, reserved, state
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger


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


def test_a_contact_for_the_next_talk_is_not_released_but_expires() -> None:
    store, book = one(), rulebook(trigger(channels=["next_contact"]))
    (contact,) = reserved(store, book)
    assert contact.due == contact.expires
    assert isinstance(claim(store, "c1", "offer", "once", book, NOW, "shown"), Claimed)
    other = one()
    reserved(other, book)
    assert release(other, {}, policy_of(book), contact.expires).expired == 1
