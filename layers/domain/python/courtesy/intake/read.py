"""Use case: read a dropped file; stage what differs from the source's state, quarantine what is bad, report every row."""

import errno
import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec

from courtesy.errors import NotFound, RefusedFile, UnknownName
from courtesy.intake.contract import SourceContract
from courtesy.intake.difference import Difference, Means
from courtesy.intake.drift import drift_of
from courtesy.intake.drops import place_of, source_of, stated_of
from courtesy.intake.finish import finish_if_complete
from courtesy.intake.header import check_columns
from courtesy.intake.parse import fingerprint
from courtesy.intake.quarantine import quarantine_path, write_quarantine
from courtesy.intake.report import Drop, FileReport, decode_report, encode_report, report_path
from courtesy.intake.segments import unite
from courtesy.intake.shape import Shape, shape_of
from courtesy.intake.state import Intent, begin_reading, bytes_path, end_reading, fetch_segments, pending_path
from courtesy.intake.unpack import Limits
from courtesy.intake.unread import refused, repeated
from courtesy.outcomes import FileOutcome, FileRefusal
from courtesy.ports import Lake, Queue

CHUNK_ROWS = 2_000


class Outside(NamedTuple):
    """The ports of this use case: the bucket of drops, the lake, the queue that load_chunk reads, and a stopwatch (seconds).

    writers: so many chunks are written to the lake at a time
    """

    drops: Lake
    lake: Lake
    chunks: Queue
    ticks: Callable[[], float] = lambda: 0.0
    writers: int = 4


def read_drop(
    drop: Drop,
    contracts: Mapping[str, SourceContract],
    outside: Outside,
    means: Means,
    now: datetime,
    limits: Limits = Limits(),  # noqa: B008 - a constant
    chunk_rows: int = CHUNK_ROWS,
) -> FileReport:
    """Read one drop and return its report, which also lies in the lake.

    Doing it again after a crash anywhere does it again: the report is written after everything it speaks of, the chunk
    messages are sent after the report, and a report that says `loading` sends them again. Raises OutsideFailed when a port
    fails or a newer file of the source is being read: the drop shall be delivered again.
    """
    source = source_of(drop.key)
    try:
        place = place_of(drop.key)
        contract = contracts.get(place.source)
        if contract is None:
            unknown = UnknownName("source", place.source, contracts)
            raise RefusedFile(FileRefusal.UNKNOWN_SOURCE, str(unknown), file=drop.key)
        stated = stated_of(place, contract, drop.key)
        local = _fetch(drop, outside, means)
        shape = shape_of(local, contract, means.work, limits, drop.key)
        if contract.format.kind != "jsonl" and shape.header:
            check_columns(shape.header, contract, drop.key)
    except RefusedFile as error:
        return refused(drop, source, error, outside.lake, now)
    except OSError as error:
        if not _full(error):
            raise
        return refused(drop, source, _beyond(drop, error), outside.lake, now)
    file_id = file_id_of(contract, shape.digest, stated)
    known = _report(outside.lake, source, file_id)
    if known is not None and known.outcome is not FileOutcome.REFUSED:
        if known.put != drop.put or known.key != drop.key:
            return repeated(drop, known, outside.lake, now)
        if known.outcome is not FileOutcome.LOADING:
            return known
        end_reading(source, file_id, outside.lake)
        _announce(known, outside)
        return finish_if_complete(source, file_id, outside.lake, now) or known
    try:
        return _Reading(drop, contract, shape, stated, file_id, outside, means, now, chunk_rows).run()
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        end_reading(source, file_id, outside.lake)
        return refused(drop, source, _beyond(drop, error), outside.lake, now)
    except (duckdb.IOException, OSError) as error:
        if not _full(error):
            raise
        end_reading(source, file_id, outside.lake)
        return refused(drop, source, _beyond(drop, error), outside.lake, now)


