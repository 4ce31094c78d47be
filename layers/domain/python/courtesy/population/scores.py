"""What the whole population has in common and every part needs: quantile cut points and value models, per division.

Combined from the parts' summaries, so no step holds the population; one JSON document per cycle.
"""

from collections.abc import Iterable
from itertools import accumulate

import duckdb
import msgspec

from courtesy.population.bgnbd import BuyingModel
from courtesy.population.gamma_gamma import SpendModel

CORPORATE = "corporate"
"""The view across all divisions."""

PARTS = 5
"""Scores run from 1 to 5."""


class Cuts(msgspec.Struct, frozen=True, kw_only=True):
    """Cut points of recency (days), frequency (purchase days) and revenue (minor units), each four integers.

    They are fifths: value v is below cut point c where 5 v < c, so scores are exact in integers.
    """

    r: tuple[int, ...] = ()
    f: tuple[int, ...] = ()
    m: tuple[int, ...] = ()


class DivisionScores(msgspec.Struct, frozen=True, kw_only=True):
    """One division's figures. `buying` and `spend` are the parameters in use; `source` says whose they are.

    source: `own`; `corporate` where the division has too little data; `none` where nobody has enough
    """

    buyers: int
    repeaters: int
    cuts: Cuts
    source: str
    buying: BuyingModel | None = None
    spend: SpendModel | None = None


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one cycle. `data_version` is the fingerprint of all documents of the snapshot."""

    cycle_id: str
    as_of: str
    rulebook: int
    data_version: str
    customers: int
    restricted: int
    divisions: dict[str, DivisionScores]

    def division(self, name: str) -> DivisionScores:
        """A division's figures; corporate's parameters for one that had no buyer when they were made."""
        if name in self.divisions:
            return self.divisions[name]
        corporate = self.divisions.get(CORPORATE)
        if corporate is None:
            return DivisionScores(buyers=0, repeaters=0, cuts=Cuts(), source="none")
        source = "none" if corporate.buying is None else CORPORATE
        return msgspec.structs.replace(corporate, buyers=0, repeaters=0, cuts=Cuts(), source=source)


def encode_scores(scores: Scores) -> bytes:
    """The scores as one JSON document; equal scores give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(scores), indent=1)


def decode_scores(document: bytes) -> Scores:
    """The scores of a document made by `encode_scores`. Raises msgspec.ValidationError when it is none."""
    return msgspec.json.decode(document, type=Scores)


def cut_points(histogram: Iterable[tuple[int, int]], step: int = 1) -> tuple[int, ...]:
    """The four cut points of (value, how many) pairs, in fifths; empty where there is nobody. `step` is what counts as 1.

    A cut point is the 20, 40, 60 or 80 % quantile by linear interpolation, plus 1. A value below the k-th scores k; equal
    values get equal scores, so no tie is left to break and the number of parts cannot matter.
    """
    counted = sorted(histogram)
    total = sum(n for _, n in counted)
    if not total:
        return ()
    cuts = []
    for k in range(1, PARTS):
        whole, fifths = divmod(k * (total - 1), PARTS)
        low, high = _at(counted, whole), _at(counted, min(whole + 1, total - 1))
        cuts.append(PARTS * low + (high - low) * fifths + PARTS * step)
    return tuple(cuts)


def _at(counted: list[tuple[int, int]], rank: int) -> int:
    """The value of that rank, from 0, in the sorted population."""
    upto = accumulate(n for _, n in counted)
    return next(value for (value, _), below in zip(counted, upto, strict=True) if rank < below)


def score(value: int, cuts: tuple[int, ...]) -> int:
    """1 to 5: one more than the number of cut points that the value is not below."""
    return 1 + sum(PARTS * value >= cut for cut in cuts)


def score_sql(value: str, cuts: tuple[int, ...]) -> str:
    """The same as an expression; NULL where the value is NULL or there are no cut points."""
    if not cuts:
        return "NULL::INTEGER"
    reached = " + ".join(f"({PARTS}::HUGEINT * {value} >= {cut})::INTEGER" for cut in cuts)
    return f"(1 + {reached})"


def histogram_cuts(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    """`cut_points` of a relation (value BIGINT, n BIGINT) without bringing it into Python: large for money."""
    total_row = connection.execute(f"SELECT coalesce(sum(n), 0)::BIGINT FROM ({query})").fetchone()
    total = int(total_row[0]) if total_row else 0
    if not total:
        return ()
    ranks = []
    for k in range(1, PARTS):
        whole = k * (total - 1) // PARTS
        ranks += [whole, min(whole + 1, total - 1)]
    wanted = ", ".join(f"({rank})" for rank in sorted(set(ranks)))
    rows = connection.execute(
        f"""
        WITH counted AS (SELECT value, sum(n)::BIGINT AS n FROM ({query}) GROUP BY value),
        reached AS (SELECT value, sum(n) OVER (ORDER BY value)::BIGINT AS upto FROM counted)
        SELECT rank, (SELECT min(value) FROM reached WHERE upto > rank) FROM (VALUES {wanted}) AS w(rank)"""
    ).fetchall()
    value_at = {int(rank): int(value) for rank, value in rows}
    cuts = []
    for k in range(1, PARTS):
        whole, fifths = divmod(k * (total - 1), PARTS)
        low, high = value_at[whole], value_at[min(whole + 1, total - 1)]
        cuts.append(PARTS * low + (high - low) * fifths + PARTS)
    return tuple(cuts)
