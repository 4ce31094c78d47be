"""Profile documents to columns: DuckDB parses the JSON with a given schema, no document becomes Python objects.

The `snapshot` relation has one row per customer. It is pseudonymous: no name, e-mail, phone number, street or city leaves the
document; the postcode keeps three characters. A day is counted from 1970-01-01 (UTC).
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

import duckdb

from courtesy.population.catalogue import CUSTOM, Attribute

_VALUES = ("date_of_birth", "country", "postcode", "language", "email", "phone", "address1", "city")

_LEDGER = "STRUCT(occasions VARCHAR[][], last_service INTEGER, dealer VARCHAR)"


def columns_of(custom: Sequence[Attribute]) -> str:
    """The schema by which `read_json` reads documents; what is not named is skipped."""
    fields = [*_VALUES, *("custom." + a.name.removeprefix(CUSTOM) for a in custom)]
    values = ", ".join(f'"{field}" VARCHAR[]' for field in fields)
    return (
        "{customer_id: 'VARCHAR', "
        f"\"values\": 'STRUCT({values})', "
        f"records: 'INTEGER', ledgers: 'MAP(VARCHAR, {_LEDGER})', "
        "permissions: 'VARCHAR[][]', cases: 'VARCHAR[][]', assets: 'VARCHAR[][]', contacts: 'VARCHAR[][]', "
        "inbound: 'VARCHAR[][]', replies: 'VARCHAR[][]', places: 'MAP(VARCHAR, VARCHAR[])', privacy: 'VARCHAR[]'}"
    )


def _custom_sql(custom: Sequence[Attribute]) -> str:
    return "".join(
        f""",
       TRY_CAST("values"."custom.{a.name.removeprefix(CUSTOM)}"[1] AS {a.type}) AS "{a.name}\""""
        for a in custom
    )


def _day(column: str) -> str:
    return f"(epoch({column}::TIMESTAMP) // 86400)::INTEGER"


def snapshot_sql(path: Path, custom: Sequence[Attribute]) -> str:
    """The query that makes the `snapshot` relation of a file of documents, one per line, ordered by customer.

    `who` numbers the customers from 0 in that order; whatever is worked out of the nested columns is joined by it.
    """
    day = _day
    return f"""
SELECT (row_number() OVER () - 1)::BIGINT AS who, * FROM (
SELECT customer_id,
       TRY_CAST("values".date_of_birth[1] AS DATE) AS born,
       nullif(upper("values".country[1]), '') AS country,
       nullif(upper(left(trim("values".postcode[1]), 3)), '') AS postcode_prefix,
       nullif(lower("values".language[1]), '') AS "language",
       coalesce("values".email[1], '') <> '' AS has_email,
       coalesce("values".phone[1], '') <> '' AS has_phone,
       coalesce("values".address1[1], '') <> '' AND
           (coalesce("values".postcode[1], '') <> '' OR coalesce("values".city[1], '') <> '') AS has_address,
       coalesce(records, 0) AS source_records,
       list_has_any(coalesce(privacy, []), ['restriction', 'erasure']) AS restricted,
       coalesce([{{'division': l.key, 'last_service': l.value.last_service, 'dealer': nullif(l.value.dealer, ''),
           'occasions': coalesce([{{'day': o[1]::INTEGER, 'amount': o[2]::BIGINT, 'purchases': o[3]::INTEGER, 'currency': o[4]}}
               for o in l.value.occasions], [])}} for l in map_entries(ledgers)], []) AS ledgers,
       coalesce([{{'channel': p[2], 'division': p[3], 'status': p[4]}} for p in permissions
           if p[1] IN ('marketing', '*')], []) AS permissions,
       coalesce([{{'division': c[3], 'open': c[5] = 'open', 'opened': {day("c[8]")}, 'closed': {day("c[9]")}}}
           for c in cases], []) AS cases,
       coalesce([{{'division': a[3], 'type': a[4], 'model': nullif(a[5], ''), 'since': {day("a[7]")}, 'ends': {day("a[8]")}}}
           for a in assets if a[6] = 'held'], []) AS assets,
       coalesce([{{'division': c[6], 'day': {day("c[8]")}, 'channel': c[5]}} for c in contacts
           if c[10] = 'true'], []) AS contacts,
       coalesce([{{'division': i[3], 'day': {day("i[1]")}}} for i in inbound], []) AS inbound,
       coalesce([{{'division': r[5], 'day': {day("r[1]")}}} for r in replies
           if r[2] IN ('visited', 'clicked', 'replied', 'accepted', 'redeemed')], []) AS replies,
       coalesce([{{'division': p.key, 'lifecycle': p.value[2], 'sub_segment': p.value[3], 'value_tier': p.value[4],
           'since': {day("p.value[5]")}}} for p in map_entries(places)], []) AS places{_custom_sql(custom)}
FROM read_json('{path.as_posix()}', format='newline_delimited', maximum_object_size=33554432,
               columns={columns_of(custom)})
ORDER BY customer_id)
"""


_APART = 1 << 31
"""The numbers of customers in one file stay below; each further file's start that much higher."""


def view_sql(paths: Sequence[Path]) -> str:
    """The statement that makes the view `snapshot` of the Parquet files of one or more parts."""
    files = [
        f"SELECT * REPLACE (who + {number * _APART} AS who) FROM read_parquet('{path.as_posix()}')"
        for number, path in enumerate(paths)
    ]
    return f"CREATE OR REPLACE TEMP VIEW snapshot AS {' UNION ALL BY NAME '.join(files)}"


def write_lines(documents: Iterable[bytes], path: Path) -> tuple[int, str]:
    """Write documents one per line. Returns how many, and a fingerprint that does not depend on their order."""
    count, total = 0, 0
    with path.open("wb") as file:
        for document in documents:
            file.write(document)
            file.write(b"\n")
            count += 1
            total += int.from_bytes(blake2b(document, digest_size=16).digest(), "big")
    return count, fingerprint([f"{total % 2**128:032x}"])


def fingerprint(parts: Iterable[str]) -> str:
    """One fingerprint of several: their sum, so neither order nor grouping matters."""
    return f"{sum(int(part, 16) for part in parts) % 2**128:032x}"


def connect(directory: Path, *, threads: int = 2, memory: str = "1GB") -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that spills to `directory` and keeps the order of rows."""
    return duckdb.connect(
        config={
            "threads": str(threads),
            "memory_limit": memory,
            "temp_directory": str(directory),
            "preserve_insertion_order": "true",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
        }
    )


ROWS_READ_AT_ONCE = 20_480
"""Rows of a snapshot's row group: what one thread reads. A part of 60,000 customers keeps two threads busy."""


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path, rows: int = 122_880) -> None:
    """Write what a query gives, in groups of so many rows.

    It must order its rows: without, DuckDB 2.0 swaps row groups when several threads write.
    """
    connection.execute(
        f"COPY ({query}) TO '{path.as_posix()}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows})"
    )
