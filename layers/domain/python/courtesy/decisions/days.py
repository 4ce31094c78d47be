"""Decisions on single events by day, for measuring: a small object per run, put together into one Parquet file per day.

`decisions/days/{date}/{run}.jsonl` is written with the decision log and holds what a comparison needs; the first part of each cycle
puts those of the days before into `decisions/days/{date}/part-00000.parquet`. Whom permission or a case stopped
is in no arm and left out.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import duckdb
import msgspec

from courtesy.outcomes import DecisionOutcome, Reason
from courtesy.ports import Lake

DAYS = "decisions/days/"
AT_ONCE = 8

PRESSED = (
    Reason.CAP, Reason.GAP, Reason.SLOT_HELD_BACK, Reason.LOST_ARBITRATION, Reason.BUDGET, Reason.OFFER_STOCK, Reason.QUIET_HOURS,
)  # fmt: skip
"""Why somebody who stood where control groups are drawn was not contacted."""

_PRESSED = frozenset(reason.value for reason in PRESSED)
_IN_AN_ARM = frozenset({DecisionOutcome.RESERVED.value, DecisionOutcome.CONTROL.value})
_COLUMNS = (
    "{customer_id: 'VARCHAR', trigger: 'VARCHAR', occurrence: 'VARCHAR', division: 'VARCHAR', outcome: 'VARCHAR', "
    "reason: 'VARCHAR', \"at\": 'TIMESTAMPTZ'}"
)
_encoder = msgspec.json.Encoder()


class _Logged(Protocol):
    """What is taken of a row of the decision log."""

    @property
    def customer_id(self) -> str: ...
    @property
    def trigger(self) -> str: ...
    @property
    def occurrence(self) -> str: ...
    @property
    def division(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def at(self) -> datetime: ...


class Decided(msgspec.Struct, frozen=True):
    """One decision as a comparison needs it."""

    customer_id: str
    trigger: str
    occurrence: str
    division: str
    outcome: str
    reason: str
    at: datetime


class Readable(Protocol):
    """What is read of a lake."""

    def get(self, path: str) -> bytes:
        """An object's bytes. Raises NotFound."""
        ...

    def list(self, prefix: str) -> list[str]:
        """Paths below a prefix, sorted."""
        ...


def write_day(lake: Lake, run: str, rows: Sequence[_Logged]) -> None:
    """Keep a run's decisions under their day; writing it again replaces it."""
    counted = [
        Decided(r.customer_id, r.trigger, r.occurrence, r.division, r.outcome, r.reason, r.at)
        for r in rows
        if r.outcome in _IN_AN_ARM or (r.outcome == DecisionOutcome.HELD.value and r.reason in _PRESSED)
    ]
    if counted:
        day = counted[0].at.date().isoformat()
        lake.put(f"{DAYS}{day}/{run}.jsonl", b"".join(_encoder.encode(one) + b"\n" for one in counted))


def gather_days(lake: Lake, today: date, folder: Path) -> int:
    """Put together what the days before `today` left; how many objects. Dying anywhere and doing it again loses and doubles nothing."""
    by_day: dict[str, list[str]] = {}
    held = lake.list(DAYS)
    for path in held:
        day = path.split("/")[2]
        if path.endswith(".jsonl") and day < today.isoformat():
            by_day.setdefault(day, []).append(path)
    for day, paths in sorted(by_day.items()):
        whole = f"{DAYS}{day}/part-00000.parquet"
        before, target = folder / "before.parquet", folder / "day.parquet"
        if whole in held:
            lake.download(whole, before)
        with duckdb.connect(config={"threads": "1", "memory_limit": "500MB"}) as connection:
            connection.execute(
                f"COPY ({_read([before] if whole in held else [], _lines(lake, paths, folder / 'day.jsonl'))}) TO '{target.as_posix()}' "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
        lake.upload(target, whole)
        for path in paths:
            lake.delete(path)
    return sum(map(len, by_day.values()))


def fetch_days(lake: Readable, folder: Path, first: date, last: date) -> list[Path]:
    """Local copies of what lies there of the days `first` to `last`, gathered or not."""
    wanted = [path for path in lake.list(DAYS) if first.isoformat() <= path.split("/")[2] <= last.isoformat()]
    copied: list[Path] = []
    for path in wanted:
        if path.endswith(".parquet"):
            local = folder / path
            local.parent.mkdir(parents=True, exist_ok=True)
            local.write_bytes(lake.get(path))
            copied.append(local)
    loose = [path for path in wanted if path.endswith(".jsonl")]
    return [*copied, _lines(lake, loose, folder / "loose.jsonl")] if loose else copied


def days_sql(files: Sequence[Path]) -> str:
    """The query of all decisions in such local files, of which there is at least one; each once."""
    loose = [path for path in files if path.suffix == ".jsonl"]
    return _read([path for path in files if path.suffix == ".parquet"], loose[0] if loose else None)


def _lines(lake: Readable, paths: Sequence[str], target: Path) -> Path:
    """The lines of many small objects in one local file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool, target.open("wb") as file:
        for content in pool.map(lake.get, paths):
            file.write(content)
    return target


def _read(whole: Iterable[Path], lines: Path | None) -> str:
    """Each decision once, in one order, whichever of the files has it."""
    parts = [f"SELECT * FROM read_parquet('{path.as_posix()}')" for path in whole]  # noqa: S608 - paths of our own scratch folder
    if lines is not None:
        parts.append(
            f"SELECT * FROM read_json('{lines.as_posix()}', format='newline_delimited', columns={_COLUMNS})"  # noqa: S608 - paths of our own scratch folder
        )
    return f"SELECT DISTINCT * FROM ({' UNION ALL BY NAME '.join(parts)}) ORDER BY ALL"  # noqa: S608 - paths of our own scratch folder
