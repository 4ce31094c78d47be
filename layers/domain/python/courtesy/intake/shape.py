"""The shape of a file before any row is read: is it whole, in its encoding, and what are its columns."""

import codecs
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from courtesy.errors import RefusedFile
from courtesy.intake.contract import SourceContract
from courtesy.intake.header import header_of
from courtesy.intake.meter import Meter
from courtesy.intake.unpack import Limits, blocks_of, too_large, unpacked
from courtesy.outcomes import FileRefusal

_GZIP = b"\x1f\x8b"


class Shape(NamedTuple):
    """A file that may be read row by row.

    path:    UTF-8 text (or Parquet), unpacked; digest: SHA-256 of the bytes as they were dropped
    newline: the one line end of the file, or empty where they are mixed; quotes: how many quote characters
    awkward: a line may be longer than a block, or hold what lines are told apart by
    header:  the names of the columns in order, empty where there are none to name
    first:   number of the first line with data
    """

    path: Path
    digest: str
    newline: str
    quotes: int
    awkward: bool
    header: tuple[str, ...]
    first: int


def shape_of(path: Path, contract: SourceContract, work: Path, limits: Limits, file: str) -> Shape:
    """Unpack, check and measure a dropped file. `file` is its name for messages. Raises RefusedFile with the reason."""
    form = contract.format
    size = path.stat().st_size
    if size == 0:
        raise RefusedFile(FileRefusal.EMPTY_FILE, "the file has 0 bytes; drop it again complete", file=file)
    if size > limits.largest:
        raise too_large(limits, file)
    digest = hashlib.sha256()
    with path.open("rb") as dropped:
        zipped = dropped.read(2) == _GZIP
    if form.gzip and not zipped:
        raise RefusedFile(
            FileRefusal.NOT_GZIP,
            "the contract says gzip, and the file is not; send it zipped or set `format.gzip: false`",
            file=file,
        )
    blocks = blocks_of(path, digest)
    if zipped:
        blocks = unpacked(blocks, limits, file)
    if form.kind == "parquet":
        return _parquet(path, blocks, zipped, digest, work, file)
    as_it_is = codecs.lookup(form.encoding).name in ("utf-8", "utf-8-sig") and not zipped
    text = path if as_it_is else work / "text"
    meter = Meter(form, file, text)
    if as_it_is:
        for block in blocks:
            meter.measure(block)
    else:
        with text.open("wb", buffering=0) as out:
            for block in blocks:
                out.write(meter.measure(block))
            out.write(meter.end())
    meter.end()
    header, first = header_of(text, form, file)
    return Shape(text, digest.hexdigest(), meter.newline, meter.quotes, meter.awkward, header, first)


def _parquet(
    path: Path, blocks: Iterator[bytes], zipped: bool, digest: "hashlib._Hash", work: Path, file: str
) -> Shape:
    target = work / "text.parquet" if zipped else path
    if zipped:
        with target.open("wb") as out:
            out.writelines(blocks)
    else:
        for _ in blocks:
            pass
    with target.open("rb") as stored:
        head = stored.read(4)
        stored.seek(max(0, target.stat().st_size - 4))
        if head != b"PAR1" or stored.read(4) != b"PAR1":
            raise RefusedFile(
                FileRefusal.NOT_PARQUET,
                "the file is no whole Parquet file; drop it again complete",
                file=file,
            )
    try:
        with duckdb.connect(":memory:") as con:
            found = con.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(target)]).fetchall()
    except duckdb.Error:
        raise RefusedFile(
            FileRefusal.NOT_PARQUET, "the Parquet file cannot be read; drop it again", file=file
        ) from None
    return Shape(target, digest.hexdigest(), "\n", 0, False, tuple(str(row[0]) for row in found), 1)
