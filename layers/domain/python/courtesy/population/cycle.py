"""The cycle's states over columns as use cases: snapshot a part, score the population, segment a part.

Each may be done again: the same input writes the same objects and events, so a retried state changes nothing.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from courtesy.population.catalogue import Catalogue, catalogue_of
from courtesy.population.documents import (
    ROWS_READ_AT_ONCE,
    connect,
    fingerprint,
    snapshot_sql,
    view_sql,
    write_lines,
    write_parquet,
)
from courtesy.population.ledger import purchases_sql
from courtesy.population.moves import moves_of, write_moves
from courtesy.population.plan import (
    Cycle,
    counts_path,
    cycle_path,
    segments_path,
    snapshot_path,
    summary_path,
)
from courtesy.population.scores import Scores, decode_scores, encode_scores
from courtesy.population.segments import custom_of, make_segments, write_segments
from courtesy.population.summaries import score_divisions, summary_sql
from courtesy.ports import CustomerStore, Lake
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Move
from courtesy.timeline.refold import refold


class PartCount(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of the snapshot came to; `data_version` is the fingerprint of its documents."""

    part: int
    scanned: int
    customers: int
    restricted: int
    data_version: str


class PartPlaced(msgspec.Struct, frozen=True, kw_only=True):
    """What a part's segmentation came to. `moves` counts moves, `moved` the customers they belong to."""

    part: int
    customers: int
    rows: int
    moves: int
    moved: int


def snapshot_part(store: CustomerStore, lake: Lake, rulebook: Rulebook, cycle: Cycle, part: int) -> PartCount:
    """Scan one part of the profiles into the lake, pseudonymous, with its summary."""
    catalogue = catalogue_of(rulebook.sources)
    with TemporaryDirectory() as folder:
        here = Path(folder)
        documents = here / "documents.jsonl"
        scanned, version = write_lines(
            (document for _, document in store.scan_profiles(part, cycle.parts)), documents
        )
        connection = connect(here)
        connection.execute(f"CREATE TEMP TABLE snapshot AS {snapshot_sql(documents, custom_of(catalogue))}")
        documents.unlink()
        connection.execute(purchases_sql(cycle.day, rulebook.population))
        counted = connection.execute(
            "SELECT count(*)::INTEGER, (count(*) FILTER (restricted))::INTEGER FROM snapshot"
        ).fetchone()
        assert counted is not None  # noqa: S101 - an aggregate has one row
        write_parquet(
            connection, "SELECT * FROM snapshot ORDER BY who", here / "part.parquet", ROWS_READ_AT_ONCE
        )
        write_parquet(connection, summary_sql(cycle.day), here / "summary.parquet")
        connection.close()
        lake.upload(here / "part.parquet", snapshot_path(cycle.cycle_id, part))
        lake.upload(here / "summary.parquet", summary_path(cycle.cycle_id, part))
    count = PartCount(
        part=part, scanned=scanned, customers=counted[0], restricted=counted[1], data_version=version
    )
    lake.put(counts_path("snapshots", cycle.cycle_id, part), msgspec.json.encode(count))
    return count


def score_population(lake: Lake, rulebook: Rulebook, cycle: Cycle) -> Scores:
    """Combine the parts' summaries to the cycle's scores and write them down."""
    counts = [
        msgspec.json.decode(lake.get(counts_path("snapshots", cycle.cycle_id, part)), type=PartCount)
        for part in cycle.part_numbers
    ]
    with TemporaryDirectory() as folder:
        here = Path(folder)
        for part in cycle.part_numbers:
            lake.download(summary_path(cycle.cycle_id, part), here / f"summary-{part:05}.parquet")
        connection = connect(here)
        connection.execute(
            f"CREATE TEMP VIEW summary AS SELECT * FROM read_parquet('{here.as_posix()}/summary-*.parquet')"
        )
        divisions = score_divisions(connection, rulebook.population)
        connection.close()
    scores = Scores(
        cycle_id=cycle.cycle_id,
        as_of=cycle.as_of,
        rulebook=cycle.rulebook,
        data_version=fingerprint(count.data_version for count in counts),
        customers=sum(count.customers for count in counts),
        restricted=sum(count.restricted for count in counts),
        divisions=divisions,
    )
    lake.put(cycle_path(cycle.cycle_id, "scores.json"), encode_scores(scores))
    return scores


def read_scores(lake: Lake, cycle_id: str) -> Scores:
    """The scores of a cycle. Raises NotFound."""
    return decode_scores(lake.get(cycle_path(cycle_id, "scores.json")))


def segment_part(
    store: CustomerStore, lake: Lake, rulebook: Rulebook, cycle: Cycle, part: int, *, workers: int = 1
) -> PartPlaced:
    """Features, scores, segments of one part; moves of customers whose place changed go to the timeline and the lake.

    workers: customers written at the same time
    """
    catalogue: Catalogue = catalogue_of(rulebook.sources)
    scores = read_scores(lake, cycle.cycle_id)
    with TemporaryDirectory() as folder:
        here = Path(folder)
        lake.download(snapshot_path(cycle.cycle_id, part), here / "snapshot.parquet")
        connection = connect(here)
        connection.execute(view_sql([here / "snapshot.parquet"]))
        make_segments(connection, cycle.day, rulebook.population, scores, catalogue)
        rows = write_segments(connection, here / "segments.parquet")
        lake.upload(here / "segments.parquet", segments_path(cycle.cycle_id, part))
        people = connection.execute("SELECT count(*)::INTEGER FROM person").fetchone()
        moves = moves_of(connection, cycle.day, cycle.cycle_id, cycle.rulebook, scores.data_version)
        write_moves(connection, here / "moves.parquet")
        lake.upload(here / "moves.parquet", f"moves/{cycle.cycle_id}/part-{part:05}.parquet")
        connection.close()

    def write(moved: tuple[str, list[Move]]) -> None:
        store.append(moved[0], moved[1])
        refold(store, moved[0])

    if workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(write, moves.items()))
    else:
        for moved in moves.items():
            write(moved)
    placed = PartPlaced(
        part=part,
        customers=int(people[0]) if people else 0,
        rows=rows,
        moves=sum(len(of_one) for of_one in moves.values()),
        moved=len(moves),
    )
    lake.put(counts_path("segments", cycle.cycle_id, part), msgspec.json.encode(placed))
    return placed
