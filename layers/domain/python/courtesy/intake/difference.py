"""The difference of a file against its source's state, in columns: which rows are new or changed, bad, unchanged or gone.

DuckDB hashes every line; lines whose hash the state knows are unchanged and never parsed. What is left is split, converted
and checked by the contract's rules as SQL, compared record by record, and written as staged rows.
"""

# ruff: noqa: S608 - texts go into SQL as literals made by `columns.text`; COPY and CREATE take no parameters

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from courtesy.intake import columns as sql
from courtesy.intake.columns import Check
from courtesy.intake.contract import SourceContract
from courtesy.intake.fields import CUSTOM, CUSTOM_KINDS
from courtesy.intake.records import Torn, broken_column, straighten
from courtesy.intake.report import Count, Fault
from courtesy.intake.segments import GONE, load_segments
from courtesy.intake.shape import Shape
from courtesy.intake.state import Segments


class Means(NamedTuple):
    """What the columns may use: threads, memory (DuckDB's notation), and a folder for files."""

    work: Path
    threads: int = 2
    memory: str = "400MB"


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


def fingerprint(contract: SourceContract) -> str:
    """Hash of everything in the contract that decides how a row is read."""
    text = contract.model_dump_json(exclude={"drift", "file", "version"})
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Difference:
    """One file against one state. Make it, ask it, close it."""

    def __init__(
        self, shape: Shape, contract: SourceContract, segments: Segments, stated: datetime, means: Means
    ) -> None:
        self.shape, self.contract, self.means = shape, contract, means
        self.stated = f"TIMESTAMP '{stated.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
        self.columns = shape.header
        self.straightened = False
        self._alone = segments.alone
        self.torn: list[Torn] = []
        self.checks: list[Check] = []
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
        load_segments(self.con, "known", segments.applied)
        load_segments(self.con, "pending", segments.pending)
        self.con.execute(
            f"""CREATE TABLE clean AS SELECT id, line FROM known
            WHERE {segments.alone} AND line IS NOT NULL AND content > {GONE}
              AND id NOT IN (SELECT pending.id FROM pending JOIN known USING (id) WHERE pending.content <> known.content)"""
        )
        self._prepare()
        self._lines()
        self._parse()
        if self._contradicted():
            self._lines()
            self._parse()
        self._judge()

    def close(self) -> None:
        """Free DuckDB's memory and files."""
        self.con.close()

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
        awkward = not shape.newline or shape.long or shape.quotes % 2 == 1
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
            f"delim=chr(1) || chr(2) || chr(3) || chr(4), quote='', escape='', new_line='{mark}', "
            "columns={'l': 'VARCHAR'})"
        )

    def _lines(self) -> None:
        """Table `lines` (n, h, l): every row's line number and hash; its text where the hash is not known."""
        mark = sql.text(fingerprint(self.contract))
        if self.straightened:
            numbered = (
                "SELECT CAST(split_part(l, chr(9), 1) AS BIGINT) AS n, substr(l, instr(l, chr(9)) + 1) AS l "
                f"FROM {self._raw()}"
            )
        else:
            numbered = f"SELECT row_number() OVER () + {self.first - 1} AS n, l FROM {self._raw()}"
        # trimming every line would cost more than all the rest; an empty line is read as NULL
        blank = "(starts_with(l, ' ') OR starts_with(l, chr(9))) AND trim(l, ' ' || chr(9)) = ''"
        rows = f"SELECT n, l, hash(l, {mark}) AS h, 1 AS occurrence FROM ({numbered}) WHERE l <> '' AND NOT ({blank})"
        if self.contract.key == "row":
            rows = f"""SELECT n, l, hash(h, occurrence) AS h, occurrence FROM
                (SELECT n, l, h, row_number() OVER (PARTITION BY h ORDER BY n) AS occurrence FROM ({rows}))"""
        self.con.execute(
            f"""CREATE OR REPLACE TABLE lines AS
            SELECT n, h, occurrence, CASE WHEN h IN (SELECT line FROM clean) THEN NULL ELSE l END AS l FROM ({rows})"""
        )

    # ---- values

    def _parse(self) -> None:
        """Table `rows`: the lines that are not known, converted and checked."""
        contract, form = self.contract, self.contract.format
        quoted = self.shape.quotes > 0
        unknown = (
            [column for column in self.columns if column not in contract.columns]
            if contract.unknown_columns == "keep" and contract.record in CUSTOM_KINDS
            else []
        )
        self.wanted = [*contract.columns, *unknown]
        cells = sql.cells(contract, self.columns, self.wanted, self.straightened)
        self.cell = {column: f"c{number}" for number, column in enumerate(self.wanted)}
        parts = {
            "jsonl": "try_cast(l AS JSON) AS j",
            "parquet": "try_cast(l AS JSON) AS j",
            "fixed": "NULL AS s",
        }.get(form.kind, f"{sql.split(form, quoted)} AS s")
        person, event, checks = self._values(unknown)
        shape_checks = sql.structure(form, self.columns, quoted)
        self.checks = [*shape_checks, *checks]
        broken = " ".join(
            f"WHEN {check.condition} THEN {number}" for number, check in enumerate(shape_checks)
        )
        first = len(shape_checks)
        conditions = [f"coalesce({check.condition}, false)" for check in checks]
        each = ", ".join(f"CASE WHEN {c} THEN {first + number} END" for number, c in enumerate(conditions))
        faults = (
            f"CASE WHEN broken IS NOT NULL THEN [broken] WHEN {' OR '.join(conditions) or 'false'} "
            f"THEN list_filter([{each}], lambda x: x IS NOT NULL) END"
        )
        moment, stated = self._instants()
        id_ = self._id()
        customer = f"coalesce({self.cell[contract.customer_key]}, '')" if contract.customer_key else "''"
        read = ", ".join(f"coalesce({self.cell[column]}, chr(30))" for column in self.wanted)
        mark = sql.text(fingerprint(contract))
        nulls = ", ".join(f"{self.cell[column]} IS NULL" for column in self.wanted)
        self.con.execute(
            f"""
            CREATE OR REPLACE TABLE rows AS
            SELECT n, h, md5(l) AS version, {faults} AS faults, CASE WHEN faults IS NOT NULL THEN l END AS raw,
                   CASE WHEN broken IS NULL THEN {id_} END AS id, {customer} AS customer,
                   {moment} AS moment, {stated} AS stated,
                   greatest(md5_number_upper(concat_ws(chr(31), {mark}, {read})), {GONE + 1}) AS content,
                   CASE WHEN broken IS NULL THEN [{nulls}] END AS empty,
                   to_json({{'person': {person}, 'event': {event}}}) AS payload
            FROM (
                SELECT n, h, l, occurrence, CASE {broken} END AS broken,
                       {", ".join(f"{cells[column]} AS {self.cell[column]}" for column in self.wanted)}
                FROM (SELECT n, h, l, occurrence, {parts} FROM lines WHERE l IS NOT NULL)
            )
            """
        )

    def _values(self, unknown: list[str]) -> tuple[str, str, list[Check]]:
        contract = self.contract
        checks = self._key_checks()
        packed: dict[str, str] = {}
        for section, kind, rules in (
            ("fields", contract.record, contract.fields),
            ("person", "person", contract.person),
        ):
            pairs = []
            for field, rule in rules.items():
                made = sql.value(
                    contract, kind, field, rule, self.cell[rule.column], contract.rule_type(section, field)
                )
                pairs.append(f"{sql.text(field)}: {made.sql}")
                checks += made.checks
            if section == "fields":
                pairs += [f"{sql.text(CUSTOM + column)}: {self.cell[column]}" for column in unknown]
            packed[section] = "{" + ", ".join(pairs) + "}" if pairs else "NULL"
        if contract.record == "person":
            return packed["fields"], "NULL", checks
        return packed["person"], packed["fields"] if packed["fields"] != "NULL" else "NULL", checks

    def _key_checks(self) -> list[Check]:
        contract = self.contract
        checks = []
        if contract.key != "row":
            checks += [
                Check(f"{self.cell[c]} IS NULL", c, "empty", "a value, it is part of the key")
                for c in contract.key
            ]
        if contract.customer_key and not contract.person and contract.record != "person":
            cell = self.cell[contract.customer_key]
            checks.append(Check(f"{cell} IS NULL", contract.customer_key, "empty", "the customer's number"))
        for column, form in (
            (contract.event_time, contract.event_time_format),
            (contract.stated, contract.stated_format),
        ):
            if column:
                cell = self.cell[column]
                moment = sql.instant(cell, form, contract.time_zone)
                wrong = f"{cell} IS NOT NULL AND coalesce(NOT ({sql.plausible(moment)}), true)"
                checks.append(
                    Check(wrong, column, "not_timestamp", f"a time of the form {form or 'ISO 8601'}")
                )
        if contract.event_time and contract.record != "person":
            checks.append(
                Check(
                    f"{self.cell[contract.event_time]} IS NULL",
                    contract.event_time,
                    "empty",
                    "the event's time",
                )
            )
        return checks

    def _instants(self) -> tuple[str, str]:
        contract, stated = self.contract, self.stated
        if contract.stated:
            said = sql.instant(self.cell[contract.stated], contract.stated_format, contract.time_zone)
            stated = f"coalesce({said}, {self.stated})"
        moment = stated
        if contract.event_time:
            when = sql.instant(self.cell[contract.event_time], contract.event_time_format, contract.time_zone)
            moment = f"coalesce({when}, {stated})"
        return moment, stated

    def _id(self) -> str:
        key = self.contract.key
        if key == "row":
            return "left(md5(l), 16) || '-' || occurrence"
        if len(key) == 1:
            return f"trim({self.cell[key[0]]})"
        parts = [f"replace(replace(trim({self.cell[c]}), '%', '%25'), '|', '%7C')" for c in key]
        return " || '|' || ".join(parts)

    # ---- verdicts

    def _contradicted(self) -> bool:
        """Whether an unchanged line has the id of a changed one in the same file: then both have to be looked at."""
        if self.contract.key == "row":
            return False
        self.con.execute(
            """CREATE OR REPLACE TABLE contradicted AS SELECT DISTINCT clean.id FROM clean
            JOIN rows ON rows.id = clean.id JOIN lines ON lines.h = clean.line AND lines.l IS NULL"""
        )
        if not self._one("SELECT count(*) FROM contradicted"):
            return False
        self.con.execute("DELETE FROM clean WHERE id IN (SELECT id FROM contradicted)")
        return True

    def _judge(self) -> None:
        """Table `judged` (n, verdict): how every row that is not a known line ends."""
        self.con.execute(
            f"""
            CREATE OR REPLACE TABLE good AS
            SELECT n, h, id, customer, moment, stated, content, version
            FROM rows WHERE faults IS NULL;
            CREATE OR REPLACE TABLE judged AS
            SELECT good.*, CASE
                WHEN same > 1 AND content = latest THEN 'duplicate'
                WHEN same > 1 THEN 'superseded'
                WHEN content = known_content AND NOT disputed AND {self._trusted()} THEN 'unchanged'
                WHEN content <> newest_content AND stated < seen AND (item IS NULL OR stated > item) THEN 'superseded'
                WHEN {self._closed_by_newer()} THEN 'superseded'
                ELSE 'loaded' END AS verdict
            FROM (
                SELECT good.*,
                    row_number() OVER at_once AS same, first_value(good.content) OVER at_once AS latest,
                    known.content AS known_content,
                    coalesce(pending.content <> good.content, false) AS disputed,
                    greatest(known.seen, pending.seen) AS seen, greatest(known.item, pending.item) AS item,
                    CASE WHEN pending.seen > known.seen OR known.seen IS NULL THEN pending.content ELSE known.content END
                        AS newest_content
                FROM good LEFT JOIN known USING (id) LEFT JOIN pending USING (id)
                WINDOW at_once AS (PARTITION BY good.id, good.stated, good.moment ORDER BY good.n DESC)
            ) AS good
            """
        )
        self._gone()

    def _closed_by_newer(self) -> str:
        """A full dump that comes after a newer one must not bring back what the newer one lacks."""
        contract = self.contract
        if not (contract.full_dump and contract.disappeared == "close") or contract.stated:
            return "false"
        return "newest_content IS NULL AND stated < greatest((SELECT max(seen) FROM known), (SELECT max(seen) FROM pending))"

    def _trusted(self) -> str:
        return "true" if self._alone else "false"

    def _gone(self) -> None:
        contract = self.contract
        if not (contract.full_dump and contract.disappeared == "close"):
            self.con.execute("CREATE OR REPLACE TABLE gone (id VARCHAR, ref VARCHAR)")
            self.held = 0
            return
        self.con.execute(
            f"""CREATE OR REPLACE TABLE gone AS SELECT id, ref FROM known
            WHERE content <> {GONE} AND seen < {self.stated}
              AND id NOT IN (SELECT id FROM rows WHERE id IS NOT NULL)
              AND id NOT IN (SELECT id FROM pending WHERE seen >= {self.stated})
              AND (line IS NULL OR line NOT IN (SELECT h FROM lines WHERE l IS NULL))"""
        )
        missing, known = (
            self._one("SELECT count(*) FROM gone"),
            self._one(f"SELECT count(*) FROM known WHERE content <> {GONE}"),
        )
        unread = len(self.torn) + self._one("SELECT count(*) FROM rows WHERE id IS NULL")
        self.held = 0
        if missing and (unread or missing > known * contract.drift.gone):
            self.held = missing
            self.con.execute("DELETE FROM gone")

    # ---- answers

    def tally(self) -> Tally:
        """How the rows end. Every figure is counted on its own; none is made from the others."""
        bad = self._one("SELECT count(*) FROM rows WHERE faults IS NOT NULL")
        verdicts = dict(self.con.execute("SELECT verdict, count(*) FROM judged GROUP BY verdict").fetchall())
        equal = self._one("SELECT count(*) FROM lines WHERE l IS NULL")
        return Tally(
            rows_in=self._one("SELECT count(*) FROM lines") + len(self.torn),
            loaded=verdicts.get("loaded", 0),
            unchanged=equal + sum(verdicts.get(word, 0) for word in ("unchanged", "duplicate", "superseded")),
            quarantined=bad + len(self.torn),
            duplicates=verdicts.get("duplicate", 0)
            + equal
            - self._one("SELECT count(DISTINCT h) FROM lines WHERE l IS NULL"),
            superseded=verdicts.get("superseded", 0),
            gone=self._one("SELECT count(*) FROM gone"),
            gone_held=self.held,
            changed=self._one(
                "SELECT count(*) FROM judged WHERE verdict = 'loaded' AND known_content IS NOT NULL"
            ),
        )

    def staged(self, file: str, size: int) -> Iterator[list[str]]:
        """The staged rows as JSON lines, in batches of `size`; rows of one customer stand together."""
        contract = self.contract
        stem = f'{{"source":"{contract.name}","contract":{contract.version},"file":'
        stem += self.con.execute("SELECT CAST(to_json(?) AS VARCHAR)", [file]).fetchall()[0][0]
        time = "strftime({}, '%Y-%m-%dT%H:%M:%S.%fZ')"
        order = "ORDER BY judged.customer, judged.id" if contract.customer_key else ""
        self.con.execute(
            f"""
            SELECT concat({sql.text(stem)}, ',"line":', judged.n, ',"id":', to_json(judged.id),
                   ',"when":"', {time.format("judged.moment")}, '","stated":"', {time.format("judged.stated")},
                   '","version":"', left(judged.version, 16), '","customer":', to_json(judged.customer), ',',
                   substr(CAST(payload AS VARCHAR), 2))
            FROM judged JOIN rows ON rows.n = judged.n WHERE verdict = 'loaded' {order}
            """
        )
        yield from self._batches(size)
        self.con.execute(
            f"""
            SELECT concat({sql.text(stem)}, ',"line":0,"id":', to_json(id), ',"when":"', {time.format(self.stated)},
                   '","stated":"', {time.format(self.stated)}, '","version":"gone","gone":true,"customer":',
                   to_json(coalesce(ref, '')), '}}')
            FROM gone ORDER BY id
            """
        )
        yield from self._batches(size)

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
            check = self.checks[number]
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
            f"avg(CAST(empty[{number}] AS INTEGER))" for number in range(1, len(self.wanted) + 1)
        )
        shares = (
            self.con.execute(f"SELECT {asked or 'NULL'} FROM rows WHERE empty IS NOT NULL").fetchone() or ()
        )
        return {
            c: round(share, 4) for c, share in zip(self.wanted, shares, strict=False) if share is not None
        }

    def parsed(self) -> int:
        """How many rows were parsed (those of unknown lines)."""
        return self._one("SELECT count(*) FROM rows")

    def segment(self) -> Path:
        """The file's segment of the source's state, as a Parquet file."""
        out = self.means.work / "segment.parquet"
        ref = "max(customer)" if self.contract.disappeared == "close" else "NULL"
        again = (
            ""
            if self.contract.stated
            else f"""UNION ALL SELECT id, line, content, {self.stated}, NULL, ref FROM known
                     WHERE line IN (SELECT h FROM lines WHERE l IS NULL)"""
        )
        self.con.execute(
            f"""COPY (
                SELECT id, arg_max(h, (stated, moment, n)) AS line, arg_max(content, (stated, moment, n)) AS content,
                       max(stated) AS seen, max(CASE WHEN verdict = 'loaded' THEN stated END) AS item,
                       CAST({ref} AS VARCHAR) AS ref
                FROM judged WHERE verdict IN ('loaded', 'unchanged') GROUP BY id
                UNION ALL SELECT id, NULL, {GONE}, {self.stated}, {self.stated}, ref FROM gone
                {again}
            ) TO {sql.text(str(out))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        return out

    def _batches(self, size: int) -> Iterator[list[str]]:
        while batch := self.con.fetchmany(size):
            yield [row[0] for row in batch]

    def _torn_faults(self) -> Iterator[tuple[str, str, int, str]]:
        for torn in self.torn:
            column = self.columns[torn.column] if torn.column < len(self.columns) else ""
            yield column, torn.reason, torn.line, _EXPECTED.get(torn.reason, "")

    def _fault(self, number: int, raw: str) -> Fault:
        check = self.checks[number]
        column = check.column
        if check.reason == "torn_quote":
            at = broken_column(raw, self.contract.format)
            column = self.columns[at] if at < len(self.columns) else ""
        return Fault(column, check.reason, check.expected)

    def _one(self, query: str) -> int:
        row: Any = self.con.execute(query).fetchone()
        return int(row[0])


_EXPECTED = {
    "torn_quote": "a quoted value that begins and ends at the delimiter",
    "too_long": "a line of at most 1 MB",
    "control_character": "text without control characters",
}
