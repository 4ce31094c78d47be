"""The difference of a file against its source's state, in columns: which rows are new or changed, bad, unchanged or gone.

DuckDB hashes every line; lines whose hash the state knows are unchanged and never parsed. What is left is split, converted
and checked by the contract's rules as SQL, compared record by record, and written as staged rows.
"""

# ruff: noqa: S608 - texts go into SQL as literals made by `columns.text`; COPY and CREATE take no parameters

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec

from courtesy.intake import columns as sql
from courtesy.intake.contract import SourceContract
from courtesy.intake.large import Parts
from courtesy.intake.parse import MASK, Text, fingerprint, parsing
from courtesy.intake.records import NEVER, Torn, broken_column, straighten
from courtesy.intake.report import Count, Fault
from courtesy.intake.segments import GONE, SEGMENT_FORM, load_segments
from courtesy.intake.shape import Shape
from courtesy.intake.staged import ChunkHead, encode_head
from courtesy.intake.state import Segments
from courtesy.intake.verdicts import close_missing, contradicted, count, judge, word_of


class Means(NamedTuple):
    """What the columns may use: threads, memory (DuckDB's notation), and a folder for files.

    large: bytes of text from which a file is read a second time instead of being kept beside itself, which the disk would not hold
    part: rows of a large file, or of its state, that are held against each other at a time
    """

    work: Path
    threads: int = 2
    memory: str = "400MB"
    large: int = 1 << 30
    part: int = 2_000_000


class Tally(NamedTuple):
    """Rows counted, each by a question of its own; `rows_in = loaded + unchanged + quarantined`."""

    rows_in: int
    loaded: int
    unchanged: int
    quarantined: int
    duplicates: int
    superseded: int
    gone: int
    gone_held: int
    changed: int
    """Of the loaded ones, those whose record was known with another content."""


class BadRow(NamedTuple):
    """A row for the quarantine: the line its record begins on, what is wrong, and its text."""

    line: int
    faults: list[Fault]
    text: str


