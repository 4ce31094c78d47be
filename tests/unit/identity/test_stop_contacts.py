"""What a file says stops waiting contacts at once: cases, withdrawals, standings of the person."""

from datetime import timedelta

import pytest

from courtesy.decisions.candidates import contact_id
from courtesy.decisions.decision import Candidate, Reserved
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.identity.load import Loading, stop_contacts
from courtesy.outcomes import ContactState
from courtesy.timeline.events import Case, Event, Permission, Privacy, Transaction
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook

BOOK = rulebook()
CASE = Case(source="cc", id="1", when=NOW, division="marine")
NO_MAIL = Permission(
    source="pc", id="1", when=NOW, purpose="marketing", channel="email", division="*", status="withdrawn"
)


class Counting(InMemoryCustomerStore):
    """Counts the timelines that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.timelines_read = 0

    def read_timeline(self, customer_id: str) -> list[Event]:
        self.timelines_read += 1
        return super().read_timeline(customer_id)


def loading(store: InMemoryCustomerStore) -> Loading:
    return Loading(InMemoryIdentityIndex(), store, BOOK, KEY, NOW)


def waiting(store: InMemoryCustomerStore, customer_id: str = "c1") -> None:
    store.append(customer_id, [person_record(customer_id)])
    refold(store, customer_id)
    candidate = Candidate("offer", "once", NOW + timedelta(days=9), NOW + timedelta(days=1))
    (decision,) = reserve(store, customer_id, None, [candidate], policy_of(BOOK), NOW, KEY)
    assert isinstance(decision, Reserved)
    assert decision.contact == contact_id(customer_id, "offer", "once")


def told(store: InMemoryCustomerStore, event: Event, customer_id: str = "c1") -> tuple[str, str]:
    store.append(customer_id, [event])
    refold(store, customer_id)
    stop_contacts({customer_id: [event]}, loading(store))
    contact = store.read_contact(customer_id, "offer", "once")
    assert contact is not None
    return contact.state.value, contact.reason


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (CASE, "open_case"),
        (NO_MAIL, "permission_withdrawn"),
        (Privacy(source="pc", id="1", when=NOW, type="objection"), "objection"),
        (person_record("c1", NOW + timedelta(hours=1), deceased=True), "deceased"),
        (person_record("c1", NOW + timedelta(hours=1), gone_away=True), "gone_away"),
    ],
)
def test_what_a_file_says_stops_what_waits(event: Event, why: str) -> None:
    store = InMemoryCustomerStore()
    waiting(store)
    assert told(store, event) == ("cancelled", why)
    assert not store.read_profile("c1").profile.contacts[0].counts


@pytest.mark.parametrize(
    "event",
    [
        Case(source="cc", id="1", when=NOW, division="marine", status="closed"),
        Case(source="cc", id="1", when=NOW, division="marine", gone=True),
        Permission(
            source="pc", id="1", when=NOW, purpose="marketing", channel="email", division="*", status="granted"
        ),
        Privacy(source="pc", id="1", when=NOW, type="objection", status="off"),
        Transaction(source="dealer", id="1", when=NOW, division="cars", amount=1),
        person_record("c1", NOW + timedelta(hours=1), deceased=False),
    ],
)  # fmt: skip
def test_other_news_leaves_it_alone_and_reads_nothing(event: Event) -> None:
    store = Counting()
    waiting(store)
    store.append("c1", [event])
    refold(store, "c1")
    before = store.timelines_read
    stop_contacts({"c1": [event]}, loading(store))
    assert store.timelines_read == before
    contact = store.read_contact("c1", "offer", "once")
    assert contact is not None
    assert contact.state is ContactState.RESERVED


def test_a_customer_without_waiting_contacts_costs_no_timeline() -> None:
    store = Counting()
    store.append("c1", [person_record("c1"), CASE])
    refold(store, "c1")
    before = store.timelines_read
    stop_contacts({"c1": [CASE]}, loading(store))
    assert store.timelines_read == before


def test_only_the_customers_concerned_are_stopped() -> None:
    store = InMemoryCustomerStore()
    waiting(store, "c1")
    waiting(store, "c2")
    assert told(store, CASE, "c2")[0] == "cancelled"
    contact = store.read_contact("c1", "offer", "once")
    assert contact is not None
    assert contact.state is ContactState.RESERVED
