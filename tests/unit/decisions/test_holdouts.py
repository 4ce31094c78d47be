"""Control groups: of the size asked for, nested, and united by a merge."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.decisions.holdouts import in_control
from courtesy.decisions.policy import policy_of
from courtesy.outcomes import Reason
from courtesy.rulebook.model import Rulebook
from tests.unit.decisions.people import KEY, customer, rulebook, trigger

SUBJECTS = st.lists(
    st.text(string.ascii_lowercase, min_size=1, max_size=6).map(lambda id_: f"crm/{id_}"),
    min_size=1,
    max_size=4,
    unique=True,
)
SHARES = st.floats(0.01, 0.9)


def reason(book: Rulebook, subjects: list[str], customer_id: str = "c1") -> Reason | None:
    policy = policy_of(book)
    found = in_control(
        policy, policy.plan("offer"), customer(customer_id=customer_id, subjects=subjects), KEY
    )
    return None if found is None else found.reason


@given(SUBJECTS, SUBJECTS, SHARES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_merge_never_frees_anybody_from_control_whatever_id_survives(
    one: list[str], two: list[str], share: float, global_: bool
) -> None:
    book = (
        rulebook(global_control=share)
        if global_
        else rulebook(trigger(control_share=share), global_control=0.0)
    )
    before = {reason(book, one, "c1"), reason(book, two, "c2")} - {None}
    for survivor in ("c1", "c2", "c3"):
        united = reason(book, sorted({*one, *two}), survivor)
        assert (united is not None) == bool(before)


@given(SUBJECTS, st.floats(0.01, 0.5), st.floats(0.0, 0.5))
@settings(max_examples=100, deadline=None)
def test_a_group_that_grows_keeps_all_whom_it_had(subjects: list[str], share: float, more: float) -> None:
    if reason(rulebook(global_control=share), subjects) is not None:
        assert reason(rulebook(global_control=share + more), subjects) is not None


def test_a_group_is_as_large_as_asked_for_and_counts_each_record_of_a_customer() -> None:
    book = rulebook(global_control=0.1)
    single = sum(reason(book, [f"crm/{n}"]) is not None for n in range(2000))
    double = sum(reason(book, [f"crm/{n}", f"web/{n}"]) is not None for n in range(2000))
    assert 160 <= single <= 240
    assert 320 <= double <= 440  # 1 - 0.9 * 0.9 = 19 %


def test_groups_of_triggers_are_independent_of_the_global_one() -> None:
    both = rulebook(trigger(control_share=0.5), global_control=0.5)
    found = [reason(both, [f"crm/{n}"]) for n in range(1000)]
    assert 430 <= found.count(Reason.GLOBAL_CONTROL) <= 570
    assert 190 <= found.count(Reason.TRIGGER_CONTROL) <= 310


def test_a_customer_without_records_is_placed_by_the_id() -> None:
    book = rulebook(global_control=0.5)
    found = [reason(book, [], f"c{n}") is not None for n in range(400)]
    assert 150 <= sum(found) <= 250


def test_service_has_no_control_group() -> None:
    book = rulebook(trigger(purpose="service"), global_control=1.0)
    assert reason(book, ["crm/1"]) is None
