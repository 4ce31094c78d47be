"""Who was corrected is found by what is right and not by what was wrong, whatever happens meanwhile; nobody's id changes."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.errors import RefusedInput
from courtesy.identity.corrected import corrections_in, forget_look_ups, look_ups_of
from courtesy.identity.find import find_customers
from courtesy.identity.merge import Desk, merge_customers, split_customer
from courtesy.identity.move import fetch
from courtesy.identity.normalise import traits_of
from courtesy.identity.resolve import Incoming, place
from courtesy.privacy.correct import Correcting, correct
from courtesy.timeline.events import SourceRecord
from courtesy.timeline.refold import refold
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.identity.people import KEY, NOW, RULES
from tests.unit.identity.test_merge import Crash, CrashingStore

WRONG, RIGHT, NEWER = "a@mail.test", "b@mail.test", "d@mail.test"
PHONE, RIGHT_PHONE = "+13125550101", "+13125550177"
PEOPLE = {
    "crm/1": {"given_name": "Eva", "surname": "Lindqvist"},
    "shop/5": {"given_name": "Otto", "surname": "Brandt"},
    "web/9": {"given_name": "Mina", "surname": "Okonkwo"},
}


class Town:
    """Customers with person records, on fakes that can die at any call; each thing said is a minute after the one before."""

    def __init__(self) -> None:
        self.calls = self.minute = 0
        self.dies_at = -1
        self.index = InMemoryIdentityIndex(self._tick)
        self.store = CrashingStore(self._tick)

    def _tick(self, name: str) -> None:
        self.calls += 1
        if self.calls == self.dies_at:
            raise Crash(name)

    def deliver(self, subject: str, **fields: str) -> str:
        """A source says what it knows of a person; the customer's id."""
        self.minute += 1
        said = PEOPLE[subject] | fields
        now = NOW + timedelta(minutes=self.minute)
        placed = place(
            [Incoming(subject, traits_of(said), (now.isoformat(), "", ""))], self.index, RULES, KEY, now
        )
        source, id_ = subject.split("/")
        home = placed[subject].customer_id
        record = SourceRecord(source=source, id=id_, when=now, version=str(self.minute), fields=dict(said))
        self.store.append(home, [record])
        fetch(placed.values(), self.index, self.store, KEY)
        refold(self.store, home)
        return home

    def correct(self, customer_id: str, **fields: str) -> None:
        self.minute += 1
        now = NOW + timedelta(minutes=self.minute)
        correct(customer_id, fields, Correcting(self.store, self.index, KEY, "US", now))

    def find(self, **keys: str) -> list[str]:
        return find_customers(self.index, self.store, KEY, **keys)

    def desk(self) -> Desk:
        self.minute += 1
        return Desk(self.index, self.store, RULES, KEY, NOW + timedelta(minutes=self.minute))

    def home(self, subject: str) -> str:
        return self.index.read_records([subject])[subject].customer_id


@pytest.fixture
def town() -> Town:
    return Town()


def test_found_by_what_is_right_and_the_other_holder_alone_by_what_was_wrong(town: Town) -> None:
    eva = town.deliver("crm/1", email=WRONG, phone=PHONE, loyalty_no="L-100")
    mina = town.deliver("web/9", email=WRONG)
    before = town.index.read_records(["crm/1"])
    town.correct(eva, email=RIGHT, phone="(312) 555-0177", loyalty_no="L-777")
    assert town.find(email=RIGHT) == town.find(phone=RIGHT_PHONE) == town.find(loyalty_no="l 777") == [eva]
    assert town.find(email=WRONG) == [mina]
    assert town.find(phone=PHONE) == town.find(loyalty_no="L-100") == []
    assert town.find(email=RIGHT, subject="crm/1") == [eva]
    assert town.index.read_records(["crm/1"]) == before  # the matching sees what it saw


