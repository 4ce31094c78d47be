"""The score against the truth equals counting every pair one by one."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from courtesy_local.demo.score import identity


def test_one_wrong_and_one_missed_pair() -> None:
    truth = {"a/1": 1, "b/1": 1, "c/1": 1, "a/2": 2, "b/2": 2}
    found = {"a/1": "x", "b/1": "x", "c/1": "y", "a/2": "y", "b/2": "z"}
    score = identity(truth, found)
    assert (score.pairs_true, score.pairs_wrong, score.pairs_missed) == (4, 1, 3)
    assert (score.precision, score.recall) == (0.5, 0.25)


def test_a_record_found_nowhere_costs_recall_and_not_precision() -> None:
    score = identity({"a/1": 1, "b/1": 1, "c/1": 1}, {"a/1": "x", "b/1": "x"})
    assert (score.precision, score.recall) == (1.0, 1 / 3)


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("uvwxyz")), max_size=14))
def test_it_equals_counting_every_pair(records: list[tuple[int, str]]) -> None:
    truth = {f"s/{at}": person for at, (person, _) in enumerate(records)}
    found = {f"s/{at}": customer for at, (_, customer) in enumerate(records)}
    pairs = list(combinations(truth, 2))
    should = {pair for pair in pairs if truth[pair[0]] == truth[pair[1]]}
    did = {pair for pair in pairs if found[pair[0]] == found[pair[1]]}
    score = identity(truth, found)
    assert score.pairs_wrong == len(did - should)
    assert score.pairs_missed == len(should - did)
    assert score.precision == (len(did & should) / len(did) if did else 1.0)