def file_id_of(contract: SourceContract, digest: str, stated: datetime) -> str:
    """Name of a file by what it is: source, bytes, the date it stands for, and the rules it is read by."""
    text = "\0".join((contract.name, digest, stated.isoformat(), fingerprint(contract)))
    return hashlib.sha256(text.encode()).hexdigest()[:26]


def chunk_path(source: str, file_id: str, chunk: int) -> str:
    """Where a chunk of staged rows lies in the lake."""
    return f"staged/{source}/{file_id}/{chunk:05}.jsonl.gz"


class _Reading:
    """One reading of one file."""

    def __init__(
        self,
        drop: Drop,
        contract: SourceContract,
        shape: Shape,
        stated: datetime,
        file_id: str,
        outside: Outside,
        means: Means,
        now: datetime,
        chunk_rows: int,
    ) -> None:
        self.drop, self.contract, self.shape, self.stated = drop, contract, shape, stated
        self.file_id, self.outside, self.means, self.now = file_id, outside, means, now
        self.source, self.chunk_rows = contract.name, chunk_rows
        self.seconds: dict[str, float] = {}

    def run(self) -> FileReport:
        lake = self.outside.lake
        intent = Intent(self.file_id, self.stated, self.now, self.drop.key)
        alone = begin_reading(self.source, intent, lake)
        segments = fetch_segments(self.source, self.file_id, alone, lake, self.means.work)
        newest = self._newest()
        late = newest is not None and newest.stated is not None and newest.stated > self.stated
        with self._timed("difference"):
            difference = Difference(
                self.shape, self.contract, segments, self.stated, self.drop.key, self.means
            )
        try:
            # the file before a late one is not the newest, and no other is remembered
            report = self._stage(difference, None if late else newest)
        finally:
            difference.close()
        lake.put(report_path(self.source, self.file_id), encode_report(report))
        if not report.same_as:
            lake.put(self._bytes_path(), self.file_id.encode())
        end_reading(self.source, self.file_id, lake)
        _announce(report, self.outside)
        if report.chunks == 0:
            done = finish_if_complete(self.source, self.file_id, lake, self.now)
            report = done if done is not None else report
        unite(self.source, lake, self.means.work)
        if not late:
            lake.put(_latest_path(self.source), encode_report(report))
        return report

    def _stage(self, difference: Difference, before: FileReport | None) -> FileReport:
        lake = self.outside.lake
        tally = difference.tally()
        with self._timed("stage"):
            chunks = self._write_chunks(difference.staged(self.chunk_rows))
        twin = self._twin() if not tally.loaded and not tally.gone else ""
        if tally.quarantined and not twin:
            bad = difference.bad_rows()
            parts = write_quarantine(bad, self.source, self.contract.version, self.drop.key, self.means.work)
            for number, part in enumerate(parts):
                lake.upload(part, quarantine_path(self.source, self.file_id, number))
                part.unlink()
        with self._timed("segment"):
            lake.upload(difference.segment(), pending_path(self.source, self.file_id))
        reasons, empty = [] if twin else difference.reasons(), difference.empty_shares()
        columns = {name: empty.get(name, -1.0) for name in difference.columns}
        return FileReport(
            source=self.source,
            file_id=self.file_id,
            key=self.drop.key,
            put=self.drop.put,
            outcome=FileOutcome.LOADING,
            at=self.now,
            contract=self.contract.version,
            stated=self.stated,
            bytes=self.drop.size if self.drop.size >= 0 else 0,
            rows_in=tally.rows_in,
            loaded=tally.loaded,
            unchanged=tally.rows_in if twin else tally.unchanged,
            quarantined=0 if twin else tally.quarantined,
            same_as=twin,
            gone=tally.gone,
            duplicates=tally.duplicates,
            superseded=tally.superseded,
            chunks=chunks,
            reasons=reasons,
            drift=drift_of(
                difference.columns,
                self.contract,
                empty,
                reasons,
                tally.rows_in,
                difference.parsed(),
                tally.gone_held,
                before,
            ),
            columns=columns,
            seconds={step: round(spent, 3) for step, spent in self.seconds.items()},
        )

    def _write_chunks(self, chunks: Iterator[bytes]) -> int:
        count, writers = 0, self.outside.writers
        if writers == 1:
            for count, chunk in enumerate(chunks, 1):
                self._write_chunk(count - 1, chunk)
            return count
        with ThreadPoolExecutor(writers) as pool:
            waiting = []
            for chunk in chunks:
                waiting.append(pool.submit(self._write_chunk, count, chunk))
                count += 1
                if len(waiting) > 2 * writers:
                    waiting.pop(0).result()
            for future in waiting:
                future.result()
        return count

    def _write_chunk(self, number: int, document: bytes) -> None:
        path = chunk_path(self.source, self.file_id, number)
        # stored, not squeezed: that would take a tenth of all the time, and a chunk is read once and soon
        self.outside.lake.put(path, gzip.compress(document, compresslevel=0, mtime=0))

    def _bytes_path(self) -> str:
        return bytes_path(self.source, self.shape.digest, fingerprint(self.contract))

    def _twin(self) -> str:
        """The file that had the same bytes under the same rules; empty where there was none."""
        try:
            twin = self.outside.lake.get(self._bytes_path()).decode()
        except NotFound:
            return ""
        return twin if twin != self.file_id else ""

    def _newest(self) -> FileReport | None:
        """Report of the file of the latest date that was read."""
        try:
            return decode_report(self.outside.lake.get(_latest_path(self.source)))
        except NotFound:
            return None

    def _timed(self, step: str) -> "_Timer":
        return _Timer(self.seconds, step, self.outside.ticks)