def test_a_second_address_that_nobody_called_wrong_still_leads_to_the_person(town: Town) -> None:
    town.deliver("web/9", phone=PHONE)
    town.deliver("crm/1", phone="+13125550102")
    eva = merge_customers(town.desk(), town.home("crm/1"), town.home("web/9"))
    town.correct(eva, phone=RIGHT_PHONE)
    assert (
        town.find(phone=PHONE) == town.find(phone=RIGHT_PHONE) == [eva]
    )  # who stops texts from there is heard
    assert town.find(phone="+13125550102") == []


def test_the_latest_correction_counts_also_where_it_takes_back_the_first(town: Town) -> None:
    eva = town.deliver("crm/1", email=WRONG)
    town.correct(eva, email=RIGHT)
    town.correct(eva, email=NEWER)
    assert (town.find(email=WRONG), town.find(email=RIGHT), town.find(email=NEWER)) == ([], [], [eva])
    town.correct(eva, email=WRONG)
    assert (town.find(email=WRONG), town.find(email=RIGHT), town.find(email=NEWER)) == ([eva], [], [])


def test_a_correction_that_came_before_a_smaller_record_does_not_outlive_the_next(town: Town) -> None:
    town.correct(town.deliver("web/9", email=WRONG), email=RIGHT)
    town.deliver("crm/1", phone=PHONE)
    both = merge_customers(town.desk(), town.home("crm/1"), town.home("web/9"))
    town.correct(both, email=NEWER)  # goes with crm/1, the first one with web/9
    assert (town.find(email=WRONG), town.find(email=RIGHT), town.find(email=NEWER)) == ([], [], [both])


def test_an_address_that_cannot_be_read_leaves_nobody_findable_by_the_wrong_one(town: Town) -> None:
    eva = town.deliver("crm/1", email=WRONG)
    town.correct(eva, email="none, writes letters")
    assert town.find(email=WRONG) == []
    assert look_ups_of(town.index, ["crm/1"])["crm/1"]


def test_what_the_source_says_later(town: Town) -> None:
    eva = town.deliver("crm/1", email=WRONG)
    town.correct(eva, email=RIGHT)
    town.deliver("crm/1", email=WRONG, city="Troy")  # the old mistake once more, with something else changed
    assert (town.find(email=WRONG), town.find(email=RIGHT)) == ([], [eva])
    town.deliver("crm/1", email=RIGHT)
    assert (town.find(email=WRONG), town.find(email=RIGHT)) == ([], [eva])
    town.deliver("crm/1", email=NEWER)
    assert town.find(email=NEWER) == [eva]


def test_look_ups_follow_the_record_through_merge_and_split(town: Town) -> None:
    eva, mina = town.deliver("crm/1", email=WRONG), town.deliver("web/9", email=NEWER)
    town.correct(eva, email=RIGHT)
    both = merge_customers(town.desk(), eva, mina)
    assert (town.find(email=RIGHT), town.find(email=WRONG), town.find(email=NEWER)) == ([both], [], [both])
    split_customer(town.desk(), both, ["crm/1"])
    assert (town.home("crm/1"), town.home("web/9")) == (eva, mina)
    assert (town.find(email=RIGHT), town.find(email=WRONG), town.find(email=NEWER)) == ([eva], [], [mina])
    said = {
        id_: [c.fields for c in corrections_in(town.store.read_timeline(id_))] for id_ in sorted([eva, mina])
    }
    assert said == {eva: [{"email": RIGHT}], mina: []}
    assert town.store.read_profile(mina).profile.text("email") == NEWER


