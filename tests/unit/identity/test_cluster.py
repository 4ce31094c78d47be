"""Customers out of links: a function of the sets alone, and nobody united with somebody that they clash with."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.identity.cluster import Pair, clusters_of, pair
from courtesy.identity.link import clash
from courtesy.identity.memory import MemoryIndex
from courtesy.identity.resolve import Incoming
from tests.unit.identity.people import RULES, arrive, customers, record

SUBJECTS = "abcdefg"
_pairs = st.lists(st.sampled_from(SUBJECTS), min_size=2, max_size=2, unique=True).map(lambda two: pair(*two))


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(_pairs, st.integers(20, 40)),
    st.frozensets(_pairs, max_size=6),
    st.frozensets(st.sampled_from(SUBJECTS)),
    st.randoms(use_true_random=False),
)
def test_no_customer_holds_two_that_clash_and_no_order_matters(
    links: dict[Pair, int], clashing: frozenset[Pair], vague: frozenset[str], random: object
) -> None:
    def clashes(one: str, two: str) -> bool:
        return pair(one, two) in clashing

    groups, used = clusters_of(SUBJECTS, list(links.items()), (), clashes, vague, 6.0)
    for group in groups:
        assert not any(pair(one, two) in clashing for one in group for two in group if one != two)
    assert set(used) <= set(links)
    again = list(links.items())
    random.shuffle(again)  # type: ignore[attr-defined]
    assert clusters_of(reversed(SUBJECTS), again, (), clashes, vague, 6.0) == (groups, used)


def test_a_vague_record_that_fits_two_who_clash_belongs_to_neither() -> None:
    links = [(("amanda", "p"), 30.0), (("anthony", "p"), 28.0)]

    def clashes(one: str, two: str) -> bool:
        return {one, two} == {"amanda", "anthony"}

    people = ("amanda", "anthony", "p")
    assert clusters_of(people, links, (), clashes, {"p"}, 6.0)[0] == [["amanda"], ["anthony"], ["p"]]
    assert clusters_of(people, links, (), clashes, {"p"}, 1.0)[0] == [["amanda", "p"], ["anthony"]]
    assert clusters_of(people, links, (), clashes, (), 6.0)[0] == [["amanda", "p"], ["anthony"]]


def test_what_a_person_told_stands_against_a_clash() -> None:
    told = [(("a", "b"), float("inf"))]
    assert clusters_of("ab", told, (), lambda *_: True)[0] == [["a", "b"]]
    assert clusters_of("ab", told, {("a", "b")})[0] == [["a"], ["b"]], "but not against do-not-link"


HOME = {"surname": "Pena", "address1": "12 Harbour Street", "postcode": "60614", "city": "Chicago"}
_given = st.sampled_from(["Amanda", "Anthony", "Tony", "A.", "", "Pena"])
_born = st.sampled_from(["1970-03-04", "1972-11-30", "1999-01-01", ""])
_mail = st.sampled_from(["amanda@mail.test", "pena@mail.test", ""])
_phone = st.sampled_from(["+13125550123", "+13125550144", ""])
_document = st.sampled_from(["70011223", "70998877", ""])


@st.composite
def _household(draw: st.DrawFn) -> list[Incoming]:
    return [
        record(
            f"crm/{n}", **HOME, given_name=draw(_given), date_of_birth=draw(_born), email=draw(_mail), phone=draw(_phone),
            national_id=draw(_document),
        )
        for n in range(draw(st.integers(2, 8)))
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_household(), st.data())
def test_a_household_is_never_bridged_whoever_comes_first(
    records: list[Incoming], data: st.DataObject
) -> None:
    subjects = [r.subject for r in records]
    traits = {r.subject: r.traits for r in records if r.traits is not None}
    at_once, one_by_one = MemoryIndex(), MemoryIndex()
    arrive(at_once, records)
    arrive(one_by_one, *[[r] for r in data.draw(st.permutations(records))])
    groups = customers(at_once, subjects)
    assert customers(one_by_one, subjects) == groups
    for group in groups:
        assert not any(clash(traits[one], traits[two], RULES) for one in group for two in group)


def test_an_initial_between_husband_and_wife_belongs_to_neither() -> None:
    index = MemoryIndex()
    amanda = HOME | {"given_name": "Amanda", "phone": "+13125550123"}
    anthony = HOME | {"given_name": "Anthony", "phone": "+13125550123"}
    between = HOME | {"given_name": "A.", "phone": "+13125550123"}
    arrive(index, [record("crm/1", **amanda)], [record("crm/2", **between)])
    assert customers(index, ["crm/1", "crm/2"]) == [["crm/1", "crm/2"]], "as long as there is one A. only"
    arrive(index, [record("crm/3", **anthony)])
    assert customers(index, ["crm/1", "crm/2", "crm/3"]) == [["crm/1"], ["crm/2"], ["crm/3"]]


@pytest.mark.parametrize("vague", ["", "A"])
def test_twins_with_one_mailbox_are_not_bridged_by_a_record_without_a_given_name(vague: str) -> None:
    shared = HOME | {"date_of_birth": "1970-03-04", "email": "pena@mail.test", "phone": "+13125550123"}
    twins = [record("crm/1", **shared, given_name="Amanda"), record("crm/2", **shared, given_name="Anthony")]
    between = record("crm/3", **shared, given_name=vague)
    for batches in ([[*twins, between]], [[between], [twins[0]], [twins[1]]]):
        index = MemoryIndex()
        arrive(index, *batches)
        assert customers(index, ["crm/1", "crm/2", "crm/3"]) == [["crm/1"], ["crm/2"], ["crm/3"]]
