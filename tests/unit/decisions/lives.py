"""One customer's contacts, brought to the state that a test begins with, and a store where others are faster."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate, Reserved
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import record_unknown
from courtesy.outcomes import Commit, ContactState
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Case, Contact
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKLY = [{"id": "weekly", "at_most": 1, "rolling_days": 7}]


class Contended(InMemoryCustomerStore):
    """A store where others are faster: with what is prepared in `first`, once for each; always while `losing`."""

    def __init__(self) -> None:
        super().__init__()
        self.first: list[Callable[[], object]] = []
        self.losing = False

    def commit(self, profile: Profile, version: int, **more: Any) -> Commit:
        while self.first:
            self.first.pop()()
        return "conflict" if self.losing else super().commit(profile, version, **more)

    def move_contact(self, customer_id: str, contact: Contact, state: ContactState, claim: str) -> Commit:
        return "conflict" if self.losing else super().move_contact(customer_id, contact, state, claim)


def one(store: InMemoryCustomerStore | None = None) -> InMemoryCustomerStore:
    """A store with one customer, `c1`."""
    store = store or InMemoryCustomerStore()
    store.append("c1", [person_record()])
    refold(store, "c1")
    return store


def reserved(
    store: InMemoryCustomerStore, book: Rulebook, *names: str, start: datetime = NOW
) -> list[Contact]:
    """The contacts of these triggers (or `offer`), reserved for `start` and useful for thirty days."""
    for name in names or ("offer",):
        candidate = Candidate(name, "once", start + 30 * DAY, start)
        (decision,) = reserve(store, "c1", None, [candidate], policy_of(book), min(start, NOW), KEY)
        assert isinstance(decision, Reserved), decision
    return [c for n in names or ("offer",) if (c := store.read_contact("c1", n, "once"))]


def state(store: InMemoryCustomerStore, name: str = "offer") -> ContactState:
    """How far a trigger's contact has got."""
    contact = store.read_contact("c1", name, "once")
    assert contact is not None
    return contact.state


def claimed(store: InMemoryCustomerStore, book: Rulebook) -> Contact:
    """The contact of `offer`, claimed by `mine`."""
    reserved(store, book)
    outcome = claim(store, "c1", "offer", "once", book, NOW, "mine", hash_key=KEY)
    assert isinstance(outcome, Claimed)
    return outcome.contact


def unsettled(purpose: str = "marketing") -> tuple[InMemoryCustomerStore, Rulebook, Contact]:
    """A contact of which nobody knows whether it went out."""
    store, book = one(), rulebook(trigger(purpose=purpose))
    reserved(store, book)
    held = claim(store, "c1", "offer", "once", book, NOW, "x")
    assert isinstance(held, Claimed)
    assert record_unknown(store, "c1", held.contact, "timed out", NOW) == "recorded"
    return store, book, held.contact


def case(store: InMemoryCustomerStore, status: Literal["open", "closed"], when: datetime) -> None:
    """The customer's case in division cars, opened or closed."""
    store.append("c1", [Case(source="cc", id="1", when=when, version=status, division="cars", status=status)])
    refold(store, "c1")
