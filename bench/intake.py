"""Intake side by side: read_drop on a file of which a tenth changed, DuckDB's bare read of it, and csv + pydantic over all rows.

Each side runs in a process of its own, so that the memory
that is shown (the most that was resident) is its own.
"""

import argparse
import csv
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.outcome import Goal, Outcome

FIELDS = 25
EXAMPLE = "courtesy bench intake --rows 100000 --json"
DAY = datetime(2026, 1, 3, tzinfo=UTC)


def make_files(folder: Path, rows: int) -> None:
    """Two days' full files of persons: `rows` rows of 25 columns; on the second day every tenth row has another street."""
    import duckdb

    hashed = "hash(i * 37 + {})"
    columns = [
        "'P' || lpad(i::VARCHAR, 9, '0') AS id",
        "'Given' || (hash(i + 1) % 5000) AS given",
        "'Surname' || (hash(i + 2) % 90000) AS surname",
        "'person' || i || '@example.org' AS email",
        "'+1555' || lpad((hash(i + 3) % 10000000)::VARCHAR, 7, '0') AS phone",
        "strftime(DATE '1940-01-01' + (hash(i + 4) % 22000)::INTEGER, '%Y-%m-%d') AS born",
        "(hash(i + 5) % 900) || ' Street ' || (hash(i + 6) % 4000) || {moved} AS street",
        "'City' || (hash(i + 7) % 3000) AS city",
        "lpad((hash(i + 8) % 99999)::VARCHAR, 5, '0') AS postcode",
        "'US' AS country",
        "((hash(i + 9) % 1000000) / 100)::DECIMAL(10, 2) AS spent",
        *(f"'v' || ({hashed.format(n)} % 100000) AS extra{n}" for n in range(FIELDS - 11)),
    ]
    with duckdb.connect() as con:
        for day, moved in ((1, "''"), (2, "CASE WHEN i % 10 = 3 THEN ' moved' ELSE '' END")):
            chosen = ", ".join(columns).replace("{moved}", moved)
            con.execute(f"COPY (SELECT {chosen} FROM range({rows}) AS t(i)) TO '{folder}/{day}.csv' (HEADER)")


def contract() -> Any:
    """The source contract of these files: every column is read."""
    from courtesy.intake.contract import SourceContract

    fields: dict[str, object] = {
        "given_name": {"column": "given"},
        "surname": {"column": "surname", "required": True},
        "email": {"column": "email"},
        "phone": {"column": "phone"},
        "date_of_birth": {"column": "born"},
        "address1": {"column": "street"},
        "city": {"column": "city"},
        "postcode": {"column": "postcode"},
        "country": {"column": "country"},
        "custom.spent": {"column": "spent", "type": "money"},
    }
    fields |= {f"custom.extra{n}": {"column": f"extra{n}"} for n in range(FIELDS - 11)}
    return SourceContract.model_validate(
        {"name": "bench", "record": "person", "format": {"kind": "csv"}, "key": ["id"], "fields": fields}
    )


def read_first(folder: Path) -> dict[str, Any]:
    """Read and apply the first day's file, all of whose rows are new; leaves the lake in the folder, twice."""
    found = _read(folder, 1, 2, "lake")
    shutil.copytree(folder / "lake", folder / "lake of one thread")
    return found


def read_second(folder: Path) -> dict[str, Any]:
    """Read the second day's file against the state of the first: the figure that counts."""
    return _read(folder, 2, 2, "lake")


def read_second_one_thread(folder: Path) -> dict[str, Any]:
    """The same with one thread of DuckDB."""
    return _read(folder, 2, 1, "lake of one thread")


def _read(folder: Path, day: int, threads: int, lake_name: str) -> dict[str, Any]:
    from bench.folder_lake import FolderLake, Silence
    from courtesy.intake.difference import Means
    from courtesy.intake.finish import chunk_applied
    from courtesy.intake.read import Outside, read_drop
    from courtesy.intake.report import ChunkCounts, Drop

    drops, lake = FolderLake(folder / f"drops of {lake_name}"), FolderLake(folder / lake_name)
    key = f"bench/2026/01/{day:02}/persons.csv"
    drops.link(folder / f"{day}.csv", key)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        began, worked = time.perf_counter(), time.process_time()
        report = read_drop(
            Drop(key, (folder / f"{day}.csv").stat().st_size, str(day)),
            {"bench": contract()},
            Outside(drops, lake, Silence(), time.perf_counter),
            Means(Path(work), threads),
            DAY,
        )
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    for chunk in range(report.chunks):
        chunk_applied("bench", report.file_id, chunk, ChunkCounts(1), lake, DAY)
    assert report.balanced
    return {
        "seconds": seconds,
        "cpu": cpu,
        "rows": report.rows_in,
        "loaded": report.loaded,
        "unchanged": report.unchanged,
        "steps": report.seconds,
    }


