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


def bytes_path(source: str, digest: str, rules: str) -> str:
    """Names the first file of these bytes that was read by these rules."""
    return f"source_state/{source}/bytes/{digest[:40]}-{rules}"


class Intent(msgspec.Struct, frozen=True):
    """A file that is being read: its date, when the reading began, and its key, which orders files of one date."""

    file_id: str
    stated: datetime
    at: datetime
    key: str = ""


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
        if (other.stated, other.key, other.file_id) > (intent.stated, intent.key, intent.file_id):
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
            # pending first: a segment promoted meanwhile is then found twice, never missed
            for kind, found in (("pending", pending), ("applied", applied)):
                for path in lake.list(f"source_state/{source}/{kind}/"):
                    if path == pending_path(source, file_id):
                        continue
                    local = work / f"{kind}-{path.rsplit('/', 1)[-1]}"
                    if not local.exists():
                        lake.download(path, local)
                    found.append(local)
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
