"""The shape of a file before any row is read: is it whole, in its encoding, and does its header fit the contract."""

import codecs
import csv
import hashlib
import zlib
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb

from courtesy.errors import RefusedFile
from courtesy.intake.contract import FileFormat, SourceContract
from courtesy.outcomes import FileRefusal

_BLOCK = 900_000  # two blocks are shorter than the longest line that DuckDB takes
_GZIP = b"\x1f\x8b"
_LONGEST_HEADER = 1 << 20


class Limits(NamedTuple):
    """What a file may cost. largest: bytes unpacked; ratio: unpacked to packed bytes, from `ratio_from` bytes on."""

    largest: int = 8 << 30
    ratio: int = 200
    ratio_from: int = 64 << 20


class Shape(NamedTuple):
    """A file that may be read row by row.

    path:    UTF-8 text (or Parquet), unpacked; digest: SHA-256 of the bytes as they were dropped
    newline: the one line end of the file, or empty where they are mixed; quotes: how many quote characters
    long:    a line may be longer than a block
    header:  the names of the columns in order, empty where there are none to name
    first:   number of the first line with data
    """

    path: Path
    digest: str
    newline: str
    quotes: int
    long: bool
    header: tuple[str, ...]
    first: int


def shape_of(path: Path, contract: SourceContract, work: Path, limits: Limits, file: str) -> Shape:
    """Unpack, check and measure a dropped file. `file` is its name for messages. Raises RefusedFile with the reason."""
    form = contract.format
    size = path.stat().st_size
    if size == 0:
        raise RefusedFile(FileRefusal.EMPTY_FILE, "the file has 0 bytes; drop it again complete", file=file)
    if size > limits.largest:
        raise _too_large(limits, file)
    digest = hashlib.sha256()
    with path.open("rb") as dropped:
        zipped = dropped.read(2) == _GZIP
    if form.gzip and not zipped:
        raise RefusedFile(
            FileRefusal.NOT_GZIP,
            "the contract says gzip, and the file is not; send it zipped or set `format.gzip: false`",
            file=file,
        )
    blocks = _blocks(path, digest)
    if zipped:
        blocks = _unpacked(blocks, limits, file)
    if form.kind == "parquet":
        return _parquet(path, blocks, zipped, digest, work, file)
    meter = _Meter(form, file)
    encoding = codecs.lookup(form.encoding).name
    if encoding in ("utf-8", "utf-8-sig") and not zipped:
        for block in blocks:
            meter.measure(block)
        text = path
    else:
        text = work / "text"
        with text.open("wb") as out:
            for block in blocks:
                out.write(meter.measure(block))
            out.write(meter.end())
    meter.end()
    header, first = _header(text, form, file)
    return Shape(text, digest.hexdigest(), meter.newline, meter.quotes, meter.long, header, first)


class _Meter:
    """Checks the encoding of a stream of blocks and counts what tells how its lines have to be read."""

    def __init__(self, form: FileFormat, file: str) -> None:
        self.file, self.encoding = file, form.encoding
        self.quote = form.quote.encode() if form.kind == "csv" else b""
        self.utf8 = codecs.lookup(form.encoding).name in ("utf-8", "utf-8-sig")
        self.decoder = codecs.getincrementaldecoder("utf-8" if self.utf8 else form.encoding)("strict")
        self.quotes = self.lf = self.cr = self.crlf = 0
        self.carriage = self.long = self.ended = False
        self.lines = 1

    def measure(self, block: bytes) -> bytes:
        """The block as UTF-8. Raises RefusedFile where its bytes are none of the encoding."""
        try:
            decoded = "" if self.utf8 and block.isascii() and self._between() else self.decoder.decode(block)
        except UnicodeDecodeError as error:
            raise self._refused(block, error) from None
        if not self.utf8:
            block = decoded.removeprefix("\ufeff").encode() if self.lines == 1 else decoded.encode()
        if b"\x00" in block:
            raise RefusedFile(
                FileRefusal.ENCODING,
                f"the file holds NUL characters, so it is not {self.encoding} text; is it UTF-16 or a binary file?",
                file=self.file,
                line=self.lines + block[: block.index(b"\x00")].count(b"\n"),
            )
        if self.quote and self.quote in block:
            self.quotes += block.count(self.quote)
        lf = block.count(b"\n")
        self.lf += lf
        self.lines += lf
        if not lf and len(block) >= _BLOCK:
            self.long = True
        if b"\r" in block or self.carriage:
            self.cr += block.count(b"\r")
            self.crlf += block.count(b"\r\n") + (self.carriage and block.startswith(b"\n"))
        if block:
            self.carriage = block.endswith(b"\r")
        return block

    def end(self) -> bytes:
        """What the decoder still held. Raises RefusedFile where the last character is cut."""
        if self.ended:
            return b""
        self.ended = True
        try:
            return self.decoder.decode(b"", final=True).encode() if not self.utf8 else self._flush()
        except UnicodeDecodeError as error:
            raise self._refused(b"", error) from None

    @property
    def newline(self) -> str:
        """The line end that the whole file keeps to; empty where they are mixed."""
        if self.cr == 0:
            return "\n"
        return "\r\n" if self.cr == self.crlf == self.lf else ""

    def _flush(self) -> bytes:
        self.decoder.decode(b"", final=True)
        return b""

    def _between(self) -> bool:
        return self.decoder.getstate()[0] == b""

    def _refused(self, block: bytes, error: UnicodeDecodeError) -> RefusedFile:
        line = self.lines + block[: error.start].count(b"\n")
        found = (
            f"byte 0x{error.object[error.start]:02X}"
            if error.start < len(error.object)
            else "a cut character"
        )
        return RefusedFile(
            FileRefusal.ENCODING,
            f"{found} is not {self.encoding}; set the contract's `format.encoding` to what the source writes, e.g. cp1252",
            file=self.file,
            line=line,
        )