def bare_read(folder: Path) -> dict[str, Any]:
    """DuckDB reads the second file and does nothing with it but keep it: every value of every row, types found by itself."""
    return _bare(f"CREATE TABLE bare AS SELECT * FROM read_csv('{folder}/2.csv')")


def bare_scan(folder: Path) -> dict[str, Any]:
    """DuckDB reads the second file and only counts the values."""
    return _bare(f"SELECT count(COLUMNS(*)) FROM read_csv('{folder}/2.csv')")


def _bare(query: str) -> dict[str, Any]:
    import duckdb

    with duckdb.connect(config={"threads": 2}) as con:
        began, worked = time.perf_counter(), time.process_time()
        con.execute(query)
        return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - worked}


def row_by_row(folder: Path) -> dict[str, Any]:
    """csv.DictReader and a pydantic model of the contract's fields over all rows: its types, its checks of shape, empty values
    as None. All checks run inside pydantic's core; no hash, no difference, nothing is kept or written."""
    from datetime import date
    from decimal import Decimal
    from typing import Annotated

    from pydantic import ConfigDict, Field, create_model

    shaped = {
        "email": r"^[^@\s]+@[^@\s]+$",
        "phone": r"^(?:[+(). /x\-]*[0-9]){5,20}[+(). /x\-]*$",
        "country": r"^[A-Za-z]{2}$",
    }
    types: dict[str, Any] = {
        "id": (str, ...),
        "surname": (str, ...),
        "born": (Annotated[date, Field(ge=date(1800, 1, 1), le=date(2200, 1, 1))] | None, None),
        "spent": (Annotated[Decimal, Field(decimal_places=2)] | None, None),
    }
    types |= {name: (Annotated[str, Field(pattern=form)] | None, None) for name, form in shaped.items()}
    plain = ["given", "street", "city", "postcode", *(f"extra{n}" for n in range(FIELDS - 11))]
    types |= dict.fromkeys(plain, (str | None, None))
    model = create_model("Row", __config__=ConfigDict(frozen=True), **types)
    assert len(model.model_fields) == FIELDS
    began, worked = time.perf_counter(), time.process_time()
    count = 0
    with (folder / "2.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            model.model_validate({name: value or None for name, value in row.items()})
            count += 1
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - worked, "rows": count}


SIDES = {
    side.__name__: side
    for side in (read_first, read_second, read_second_one_thread, bare_read, bare_scan, row_by_row)
}


def run(rows: int) -> dict[str, Any]:
    """All sides, one after the other, each in its own process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, rows)
        found: dict[str, Any] = {"rows": rows, "fields": FIELDS, "bytes": (folder / "2.csv").stat().st_size}
        for side in SIDES:
            done = subprocess.run(
                [sys.executable, "-m", "bench.intake", "--side", side, "--folder", name],
                check=True,
                stdout=subprocess.PIPE,
            )
            found[side] = json.loads(done.stdout)
    second, alone, bare, python = (
        found[side] for side in ("read_second", "read_second_one_thread", "bare_read", "row_by_row")
    )
    found["rows_per_second"] = round(rows / second["seconds"])
    found["rows_per_second_first"] = round(rows / found["read_first"]["seconds"])
    found["rows_per_second_one_thread"] = round(rows / alone["seconds"])
    found["to_bare_read"] = round(second["seconds"] / bare["seconds"], 2)
    found["to_bare_scan"] = round(second["seconds"] / found["bare_scan"]["seconds"], 2)
    found["to_row_by_row"] = round(python["seconds"] / second["seconds"], 1)
    found["cpu_to_bare_read"] = round(second["cpu"] / bare["cpu"], 2)
    found["cpu_to_row_by_row"] = round(python["cpu"] / second["cpu"], 1)
    found["megabytes"] = max(found[side]["megabytes"] for side in ("read_first", "read_second"))
    return found


def options(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    parser.add_argument("--rows", type=int, default=1_000_000)


def bench(asked: argparse.Namespace) -> Outcome:
    """Measure all sides."""
    found = run(asked.rows)
    sides = {
        side: {name: round(found[side][name], 2) for name in ("seconds", "cpu", "megabytes")}
        for side in SIDES
    }
    return Outcome(
        {name: value for name, value in found.items() if name not in SIDES} | {"sides": sides},
        (
            Goal("to DuckDB's bare read", found["to_bare_read"], at_most=2.5, unit="times"),
            Goal("the same in CPU seconds", found["cpu_to_bare_read"], at_most=2.5, unit="times"),
            Goal("faster than csv + pydantic", found["to_row_by_row"], at_least=5, unit="times"),
            Goal("the same in CPU seconds", found["cpu_to_row_by_row"], at_least=5, unit="times"),
            Goal("peak memory", found["megabytes"], at_most=700, unit="MB"),
        ),
    )


def main() -> None:
    """One side alone, in this process: its figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", choices=SIDES, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    found = SIDES[asked.side](asked.folder)
    print(json.dumps(found | {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