class Difference:
    """One file against one state. Make it, ask it, close it."""

    def __init__(
        self,
        shape: Shape,
        contract: SourceContract,
        segments: Segments,
        stated: datetime,
        file: str,
        means: Means,
    ) -> None:
        """`stated`: the date that the file stands for; `file`: its name, which orders files of one date."""
        self.shape, self.contract, self.file, self.means = shape, contract, file, means
        self.stated = f"TIMESTAMP '{stated.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
        self.columns = shape.header
        self.straightened = False
        self.torn: list[Torn] = []
        self.word = word_of(self.stated, sql.text(file))
        means.work.mkdir(parents=True, exist_ok=True)
        self.con = duckdb.connect(
            ":memory:",
            config={
                "threads": means.threads,
                "memory_limit": means.memory,
                "temp_directory": str(means.work / "spill"),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        self.con.execute("SET preserve_insertion_order = true; SET TimeZone = 'UTC'")
        self._prepare()
        # rows without a key are told apart by counting, for which their texts lie there anyway
        large = contract.key != "row" and self.text.stat().st_size >= means.large
        self.parts = (
            Parts(self.con, means.work / "parts", means.part, self.text.stat().st_size) if large else None
        )
        self._remember(segments)
        self.parsing = parsing(contract, Text(self.columns, shape.quotes > 0, self.straightened, self.stated))
        self._lines()
        self._parse()
        if contradicted(self.con, contract, self.parts):
            self._lines()
            self._parse()
        judge(
            self.con,
            word_of("stated", sql.text(file)) if contract.stated else self.word,
            contract,
            segments.alone,
            self.parts,
        )
        self.held = close_missing(self.con, contract, self.word, len(self.torn), self.parts)
        self._tell()

    def close(self) -> None:
        """Free DuckDB's memory and files."""
        self.con.close()

    def _remember(self, segments: Segments) -> None:
        """Tables `known` and `pending`: the state; `clean`: the lines of it that need no reading."""
        if self.parts is None:
            load_segments(self.con, "known", segments.applied)
            load_segments(self.con, "pending", segments.pending)
            known, pending = "known", "pending"
        else:
            self.parts.known("known", segments.applied)
            self.parts.known("pending", segments.pending)
            known, pending = "known_part", "pending_part"
        # a line is known only while its record's newest word is not disputed by a file under way, nor older than this file's
        disputed = (
            f"SELECT p.id FROM {pending} AS p JOIN {known} AS k USING (id) WHERE p.content <> k.content"
        )
        clean = f"""SELECT line FROM {known}
            WHERE {segments.alone} AND line IS NOT NULL AND content > {GONE} AND coalesce(first, seen) <= {self.word}
              {f"AND id NOT IN ({disputed})" if segments.pending else ""}"""
        if self.parts is None:
            self.con.execute(f"CREATE TABLE clean AS {clean}")
        else:
            self.parts.each("trusted", clean, "known", "pending")
            self.parts.cut("clean", "SELECT line FROM trusted", "line")

    # ---- lines

    def _prepare(self) -> None:
        """See to it that every record lies on one line of `self.text`, whose line number can be told."""
        form, shape = self.contract.format, self.shape
        self.text, self.first, self.newline = shape.path, shape.first, shape.newline or "\n"
        if form.kind == "parquet":
            out = self.means.work / "rows.jsonl"
            self.con.execute(
                f"COPY (SELECT * FROM read_parquet({sql.text(str(shape.path))})) TO {sql.text(str(out))} (FORMAT json)"
            )
            self.text, self.first, self.newline = out, 1, "\n"
            return
        awkward = not shape.newline or shape.awkward or shape.quotes % 2 == 1
        if shape.quotes and not awkward:
            q = sql.text(form.quote)
            found = self.con.execute(
                f"SELECT 1 FROM {self._raw()} WHERE (length(l) - length(replace(l, {q}, ''))) % 2 = 1 LIMIT 1"
            ).fetchone()
            awkward = found is not None
        if awkward:
            out = self.means.work / "records"
            _, self.torn = straighten(shape.path, form, len(self.columns), shape.first, out)
            self.text, self.first, self.newline, self.straightened = out, 1, "\n", True

    def _raw(self) -> str:
        mark = "\\r\\n" if self.newline == "\r\n" else "\\n"
        return (
            f"read_csv({sql.text(str(self.text))}, auto_detect=false, header=false, skip={self.first - 1}, "
            f"delim={sql.text(NEVER)}, quote='', escape='', new_line='{mark}', "
            "columns={'l': 'VARCHAR'})"
        )

    def _lines(self) -> None:
        """Table `lines` (n, h, occurrence, l): every row's line number and hash; its text where the hash is not known.

        View `unread`: the lines that are not known. Of a large file `lines` keeps no text, and `unread` reads it again: the lines
        whose bit in `marks` is set.
        """
        mark = sql.text(self._rules())
        if self.straightened:
            numbered = (
                "SELECT CAST(split_part(l, chr(9), 1) AS BIGINT) AS n, substr(l, instr(l, chr(9)) + 1) AS l "
                f"FROM {self._raw()}"
            )
        else:
            # numbered before anything else: a join does not keep the order
            numbered = f"SELECT row_number() OVER () + {self.first - 1} AS n, l FROM {self._raw()}"
        rows = f"SELECT n, l, hash(l, {mark}) AS h, 1 AS occurrence FROM ({numbered})"
        # an empty line is read as NULL; only what sorts before '!' can begin with a blank
        filled = "l >= '!' OR trim(l, ' ' || chr(9)) <> ''"
        if self.contract.key == "row":
            rows = f"""SELECT n, l, hash(h, occurrence) AS h, occurrence FROM
                (SELECT n, l, h, row_number() OVER (PARTITION BY h ORDER BY n) AS occurrence FROM ({rows} WHERE {filled}))"""
        if self.parts is not None:
            # the texts pass by, here and at each reading; what stays of a line is its number and its hash
            self.parts.cut("hashed", f"SELECT n, h, {filled} AS filled FROM ({rows})", "h")
            self.parts.each(
                "lines",
                """SELECT n, h, 1 AS occurrence, CASE WHEN NOT same THEN '' END AS l
                FROM (SELECT *, h IN (SELECT line FROM clean_part) AS same FROM hashed_part) WHERE same OR filled""",
                "hashed",
                "clean",
            )
            self.parts.mark("SELECT n FROM lines WHERE l IS NOT NULL", self._last())
            self.con.execute(
                f"CREATE OR REPLACE VIEW unread AS SELECT n, h, occurrence, l FROM ({rows}), marks WHERE get_bit(b, CAST(n AS INTEGER)) = 1"
            )
            return
        # a line that is known is not empty, so only the others are asked
        self.con.execute(
            f"""CREATE OR REPLACE TABLE lines AS SELECT n, h, occurrence, CASE WHEN NOT same THEN l END AS l
            FROM (SELECT *, h IN (SELECT line FROM clean) AS same FROM ({rows})) WHERE same OR {filled}"""
        )
        self.con.execute("CREATE OR REPLACE VIEW unread AS SELECT * FROM lines WHERE l IS NOT NULL")

    def _rules(self) -> str:
        """What a line is read by: the same text means something else under other rules, or where the columns changed places."""
        named = self.contract.format.kind in ("jsonl", "parquet")  # every line names its values
        return chr(31).join((fingerprint(self.contract), *(() if named else self.columns)))

    def _last(self) -> int:
        """The number of the last line of a large file."""
        return count(self.con, "SELECT coalesce(max(n), 0) FROM hashed")

    def _parse(self) -> None:
        """Tables `rows`: the lines that are not known, converted and checked; `mine`: what is known of their records."""
        if self.parts is not None:
            self.parts.cut("rows", f"SELECT * EXCLUDE (payload) FROM ({self.parsing.query})", "id")
            mine = "SELECT * FROM known_part WHERE id IN (SELECT id FROM rows_part)"
            self.parts.each("mine", mine, "known", "rows")
            return
        self.con.execute(f"CREATE OR REPLACE TABLE rows AS SELECT * FROM ({self.parsing.query})")
        self.con.execute(
            "CREATE OR REPLACE TABLE mine AS SELECT * FROM known WHERE id IN (SELECT id FROM rows)"
        )

    def _tell(self) -> None:
        """Table `told`: what is known of the records whose lines are known; every one has a line of its own."""
        asked = "SELECT id, line, content, ref FROM {} WHERE line IN (SELECT h FROM {} WHERE l IS NULL)"
        if self.parts is None:
            self.con.execute(f"CREATE TABLE told AS {asked.format('known', 'lines')}")
            return
        self.parts.cut("by_line", "SELECT id, line, content, ref FROM known", "line")
        self.parts.each("told", asked.format("by_line_part", "lines_part"), "by_line", "lines")

    # ---- answers

    def tally(self) -> Tally:
        """How the rows end. Every figure is counted on its own; none is made from the others."""
        bad = count(self.con, "SELECT count(*) FROM rows WHERE faults IS NOT NULL")
        verdicts = dict(self.con.execute("SELECT verdict, count(*) FROM judged GROUP BY verdict").fetchall())
        equal = count(self.con, "SELECT count(*) FROM lines WHERE l IS NULL")
        return Tally(
            rows_in=count(self.con, "SELECT count(*) FROM lines") + len(self.torn),
            loaded=verdicts.get("loaded", 0),
            unchanged=equal + sum(verdicts.get(word, 0) for word in ("unchanged", "duplicate", "superseded")),
            quarantined=bad + len(self.torn),
            duplicates=verdicts.get("duplicate", 0) + equal - count(self.con, "SELECT count(*) FROM told"),
            superseded=verdicts.get("superseded", 0),
            gone=count(self.con, "SELECT count(*) FROM gone"),
            gone_held=self.held,
            changed=count(
                self.con, "SELECT count(*) FROM judged WHERE verdict = 'loaded' AND known_content IS NOT NULL"
            ),
        )

    def staged(self, size: int) -> Iterator[bytes]:
        """The staged rows as chunks of at most `size` rows; rows of one customer stand together, but for large files."""
        head = ChunkHead(
            self.contract.name, self.contract.version, self.file, self.parsing.person, self.parsing.event
        )
        if self.parts is not None:  # parsed once more: nothing is put aside
            self.parts.mark("SELECT n FROM judged WHERE verdict = 'loaded'", self._last())
            rows = f"({self.parsing.query}) AS row"
        else:
            order = "ORDER BY customer, id" if self.contract.customer_key else ""
            rows = f"(SELECT judged.*, payload FROM judged JOIN rows ON rows.n = judged.n) AS row WHERE verdict = 'loaded' {order}"
        self.con.execute(
            f"""
            SELECT concat('[', n, ',', to_json(id), ',"', strftime(moment, {_TIME}), '","',
                   strftime(stated, {_TIME}), '","', format('{{:016x}}', content), '",false,',
                   to_json(customer), ',', payload, ']')
            FROM {rows}
            """
        )
        yield from self._chunks(head, size)
        said = f"strftime({self.stated}, {_TIME})"
        self.con.execute(
            f"""
            SELECT concat('[0,', to_json(id), ',"', {said}, '","', {said}, '","gone",true,', to_json(coalesce(ref, '')),
                   ',null,null]')
            FROM gone ORDER BY id
            """
        )
        yield from self._chunks(msgspec.structs.replace(head, person=None, event=None), size)

    def bad_rows(self) -> Iterator[BadRow]:
        """The rows for the quarantine, those torn apart first."""
        for torn in self.torn:
            column = self.columns[torn.column] if torn.column < len(self.columns) else ""
            yield BadRow(torn.line, [Fault(column, torn.reason, _EXPECTED.get(torn.reason, ""))], torn.text)
        found = self.con.execute("SELECT n, faults, raw, id FROM rows WHERE faults IS NOT NULL ORDER BY n")
        while batch := found.fetchmany(10_000):
            for line, faults, raw, _ in batch:
                yield BadRow(line, [self._fault(number, raw) for number in faults], raw)

    def reasons(self) -> list[Count]:
        """How many rows each reason sent to quarantine, most first."""
        counts: dict[tuple[str, str], tuple[int, int, str]] = {}
        for row in self._torn_faults():
            column, reason, line, expected = row
            rows, first, _ = counts.get((column, reason), (0, line, ""))
            counts[column, reason] = (rows + 1, min(first, line), expected)
        for number, rows, line in self.con.execute(
            "SELECT unnest(faults) AS fault, count(*), min(n) FROM rows WHERE faults IS NOT NULL GROUP BY fault"
        ).fetchall():
            check = self.parsing.checks[number]
            held, first, _ = counts.get((check.column, check.reason), (0, line, ""))
            counts[check.column, check.reason] = (held + rows, min(first, line), check.expected)
        return sorted(
            (
                Count(column, reason, rows, line, expected)
                for (column, reason), (rows, line, expected) in counts.items()
            ),
            key=lambda count: (-count.rows, count.line, count.column, count.reason),
        )

    def empty_shares(self) -> dict[str, float]:
        """Share of empty values per column the contract reads, over the rows that were parsed."""
        asked = ", ".join(
            f"avg(empty[{at // MASK + 1}] >> {at % MASK} & 1)" for at in range(len(self.parsing.wanted))
        )
        shares = (
            self.con.execute(f"SELECT {asked or 'NULL'} FROM rows WHERE empty IS NOT NULL").fetchone() or ()
        )
        return {
            c: round(share, 4)
            for c, share in zip(self.parsing.wanted, shares, strict=False)
            if share is not None
        }

    def parsed(self) -> int:
        """How many rows were parsed (those of unknown lines)."""
        return count(self.con, "SELECT count(*) FROM rows")

    def segment(self) -> Path:
        """The file's segment of the source's state, as a Parquet file."""
        out = self.means.work / "segment.parquet"
        ref = "customer" if self.contract.disappeared == "close" else "CAST(NULL AS VARCHAR)"
        judged, twice = ("judged", "twice") if self.parts is None else ("judged_part", "twice_part")
        kept = "verdict IN ('loaded', 'unchanged')"
        item = "CASE WHEN verdict = 'loaded' THEN word END"
        mine = f"""
            SELECT id, h AS line, content, word AS seen, {item} AS item, {item} AS first, {ref} AS ref
            FROM {judged} WHERE {kept} AND id NOT IN (SELECT id FROM {twice})
            UNION ALL SELECT id, arg_max(h, (stated, moment, n)), arg_max(content, (stated, moment, n)),
                   max(word), max({item}), min({item}), max({ref})
            FROM {judged} WHERE {kept} AND id IN (SELECT id FROM {twice}) GROUP BY id"""
        again = f"SELECT id, line, content, {self.word} AS seen, NULL AS item, NULL AS first, ref FROM told"
        if self.parts is not None:
            self.parts.each("kept", mine, "judged", "twice")
            mine = "SELECT * EXCLUDE (part) FROM kept"
        self.con.execute(
            f"""COPY (
                {mine}
                UNION ALL SELECT id, NULL, {GONE}, {self.word}, {self.word}, {self.word}, ref FROM gone
                {"" if self.contract.stated else f"UNION ALL {again}"}
            ) TO {sql.text(str(out))} ({SEGMENT_FORM})"""
        )
        return out

    def _chunks(self, head: ChunkHead, size: int) -> Iterator[bytes]:
        first = encode_head(head).decode()
        while batch := self.con.fetchmany(size):
            yield "\n".join([first, *(row[0] for row in batch)]).encode()

    def _torn_faults(self) -> Iterator[tuple[str, str, int, str]]:
        for torn in self.torn:
            column = self.columns[torn.column] if torn.column < len(self.columns) else ""
            yield column, torn.reason, torn.line, _EXPECTED.get(torn.reason, "")

    def _fault(self, number: int, raw: str) -> Fault:
        check = self.parsing.checks[number]
        column = check.column
        if check.reason == "torn_quote":
            at = broken_column(raw, self.contract.format)
            column = self.columns[at] if at < len(self.columns) else ""
        return Fault(column, check.reason, check.expected)


_TIME = "'%Y-%m-%dT%H:%M:%S.%fZ'"

_EXPECTED = {
    "torn_quote": "a quoted value that begins and ends at the delimiter",
    "too_long": "a line of at most 1 MB",
    "control_character": "text without control characters",
}