def _blocks(path: Path, digest: "hashlib._Hash") -> Iterator[bytes]:
    with path.open("rb") as dropped:
        while block := dropped.read(_BLOCK):
            digest.update(block)
            yield block


def _unpacked(blocks: Iterator[bytes], limits: Limits, file: str) -> Iterator[bytes]:
    """Unpack gzip members one after the other, never more than the limits allow."""
    packed = unpacked = 0
    member = zlib.decompressobj(31)
    for block in blocks:
        packed += len(block)
        data, out = block, b""
        while data or (len(out) == _BLOCK and not member.eof):
            if member.eof:
                if not data.strip(b"\x00"):
                    break
                member = zlib.decompressobj(31)
            try:
                out = member.decompress(data, _BLOCK)
            except zlib.error:
                raise RefusedFile(
                    FileRefusal.BROKEN_GZIP, "the gzip data is damaged; drop the file again", file=file
                ) from None
            unpacked += len(out)
            if unpacked > limits.largest:
                raise _too_large(limits, file)
            if unpacked > limits.ratio_from and unpacked > packed * limits.ratio:
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


def _too_large(limits: Limits, file: str) -> RefusedFile:
    return RefusedFile(
        FileRefusal.TOO_LARGE, f"the file is larger than {limits.largest:,} bytes; split it", file=file
    )


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


def _header(text: Path, form: FileFormat, file: str) -> tuple[tuple[str, ...], int]:
    """The names of the columns and the number of the first line with data."""
    if not form.has_header:
        return tuple(form.columns), form.skip + 1
    with text.open(encoding="utf-8-sig", newline="") as stream:
        skipped = sum(1 for _ in islice(stream, form.skip))
        lines = iter(lambda: stream.readline(_LONGEST_HEADER), "")
        if form.kind == "whitespace":
            line = next(lines, "")
            names, used = line.split(), 1
        else:
            quoting: Literal[0, 3] = (
                csv.QUOTE_MINIMAL if form.kind == "csv" and form.quote else csv.QUOTE_NONE
            )
            reader = csv.reader(
                lines,
                delimiter=form.separator,
                quotechar=form.quote or None,
                quoting=quoting,
                skipinitialspace=form.trim,
            )
            try:
                names = next(reader, [])
            except csv.Error:
                names = []
            used = reader.line_num
    names = [name.strip() for name in names]
    at = skipped + 1
    if not any(names):
        raise RefusedFile(
            FileRefusal.HEADER, "there is no header with the names of the columns", file=file, line=at
        )
    for position, name in enumerate(names, 1):
        if not name:
            raise RefusedFile(
                FileRefusal.HEADER, f"column {position} of the header has no name", file=file, line=at
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RefusedFile(
            FileRefusal.HEADER,
            f"the header names {twice[0]!r} {names.count(twice[0])} times; every column needs a name of its own",
            file=file,
            line=at,
            column=twice[0],
        )
    return tuple(names), skipped + used + 1


def check_columns(columns: tuple[str, ...], contract: SourceContract, file: str) -> None:
    """Compare the columns that a file has with those the contract reads. Raises RefusedFile naming the nearest ones."""
    line = contract.format.skip + 1 if contract.format.has_header else 0
    nested = contract.format.kind == "parquet"
    missing = [c for c in contract.columns if (c.split(".")[0] if nested else c) not in columns]
    if missing and (contract.missing_columns == "refuse" or _needed(missing[0], contract)):
        name = missing[0]
        near = get_close_matches(name, columns, n=1, cutoff=0.5)
        hint = f"the nearest that is there is {near[0]!r}" if near else f"there are {', '.join(columns[:12])}"
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise RefusedFile(
            FileRefusal.HEADER, f"column {name!r} is missing{more}; {hint}", file=file, line=line, column=name
        )
    unknown = [name for name in columns if name not in contract.columns]
    if unknown and contract.unknown_columns == "refuse":
        near = get_close_matches(unknown[0], contract.columns, n=1, cutoff=0.5)
        hint = f"; the contract has {near[0]!r}" if near else ""
        raise RefusedFile(
            FileRefusal.HEADER,
            f"column {unknown[0]!r} is not in the contract, which refuses unknown columns{hint}",
            file=file,
            line=line,
            column=unknown[0],
        )


def _needed(column: str, contract: SourceContract) -> bool:
    return (contract.key != "row" and column in contract.key) or column in (
        contract.customer_key,
        contract.event_time,
        contract.stated,
    )


def first_lines(text: Path, count: int) -> list[str]:
    """The first lines of a shaped file, for messages and suggestions."""
    with text.open(encoding="utf-8-sig", newline=None) as stream:
        return [line.rstrip("\n") for line in islice(stream, count)]
