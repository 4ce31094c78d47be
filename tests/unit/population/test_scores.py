"""Quantile scores: exact, equal for equals, whatever the parts."""

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from courtesy.population.scores import (
    Cuts,
    DivisionScores,
    Scores,
    cut_points,
    decode_scores,
    encode_scores,
    histogram_cuts,
    score,
    score_sql,
)

values = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=60)


def test_a_cut_point_is_the_interpolated_quantile_plus_one() -> None:
    # 1, 2, 3, 4: the 20 % quantile lies 0.6 of the way from the first to the second, 1.6; plus 1 is 2.6 = 13 fifths
    assert cut_points([(n, 1) for n in (1, 2, 3, 4)]) == (13, 16, 19, 22)
    assert [score(n, (13, 16, 19, 22)) for n in (1, 2, 3, 4, 5)] == [1, 1, 2, 4, 5]


def test_nobody_has_no_cut_points() -> None:
    assert cut_points([]) == ()


@given(values)
def test_equal_values_score_equally_and_larger_never_lower(given_values: list[int]) -> None:
    cuts = cut_points([(value, 1) for value in given_values])
    scores = [score(value, cuts) for value in sorted(given_values)]
    assert scores == sorted(scores)
    assert set(scores) <= {1, 2, 3, 4, 5}


@given(values, st.integers(1, 7))
def test_merged_histograms_give_the_cut_points_of_the_whole(given_values: list[int], parts: int) -> None:
    merged = [(value, 1) for part in range(parts) for value in given_values[part::parts]]
    whole = cut_points((value, given_values.count(value)) for value in set(given_values))
    assert cut_points(merged) == whole


def test_columns_and_rows_agree() -> None:
    connection = duckdb.connect()
    numbers = [(7 * n * n) % 1009 - 300 for n in range(400)]
    connection.execute("CREATE TABLE t AS SELECT unnest(?::BIGINT[]) AS value, 1::BIGINT AS n", [numbers])
    cuts = histogram_cuts(connection, "SELECT value, n FROM t")
    assert cuts == cut_points([(number, 1) for number in numbers])
    found = connection.execute(f"SELECT value, {score_sql('value', cuts)} FROM t").fetchall()
    assert all(score(value, cuts) == scored for value, scored in found)


def test_a_division_that_nobody_knew_borrows_corporates_model() -> None:
    corporate = DivisionScores(buyers=9, repeaters=3, cuts=Cuts(r=(1, 2, 3, 4)), source="none")
    scores = Scores(
        cycle_id="c", as_of="2026-11-01", rulebook=1, data_version="0", customers=9, restricted=0,
        divisions={"corporate": corporate},
    )  # fmt: skip
    assert decode_scores(encode_scores(scores)) == scores
    assert scores.division("corporate") == corporate
    assert scores.division("boats").cuts == Cuts()
    assert scores.division("boats").source == "none"
