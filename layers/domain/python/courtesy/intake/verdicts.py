"""Verdicts: how each row that is not a known line ends, and which records a full dump lacks.

Reads the tables `rows`, `lines`, `known`, `mine` (what is known of the rows' records) and `pending` of `difference`; makes `twice`
(ids that several rows have), `judged` (rows without fault, verdict) and `gone` (id, ref). Statements are ordered by their word: the instant and the file that said it, as text that sorts.
"""

# ruff: noqa: S608 - texts go into SQL as literals; CREATE takes no parameters

from typing import Any

import duckdb

from courtesy.intake.contract import SourceContract
from courtesy.intake.large import Parts
from courtesy.intake.segments import GONE


def contradicted(con: duckdb.DuckDBPyConnection, contract: SourceContract, parts: Parts | None) -> bool:
    """Whether an unchanged line has the id of a changed one in the same file: then both have to be looked at.

    Takes those lines out of `clean`, so that they are parsed the next time.
    """
    if contract.key == "row":
        return False
    con.execute(
        """CREATE OR REPLACE TABLE contradicted AS SELECT line FROM mine
        WHERE line IN (SELECT line FROM clean) AND line IN (SELECT h FROM lines WHERE l IS NULL)"""
    )
    if not count(con, "SELECT count(*) FROM contradicted"):
        return False
    if parts is None:
        con.execute("DELETE FROM clean WHERE line IN (SELECT line FROM contradicted)")
    else:
        parts.cut("clean", "SELECT line FROM clean WHERE line NOT IN (SELECT line FROM contradicted)", "line")
    return True


def judge(
    con: duckdb.DuckDBPyConnection, word: str, contract: SourceContract, alone: bool, parts: Parts | None
) -> None:
    """Table `judged`: the verdict on every row without fault.

    word: of a row, as SQL; alone: the state can be trusted for `unchanged`
    A row that says what is known already is loaded only where it says it earlier than it was said before: since when
    something holds does not depend on which file came first. A row that contradicts a newer word is loaded unless the newer
    one was not worth an item, being what an earlier item says: then the older would seem to be the newest.
    """
    # few ids have several rows, and only those are put in order
    tables = ("rows", "mine", "pending", "twice")
    # held against each other whole, or part by part
    rows, mine, pending, several = (name if parts is None else f"{name}_part" for name in tables)
    twice = f"SELECT id FROM {rows} WHERE faults IS NULL GROUP BY id HAVING count(*) > 1"
    con.execute(
        "CREATE OR REPLACE TABLE utmost AS SELECT greatest((SELECT max(seen) FROM known), (SELECT max(seen) FROM pending)) AS seen"
    )
    judged = f"""
        SELECT good.*, CASE
            WHEN same > 1 AND content = latest THEN 'duplicate'
            WHEN same > 1 THEN 'superseded'
            WHEN content = known_content AND NOT disputed AND {"true" if alone else "false"} AND word >= first THEN 'unchanged'
            WHEN content <> newest_content AND word < seen AND (item IS NULL OR word >= item) THEN 'superseded'
            WHEN {_closed_by_newer(contract)} THEN 'superseded'
            ELSE 'loaded' END AS verdict
        FROM (
            SELECT good.*, ordered.same, ordered.latest,
                mine.content AS known_content,
                coalesce(pending.content <> good.content, false) AS disputed,
                coalesce(mine.first, mine.seen) AS first,
                greatest(mine.seen, pending.seen) AS seen, greatest(mine.item, pending.item) AS item,
                CASE WHEN pending.seen > mine.seen OR mine.seen IS NULL THEN pending.content ELSE mine.content END
                    AS newest_content
            FROM (
                SELECT n, h, id, customer, moment, stated, content, {word} AS word FROM {rows} WHERE faults IS NULL
            ) AS good LEFT JOIN {mine} AS mine USING (id) LEFT JOIN {pending} AS pending USING (id) LEFT JOIN (
                SELECT n, row_number() OVER at_once AS same, first_value(content) OVER at_once AS latest
                FROM {rows} WHERE faults IS NULL AND id IN (SELECT id FROM {several})
                WINDOW at_once AS (PARTITION BY id, stated, moment ORDER BY n DESC)
            ) AS ordered USING (n)
        ) AS good"""
    if parts is None:
        con.execute(f"CREATE OR REPLACE TABLE twice AS {twice}")
        con.execute(f"CREATE OR REPLACE TABLE judged AS {judged}")
    else:
        parts.each("twice", twice, "rows")
        parts.each("judged", judged, *tables)


def close_missing(
    con: duckdb.DuckDBPyConnection, contract: SourceContract, word: str, torn: int, parts: Parts | None
) -> int:
    """Table `gone`: the records that a full dump lacks; how many of them are held back.

    word: the file's word as SQL; torn: how many lines of it could not be read. Nothing is closed where rows could not be
    read, or where more than the contract's share is missing.
    """
    if not (contract.full_dump and contract.disappeared == "close"):
        con.execute("CREATE OR REPLACE TABLE gone (id VARCHAR, ref VARCHAR)")
        return 0
    tables = ("known", "rows", "pending", "lines")
    known, rows, pending, lines = (name if parts is None else f"{name}_part" for name in tables)
    absent = f"""FROM {known} WHERE content <> {GONE} AND seen < {word}
          AND id NOT IN (SELECT id FROM {rows} WHERE id IS NOT NULL)
          AND id NOT IN (SELECT id FROM {pending} WHERE seen >= {word})"""
    unsaid = f"(line IS NULL OR line NOT IN (SELECT h FROM {lines} WHERE l IS NULL))"
    if parts is None:
        con.execute(f"CREATE OR REPLACE TABLE gone AS SELECT id, ref {absent} AND {unsaid}")
    else:
        parts.each("absent", f"SELECT id, line, ref {absent}", "known", "rows", "pending")
        parts.cut("unheard", "SELECT id, line, ref FROM absent", "line")
        parts.each("missed", f"SELECT id, ref FROM unheard_part WHERE {unsaid}", "unheard", "lines")
        con.execute("CREATE OR REPLACE TABLE gone AS SELECT id, ref FROM missed")
    missing = count(con, "SELECT count(*) FROM gone")
    records = count(con, f"SELECT count(*) FROM known WHERE content <> {GONE}")
    unread = torn + count(con, "SELECT count(*) FROM rows WHERE id IS NULL")
    if missing and (unread or missing > records * contract.drift.gone):
        con.execute("DELETE FROM gone")
        return missing
    return 0


def word_of(stated: str, file: str) -> str:
    """A statement's word as SQL: its instant, then its file. `file` is an SQL literal."""
    return f"strftime({stated}, '%Y-%m-%dT%H:%M:%S.%f ') || {file}"


def count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query gives."""
    row: Any = con.execute(query).fetchone()
    return int(row[0])


def _closed_by_newer(contract: SourceContract) -> str:
    """A full dump that comes after a newer one must not bring back what the newer one lacks."""
    if not (contract.full_dump and contract.disappeared == "close") or contract.stated:
        return "false"
    return "newest_content IS NULL AND word < (SELECT seen FROM utmost)"