def test_a_death_at_any_call_leaves_who_is_found_as_the_timeline_says() -> None:
    dies_at = 0
    while True:
        dies_at += 1
        town = Town()
        eva = town.deliver("crm/1", email=WRONG)
        town.correct(eva, email=NEWER)
        town.calls, town.dies_at = 0, dies_at
        try:
            town.correct(eva, email=RIGHT)
        except Crash:
            pass
        else:
            break
        town.dies_at = -1
        made = any(event.fields["email"] == RIGHT for event in corrections_in(town.store.read_timeline(eva)))
        expected: tuple[list[str], ...] = ([], [], [eva]) if made else ([], [eva], [])
        assert (town.find(email=WRONG), town.find(email=NEWER), town.find(email=RIGHT)) == expected
        town.correct(eva, email=RIGHT)
        assert (town.find(email=WRONG), town.find(email=NEWER), town.find(email=RIGHT)) == ([], [], [eva])
    assert dies_at > 6


def test_nothing_is_left_of_a_record_that_is_forgotten(town: Town) -> None:
    eva = town.deliver("crm/1", email=WRONG)
    before = town.index.read_members(_every_entry(town))
    town.correct(eva, email=RIGHT)
    town.correct(eva, email=NEWER)
    assert forget_look_ups(town.index, ["crm/1"]) == len({"right newer", "wrong first", "wrong right"})
    assert forget_look_ups(town.index, ["crm/1"]) == 0
    assert town.index.read_members(_every_entry(town)) == before


_EMAILS = [WRONG, RIGHT, NEWER]
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deliver"), st.sampled_from(sorted(PEOPLE)), st.sampled_from(_EMAILS)),
        st.tuples(st.just("correct"), st.sampled_from(sorted(PEOPLE)), st.sampled_from(_EMAILS)),
        st.tuples(st.just("merge"), st.sampled_from(sorted(PEOPLE)), st.sampled_from(sorted(PEOPLE))),
        st.tuples(st.just("split"), st.sampled_from(sorted(PEOPLE)), st.just("")),
    ),
    max_size=9,
)


def _take(town: Town, step: tuple[str, str, str], corrects: bool) -> None:
    what, subject, other = step
    if what == "deliver":
        town.deliver(subject, email=other)
    elif what == "correct" and corrects:
        town.correct(town.home(subject), email=other)
    elif what == "merge" and town.home(subject) != town.home(other):
        with suppress(RefusedInput):  # parted by hand before
            merge_customers(town.desk(), town.home(subject), town.home(other))
    elif what == "split" and [town.home(one) for one in PEOPLE].count(town.home(subject)) > 1:
        split_customer(town.desk(), town.home(subject), [subject])


@settings(max_examples=60, deadline=None)
@given(steps=_STEPS)
def test_the_newest_correction_finds_and_what_nobody_says_does_not(steps: list[tuple[str, str, str]]) -> None:
    town, twin = Town(), Town()
    carried = dict(zip(sorted(PEOPLE), _EMAILS, strict=True))
    for subject, email in carried.items():
        assert town.deliver(subject, email=email) == twin.deliver(subject, email=email)
    for step in steps:
        replaced = ""
        if step[0] == "deliver":
            carried[step[1]] = step[2]
        elif step[0] == "correct":
            replaced = town.store.read_profile(town.home(step[1])).profile.text("email")
        _take(town, step, corrects=True)
        _take(twin, step, corrects=False)
        homes = {subject: town.home(subject) for subject in PEOPLE}
        assert homes == {subject: twin.home(subject) for subject in PEOPLE}  # corrections change no id
        found = {email: town.find(email=email) for email in _EMAILS}
        if replaced and replaced != step[2]:
            assert homes[step[1]] not in found[replaced]
        for home in set(homes.values()):
            said = [c.fields["email"] for c in corrections_in(town.store.read_timeline(home))]
            assert town.store.read_profile(home).profile.text("email") in (said[-1:] or _EMAILS)
            assert all(home in found[str(email)] for email in said[-1:])
            known = {*said, *(carried[subject] for subject in homes if homes[subject] == home)}
            assert {email for email, ids in found.items() if home in ids} <= known


def _every_entry(town: Town) -> Iterable[str]:
    return list(town.index._members)
