"""The state of a source: per record the newest content that was seen, kept as one segment per file and merged when read.

A segment row is (id, line, content, seen, item, ref):
    line     fast hash of the record's text: finds unchanged lines without parsing them
    content  hash of the values that the contract reads; 1: the record is gone; 0 after a merge: two contents were stated for
             the same instant, so neither is known to be the newest
    seen     when the source said so: the newest word on this id
    item     `stated` of the newest item that the file put on the timeline, null where it put none
    ref      customer that an event belonged to, for contracts that close what disappears
The merge takes maxima under a total order: segments may come in any order and more than once, so a file is promoted, and
segments are united, without a lock.
"""

# ruff: noqa: S608 - texts go into SQL as literals made by `columns.text`; COPY and CREATE take no parameters

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec

from courtesy.errors import NotFound, OutsideFailed
from courtesy.ports import Lake

GONE = 1
"""Content of a record that the source no longer knows."""

MANY = 12
"""Applied segments beyond this number are united into one."""

_READING = timedelta(minutes=20)
"""Longer than any reader lives: an older intent is of a reader that died."""

COLUMNS = "id VARCHAR, line UBIGINT, content UBIGINT, seen TIMESTAMP, item TIMESTAMP, ref VARCHAR"


def applied_path(source: str, file_id: str) -> str:
    """Segment of a file that is applied as a whole."""
    return f"source_state/{source}/applied/{file_id}.parquet"


def pending_path(source: str, file_id: str) -> str:
    """Segment of a file whose chunks are not all applied; it does not make a row `unchanged`."""
    return f"source_state/{source}/pending/{file_id}.parquet"


def intent_path(source: str, file_id: str) -> str:
    """Mark of a file that is being read now."""
    return f"source_state/{source}/reading/{file_id}.json"


class Intent(msgspec.Struct, frozen=True):
    """A file that is being read: its date, and when the reading began."""

    file_id: str
    stated: datetime
    at: datetime


class Segments(NamedTuple):
    """Local copies of a source's segments. `alone`: nothing older is being read, so `unchanged` can be trusted."""

    applied: list[Path]
    pending: list[Path]
    alone: bool


def begin_reading(source: str, intent: Intent, lake: Lake) -> bool:
    """Say that a file is being read; whether rows that equal the state may be taken as unchanged.

    Two files of a source may be read at once. Each says so first and looks second, so at least one sees the other. The one
    with the older date waits until the newer one's segment lies there (raises OutsideFailed: try again); the newer one does
    not wait but stages all its rows, whatever the state says. Nobody waits in a circle.
    """
    lake.put(intent_path(source, intent.file_id), msgspec.json.encode(intent))
    alone = True
    for path in lake.list(f"source_state/{source}/reading/"):
        try:
            other = msgspec.json.decode(lake.get(path), type=Intent)
        except NotFound:
            continue
        if other.file_id == intent.file_id or other.at < intent.at - _READING:
            continue
        if (other.stated, other.file_id) > (intent.stated, intent.file_id):
            lake.delete(intent_path(source, intent.file_id))
            raise OutsideFailed(
                f"source {source}: a newer file is being read; this one follows when it is staged"
            )
        alone = False
    return alone


def end_reading(source: str, file_id: str, lake: Lake) -> None:
    """The file's segment lies in the lake, or the file was refused."""
    lake.delete(intent_path(source, file_id))


def fetch_segments(source: str, file_id: str, alone: bool, lake: Lake, work: Path) -> Segments:
    """Copy a source's segments, the file's own pending one left out. Looks again when one was moved meanwhile."""
    for _ in range(5):
        applied: list[Path] = []
        pending: list[Path] = []
        try:
            for path in lake.list(f"source_state/{source}/"):
                _, _, kind, name = path.split("/", 3)
                if kind not in ("applied", "pending") or (kind, name) == ("pending", f"{file_id}.parquet"):
                    continue
                local = work / f"{kind}-{name}"
                if not local.exists():
                    lake.download(path, local)
                (applied if kind == "applied" else pending).append(local)
        except NotFound:
            continue
        return Segments(applied, pending, alone)
    raise OutsideFailed(
        f"source {source}: its segments were moved five times while they were read; try again"
    )


def promote(source: str, file_id: str, lake: Lake) -> None:
    """Let a file's segment count. Doing it twice changes nothing."""
    try:
        segment = lake.get(pending_path(source, file_id))
    except NotFound:
        return  # promoted before
    lake.put(applied_path(source, file_id), segment)
    lake.delete(pending_path(source, file_id))


def load_segments(con: duckdb.DuckDBPyConnection, table: str, paths: list[Path]) -> None:
    """Make a table (COLUMNS) of merged segments: per id the newest word."""
    if not paths:
        con.execute(f"CREATE OR REPLACE TABLE {table} ({COLUMNS})")
        return
    files = "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"
    if len(paths) == 1:
        con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_parquet({files})")
        return
    con.execute(
        f"""
        CREATE OR REPLACE TABLE {table} AS
        WITH word AS (SELECT * FROM read_parquet({files})),
             newest AS (SELECT id, max(seen) AS seen, max(item) AS item FROM word GROUP BY id)
        SELECT word.id,
               CASE WHEN min(content) = max(content) THEN max(line) END AS line,
               CASE WHEN min(content) = max(content) THEN max(content) ELSE 0 END AS content,
               newest.seen, newest.item, max(ref) AS ref
        FROM newest JOIN word ON word.id = newest.id AND word.seen = newest.seen
        GROUP BY word.id, newest.seen, newest.item
        """
    )


def unite(source: str, lake: Lake, work: Path, many: int = MANY) -> bool:
    """Unite a source's applied segments into one when there are more than `many`; whether it did.

    The united one is written before the others are deleted; whoever reads both, or unites at the same time, gets the same.
    """
    paths = [path for path in lake.list(f"source_state/{source}/applied/") if path.endswith(".parquet")]
    if len(paths) <= many:
        return False
    name = hashlib.sha256("\n".join(paths).encode()).hexdigest()[:24]
    local = []
    for number, path in enumerate(paths):
        part = work / f"unite-{number}.parquet"
        try:
            lake.download(path, part)
        except NotFound:
            return False  # somebody else is uniting
        local.append(part)
    out = work / "united.parquet"
    with duckdb.connect(":memory:") as con:
        load_segments(con, "united", local)
        con.execute(f"COPY united TO '{out}' (FORMAT parquet, COMPRESSION zstd)")
    lake.upload(out, applied_path(source, f"united-{name}"))
    for path in paths:
        if path != applied_path(source, f"united-{name}"):
            lake.delete(path)
    return True
