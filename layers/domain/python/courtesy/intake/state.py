"""The state of a source: one segment per file, in the lake; who may write, count and read them without a lock.

A file that is read says so first (`reading/`), writes its segment when its rows are staged (`pending/`), and lets it count when
all of them are applied (`applied/`). What a segment holds and how segments are merged stands in `segments`.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from courtesy.errors import NotFound, OutsideFailed
from courtesy.ports import Lake

_READING = timedelta(minutes=20)
"""Longer than any reader lives: an older intent is of a reader that died."""


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
