"""An id that a customer once had leads to where the record is that it is named after, through any merges and splits."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.errors import Conflict, RefusedInput
from courtesy.identity.hashing import customer_id_of
from courtesy.identity.memory import MemoryIndex
from courtesy.identity.merge import Desk, merge_customers, split_customer
from courtesy.identity.normalise import traits_of
from courtesy.identity.record import IndexedRecord
from courtesy.identity.redirects import lead_home
from courtesy.identity.resolve import Incoming, place
from courtesy.outcomes import ContactState
from courtesy.ports import StoredProfile
from courtesy.timeline.events import Contact, Link, SourceRecord
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.fakes import InMemoryCustomerStore
from tests.unit.identity.people import KEY, NOW, RULES

NAMES = {
    "crm/1": "Eva Lindqvist", "web/2": "Tom Okafor", "pos/3": "Ida Reed", "app/4": "Ulf Brandt", "erp/5": "Mia Costa",
}  # fmt: skip


class World:
    """Five customers of one record each; every second was written to."""

    def __init__(self) -> None:
        self.store = InMemoryCustomerStore()
        self.desk = Desk(MemoryIndex(), self.store, RULES, KEY, NOW, by="clerk")
        self.ids = sorted(self._customer(subject, n % 2 == 0) for n, subject in enumerate(NAMES))
        self.of = {customer_id_of(KEY, subject): subject for subject in NAMES}

    def _customer(self, subject: str, written_to: bool) -> str:
        fields = {"name": NAMES[subject]}
        placed = place(
            [Incoming(subject, traits_of(fields), ("1", "", ""))], self.desk.index, RULES, KEY, NOW
        )
        id_, (source, row) = placed[subject].customer_id, subject.split("/")
        self.store.append(id_, [SourceRecord(source=source, id=row, when=NOW, fields=dict(fields))])
        profile = refold(self.store, id_)
        if written_to:
            sent = Contact(
                source="courtesy", id=f"k{row}", when=NOW, trigger="welcome", occurrence="once", division="cars",
                category="marketing", purpose="marketing", channel="email", planned=NOW, due=NOW,
                expires=NOW + timedelta(days=3), state=ContactState.SENT, address="",
            )  # fmt: skip
            assert self.store.commit(profile, self.store.read_profile(id_).version, new=[sent]) == "committed"
            refold(self.store, id_)
        return id_

    def leads_to(self, id_: str) -> str:
        return self.store.read_profile(id_).profile.customer_id

    def records(self, id_: str) -> list[str]:
        """The records that somebody sees who asks for this id."""
        return self.store.read_profile(id_).profile.subjects


def test_merging_into_a_customer_who_was_merged_goes_to_the_survivor() -> None:
    world = World()
    a, b, c, d, _ = world.ids
    assert merge_customers(world.desk, b, c) == b
    assert merge_customers(world.desk, c, a) == a, "c redirects to b: it is b who is united with a"
    assert merge_customers(world.desk, d, c) == a
    assert {world.leads_to(id_) for id_ in (a, b, c, d)} == {a}
    assert world.records(c) == sorted(world.of[id_] for id_ in (a, b, c, d))
    assert world.store.read_profiles([c])[c].profile.merged_into == a, "no chain is left behind"


def test_an_old_id_stays_with_its_record_when_the_customer_it_once_joined_is_split_off() -> None:
    world = World()
    a, b, c, *_ = world.ids
    merge_customers(world.desk, b, c)
    merge_customers(world.desk, a, b)
    split_customer(world.desk, c, [world.of[b]])
    assert (world.leads_to(a), world.leads_to(b), world.leads_to(c)) == (a, b, a)
    assert world.records(c) == sorted([world.of[a], world.of[c]]), "c is no name for b, who is somebody else"


def test_an_old_id_goes_along_when_its_record_is_split_off_with_another() -> None:
    world = World()
    a, b, c, *_ = world.ids
    merge_customers(world.desk, a, b)
    merge_customers(world.desk, a, c)
    split_customer(world.desk, a, [world.of[b], world.of[c]])
    assert (world.leads_to(a), world.leads_to(b), world.leads_to(c)) == (a, b, b)
    assert world.records(c) == sorted([world.of[b], world.of[c]])


def test_each_decision_is_on_the_timeline_that_the_records_are_on() -> None:
    world = World()
    a, b, c, *_ = world.ids
    merge_customers(world.desk, b, c)
    merge_customers(world.desk, a, b)
    split_customer(world.desk, a, [world.of[c]])

    def verdicts(id_: str) -> set[tuple[str, bool]]:
        links = [event for event in world.store.read_timeline(id_) if isinstance(event, Link)]
        assert all(link.evidence == "decided by clerk" for link in links)
        return {(link.verdict, world.of[c] in (link.left, link.right)) for link in links}

    assert ("different", True) in verdicts(a) & verdicts(c), "both sides know that a person parted them"
    assert "same" in {verdict for verdict, _ in verdicts(a)}
    assert not verdicts(b), "nothing stays under an id that was given up"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 4),
            st.integers(0, 4),
            st.sets(st.sampled_from(sorted(NAMES)), min_size=1, max_size=2),
        ),
        max_size=8,
    )
)
def test_every_id_ever_given_leads_to_its_record(story: list[tuple[bool, int, int, set[str]]]) -> None:
    world = World()
    for joins, one, two, leaving in story:
        try:
            if joins:
                merge_customers(world.desk, world.ids[one], world.ids[two])
            else:
                home = world.leads_to(world.ids[one])
                own = set(world.records(home))
                split_customer(world.desk, world.ids[one], own & leaving)
        except RefusedInput:
            continue
        records = world.desk.index.read_records(NAMES)
        for id_, subject in world.of.items():
            assert world.leads_to(id_) == records[subject].customer_id
            assert subject in world.records(id_)
            assert not world.store.read_profile(id_).profile.merging


class Busy(InMemoryCustomerStore):
    """A store where somebody else is always faster."""

    def put_profiles(self, profiles: Sequence[StoredProfile]) -> set[str]:
        return {stored.profile.customer_id for stored in profiles}


def test_who_is_overtaken_every_time_says_so_and_nothing_to_do_is_no_write() -> None:
    index, store = MemoryIndex(), Busy()
    home, old = "c" + "a" * 26, customer_id_of(KEY, "crm/1")
    record = IndexedRecord(subject="crm/1", customer_id=home, leaving=("c" + "b" * 26,))
    index.write_records([record])
    lead_home([record], index, store, KEY)
    assert store.put_profile(Profile(customer_id=old, merged_into="c" + "b" * 26), 0) == "committed"
    with pytest.raises(Conflict, match="try again"):
        lead_home([record], index, store, KEY)
