"""The bytes of a dropped file, block by block: hashed as they were dropped, unpacked, and never more than the limits allow."""

import hashlib
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from courtesy.errors import RefusedFile
from courtesy.outcomes import FileRefusal

BLOCK = 900_000
"""Bytes of a block: two are shorter than the longest line that DuckDB takes."""


class Limits(NamedTuple):
    """What a file may cost. largest: bytes unpacked; ratio: unpacked to packed bytes, from `ratio_from` bytes on."""

    largest: int = 5 << 30
    ratio: int = 200
    ratio_from: int = 64 << 20


def blocks_of(path: Path, digest: "hashlib._Hash") -> Iterator[bytes]:
    """The bytes as they were dropped; `digest` takes them in beside, at most a block behind, and has them all at the end."""
    last: Future[None] | None = None
    with path.open("rb") as dropped, ThreadPoolExecutor(1) as beside:
        while block := dropped.read(BLOCK):
            if last is not None:
                last.result()
            last = beside.submit(digest.update, block)
            yield block


def unpacked(blocks: Iterator[bytes], limits: Limits, file: str) -> Iterator[bytes]:
    """Unpack gzip members one after the other, never more than the limits allow."""
    taken = given = 0
    member = zlib.decompressobj(31)
    for block in blocks:
        taken += len(block)
        data, out = block, b""
        while data or (len(out) == BLOCK and not member.eof):
            if member.eof:
                if not data.strip(b"\x00"):
                    break
                member = zlib.decompressobj(31)
            try:
                out = member.decompress(data, BLOCK)
            except zlib.error:
                raise RefusedFile(
                    FileRefusal.BROKEN_GZIP, "the gzip data is damaged; drop the file again", file=file
                ) from None
            given += len(out)
            if given > limits.largest:
                raise too_large(limits, file)
            if given > limits.ratio_from and given > taken * limits.ratio:
                raise RefusedFile(
                    FileRefusal.ABSURD_RATIO,
                    f"the file unpacks to more than {limits.ratio} times its size; a real feed does not",
                    file=file,
                )
            if out:
                yield out
            data = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise RefusedFile(
            FileRefusal.BROKEN_GZIP,
            "the gzip file is cut off before its end; drop it again complete",
            file=file,
        )


_NO_TEXT = {
    b"PK\x03\x04": "a zip archive, as Excel's workbooks are; export the sheet as CSV, or pack one file with gzip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; export the sheet as CSV",
    b"\x1f\x8b": "packed with gzip twice; pack it once",
    b"%PDF": "a PDF and no table; export the data as CSV",
}


def check_text(start: bytes, file: str) -> None:
    """Refuse, by its first bytes, what is no text but something that people take for it. Raises RefusedFile."""
    for mark, what in _NO_TEXT.items():
        if start.startswith(mark):
            raise RefusedFile(FileRefusal.ENCODING, f"the file is {what}", file=file, line=1)


def too_large(limits: Limits, file: str) -> RefusedFile:
    """What is said of a file beyond the limit."""
    return RefusedFile(
        FileRefusal.TOO_LARGE, f"the file is larger than {limits.largest:,} bytes; split it", file=file
    )
