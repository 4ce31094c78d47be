"""Large files: what a difference puts aside lies in narrow Parquet files by part of the id's hash, each of which fits the memory.

DuckDB puts tables aside as wide as they are, and a join of texts that outgrows the memory takes the texts with it to the disk.
Here a line is told by one bit, rows and verdicts are squeezed, and whatever joins on ids does so part by part.
"""

# ruff: noqa: S608 - texts go into SQL as literals; COPY and CREATE take no parameters

from pathlib import Path

import duckdb

from courtesy.intake.segments import COLUMNS, load_segments

_BYTES = 64
"""A row has more bytes than that, nearly always; a guess that is wrong makes parts larger, and no mistake."""

_MOST = 96
"""Parts at most: each is an open file while they are written."""

_FORM = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000, DICTIONARY_SIZE_LIMIT 100"


class Parts:
    """Tables of a connection that lie in files of `folder`, cut into parts of about `rows` rows."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path, rows: int, size: int) -> None:
        """size: bytes of the text that is read"""
        self.con, self.folder, self.rows = con, folder, rows
        self.many = min(_MOST, 1 + size // _BYTES // rows)
        folder.mkdir(parents=True, exist_ok=True)
        con.execute("SET partitioned_write_max_open_files = 100")

    def known(self, table: str, paths: list[Path]) -> None:
        """View `table`: the merged segments, as `load_segments` makes it, each part merged by itself."""
        files = "[" + ", ".join(_literal(path) for path in paths) + "]"
        if not paths:
            self.con.execute(f"CREATE OR REPLACE TABLE {table} ({COLUMNS}, part INTEGER)")
            return
        if len(paths) == 1:
            self.cut(table, f"SELECT * FROM read_parquet({files})", "id")
            return
        self.cut(f"{table}_words", f"SELECT * FROM read_parquet({files})", "id")
        for part in range(self.many):
            found = sorted((self.folder / f"{table}_words-0" / f"part={part}").glob("*.parquet"))
            # twice where it is one file: merging takes the same word any number of times
            load_segments(self.con, "merged", [*found, *found[:1]])
            self._write(table, part, "SELECT * FROM merged")
            self.con.execute("DROP TABLE merged")
        self._view(table)

    def cut(self, table: str, query: str, column: str) -> None:
        """View `table`: the rows of a query with their `part` by a column's hash; the query is run once."""
        number = sum(1 for _ in self.folder.glob(f"{table}-*"))
        out = self.folder / f"{table}-{number}"
        self.con.execute(
            f"COPY (SELECT *, CAST(hash({column}) % {self.many} AS INTEGER) AS part FROM ({query})) "
            f"TO {_literal(out)} ({_FORM}, PARTITION_BY (part))"
        )
        if any(out.glob("*/*.parquet")):
            asked = (
                f"SELECT * FROM read_parquet({_literal(out / '*' / '*.parquet')}, hive_partitioning = true)"
            )
        else:
            asked = f"SELECT *, 0 AS part FROM ({query}) LIMIT 0"
        self.con.execute(f"CREATE OR REPLACE VIEW {table} AS {asked}")

    def each(self, table: str, query: str, *cut: str) -> None:
        """View `table`: the answers to a query, asked for each part of the tables `cut` by themselves.

        The query names them `{table}_part`.
        """
        for path in self.folder.glob(f"{table}.*.parquet"):
            path.unlink()
        for part in range(self.many):
            for name in cut:
                self.con.execute(
                    f"CREATE OR REPLACE TEMP VIEW {name}_part AS SELECT * EXCLUDE (part) FROM {name} WHERE part = {part}"
                )
            self._write(table, part, query)
        self._view(table)

    def whole(self, table: str, query: str) -> None:
        """View `table`: the rows of a query, in one file."""
        for path in self.folder.glob(f"{table}.*.parquet"):
            path.unlink()
        self._write(table, 0, query)
        self._view(table)

    def mark(self, query: str, last: int) -> None:
        """Table `marks` (b): one bit for each of the line numbers that a query gives as `n`; `last`: the largest there is."""
        self.con.execute(
            f"CREATE OR REPLACE TABLE marks AS SELECT bitstring_agg(CAST(n AS BIGINT), 0, {max(last, 1)}) AS b FROM ({query})"
        )

    def _write(self, table: str, part: int, query: str) -> None:
        out = self.folder / f"{table}.{part}.parquet"
        self.con.execute(
            f"COPY (SELECT *, CAST({part} AS INTEGER) AS part FROM ({query})) TO {_literal(out)} ({_FORM})"
        )

    def _view(self, table: str) -> None:
        files = _literal(self.folder / f"{table}.*.parquet")
        self.con.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet({files})")


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
