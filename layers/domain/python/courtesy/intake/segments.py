"""Segments of a source's state as columns: per record the newest content that was seen, merged from any number of files.

A row is (id, line, content, seen, item, first, ref). Times are words: when the source said it, then the file, as sortable text.
    line     fast hash of the record's text: finds unchanged lines without parsing them
    content  hash of the values that the contract reads; 1: the record is gone; 0 after a merge: two contents have the same
             word, so neither is known to be the newest
    seen     the newest word on this id
    item     word of the newest item that was put on the timeline, null where none was
    first    word of the earliest item with this content, null where none was put there
    ref      customer that an event belonged to, for contracts that close what disappears
The merge takes maxima under a total order: segments may come in any order and more than once, so a file is promoted, and
segments are united, without a lock.
"""

# ruff: noqa: S608 - texts go into SQL as literals; COPY and CREATE take no parameters

import hashlib
from pathlib import Path

import duckdb

from courtesy.errors import NotFound
from courtesy.intake.state import applied_path
from courtesy.ports import Lake

GONE = "1::UBIGINT"
"""Content of a record that the source no longer knows, as SQL. Every other content is larger."""

MANY = 12
"""Applied segments beyond this number are united into one."""

SEGMENT_FORM = "FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 100"
"""How a segment is written, as COPY's options: hashes and ids make no dictionary, and looking for one costs a quarter."""

COLUMNS = "id VARCHAR, line UBIGINT, content UBIGINT, seen VARCHAR, item VARCHAR, first VARCHAR, ref VARCHAR"


def load_segments(con: duckdb.DuckDBPyConnection, table: str, paths: list[Path]) -> None:
    """Make a table or view (COLUMNS) of merged segments: per id the newest word."""
    if not paths:
        con.execute(f"CREATE OR REPLACE TABLE {table} ({COLUMNS})")
        return
    files = "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"
    if len(paths) == 1:
        con.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet({files})")
        return
    # of most records every file says the same, so one grouping is all they need; only the others are compared word by word
    word = f"read_parquet({files})"
    con.execute(
        f"""
        CREATE OR REPLACE TABLE {table} AS
        SELECT id, max(line) AS line, max(content) AS content, max(seen) AS seen, max(item) AS item, min(first) AS first,
               max(ref) AS ref, min(content) <> max(content) OR min(line) <> max(line) AS differ
        FROM {word} GROUP BY id
        """
    )
    con.execute(
        f"""
        CREATE OR REPLACE TABLE compared AS
        WITH word AS (SELECT * FROM {word} WHERE id IN (SELECT id FROM {table} WHERE differ)),
             newest AS (SELECT id, max(seen) AS seen, max(item) AS item FROM word GROUP BY id),
             earliest AS (SELECT id, content, min(first) AS first FROM word GROUP BY id, content)
        SELECT word.id,
               CASE WHEN min(word.content) = max(word.content) THEN max(line) END AS line,
               CASE WHEN min(word.content) = max(word.content) THEN max(word.content) ELSE 0::UBIGINT END AS content,
               newest.seen, newest.item,
               CASE WHEN min(word.content) = max(word.content) THEN min(earliest.first) END AS first, max(ref) AS ref
        FROM newest JOIN word ON word.id = newest.id AND word.seen = newest.seen
             JOIN earliest ON earliest.id = word.id AND earliest.content = word.content
        GROUP BY word.id, newest.seen, newest.item
        """
    )
    con.execute(f"DELETE FROM {table} WHERE differ")
    con.execute(f"ALTER TABLE {table} DROP COLUMN differ")
    con.execute(f"INSERT INTO {table} SELECT * FROM compared")
    con.execute("DROP TABLE compared")


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
        con.execute(f"COPY united TO '{out}' ({SEGMENT_FORM})")
    lake.upload(out, applied_path(source, f"united-{name}"))
    for path in paths:
        if path != applied_path(source, f"united-{name}"):
            lake.delete(path)
    return True
