"""A draft tried on a share of today's customers: the coming weeks as they are, as they would be, and the difference.

Customers' ids are keyed hashes, so the first ones in their order are a random share of all.
"""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import msgspec

from courtesy.decisions.rehearse import Difference, Rehearsal, compare, rehearse
from courtesy.population.cycle import read_scores
from courtesy.population.plan import segments_path
from courtesy.ports import CustomerStore, Lake
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import encode_profile


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What was tried: `looked_at` of `customers`, whose figures tell how those of all would move."""

    cycle_id: str
    days: int
    looked_at: int
    customers: int
    before: Rehearsal
    after: Rehearsal
    difference: Difference


def try_draft(
    store: CustomerStore,
    lake: Lake,
    in_force: Rulebook,
    draft: Rulebook,
    cycle_id: str,
    now: datetime,
    days: int,
    customers: int,
    hash_key: bytes,
) -> Trial:
    """Rehearse `days` days on about `customers` of those that the cycle placed, under both rulebooks. Nothing is written.

    Raises NotFound where the cycle left no segments, RefusedRule for criteria that do not hold together.
    """
    scores = read_scores(lake, cycle_id)
    with TemporaryDirectory() as name:
        folder = Path(name)
        stored = store.read_profiles(_share(lake, cycle_id, customers, folder))
        documents = [encode_profile(stored[customer_id].profile) for customer_id in sorted(stored)]
        before, after = (
            rehearse(documents, book, scores, now, days, hash_key, folder) for book in (in_force, draft)
        )
    return Trial(
        cycle_id=cycle_id,
        days=days,
        looked_at=after[0].customers,
        customers=scores.customers,
        before=before[0],
        after=after[0],
        difference=compare(before, after),
    )


def _share(lake: Lake, cycle_id: str, customers: int, folder: Path) -> list[str]:
    part = folder / "part.parquet"
    lake.download(segments_path(cycle_id, 0), part)
    with duckdb.connect() as columns:
        rows = columns.execute(
            "SELECT DISTINCT customer_id FROM read_parquet($part) ORDER BY customer_id LIMIT $most",
            {"part": part.as_posix(), "most": customers},
        ).fetchall()
    return [customer_id for (customer_id,) in rows]