class _Timer:
    """Adds the seconds of a `with` block to a step."""

    def __init__(self, seconds: dict[str, float], step: str, ticks: Callable[[], float]) -> None:
        self.seconds, self.step, self.ticks = seconds, step, ticks

    def __enter__(self) -> None:
        self.began = self.ticks()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.step] = self.seconds.get(self.step, 0.0) + self.ticks() - self.began


def _fetch(drop: Drop, outside: Outside, means: Means) -> Path:
    if drop.size == 0:
        raise RefusedFile(
            FileRefusal.EMPTY_FILE, "the file has 0 bytes; drop it again complete", file=drop.key
        )
    means.work.mkdir(parents=True, exist_ok=True)
    local = means.work / "drop"
    try:
        outside.drops.download(drop.key, local)
    except NotFound:
        raise RefusedFile(
            FileRefusal.MISSING, "the file was deleted before it could be read; drop it again", file=drop.key
        ) from None
    return local


def _full(error: Exception) -> bool:
    """Whether the disk is what failed, and that because nothing is left of it."""
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in str(error)


def _beyond(drop: Drop, error: Exception) -> RefusedFile:
    """What is said of a file that the means do not suffice for; trying again would end the same."""
    what = "memory" if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)) else "disk"
    return RefusedFile(
        FileRefusal.TOO_LARGE,
        f"reading the file takes more {what} than there is; cut it into smaller files, each with the header",
        file=drop.key,
    )


def _announce(report: FileReport, outside: Outside) -> None:
    """Send one message for each chunk."""
    messages = [
        msgspec.json.encode(
            {
                "source": report.source,
                "file_id": report.file_id,
                "chunk": chunk,
                "chunks": report.chunks,
                "path": chunk_path(report.source, report.file_id, chunk),
            }
        )
        for chunk in range(report.chunks)
    ]
    if messages:
        outside.chunks.send(messages)


def _report(lake: Lake, source: str, file_id: str) -> FileReport | None:
    try:
        return decode_report(lake.get(report_path(source, file_id)))
    except NotFound:
        return None


def _latest_path(source: str) -> str:
    return f"source_state/{source}/report/latest.json"
