"""The encoding and the line ends of a text, measured block by block before any row is read."""

import codecs
from pathlib import Path

from courtesy.errors import RefusedFile
from courtesy.intake.contract import FileFormat
from courtesy.intake.records import NEVER
from courtesy.intake.unpack import BLOCK, check_text
from courtesy.outcomes import FileRefusal

_MARK = NEVER[0].encode()


class Meter:
    """Checks the encoding of a stream of blocks and counts what tells how its lines have to be read.

    text: where the blocks that were measured lie as UTF-8; it is read again to tell the line of a fault
    """

    def __init__(self, form: FileFormat, file: str, text: Path) -> None:
        self.file, self.encoding, self.text = file, form.encoding, text
        self.quote = form.quote.encode() if form.kind == "csv" else b""
        self.utf8 = codecs.lookup(form.encoding).name in ("utf-8", "utf-8-sig")
        self.decoder = codecs.getincrementaldecoder("utf-8" if self.utf8 else form.encoding)("strict")
        self.measured = self.quotes = self.lf = self.cr = self.crlf = 0
        self.bare = self.carriage = self.awkward = self.ended = False

    def measure(self, block: bytes) -> bytes:
        """The block as UTF-8. Raises RefusedFile where its bytes are none of the encoding."""
        if not self.measured:
            check_text(block, self.file)
        try:
            decoded = "" if self.utf8 and block.isascii() and self._between() else self.decoder.decode(block)
        except UnicodeDecodeError as error:
            raise self._refused(block, error) from None
        if not self.utf8:
            block = (decoded if self.measured else decoded.removeprefix("\ufeff")).encode()
        if b"\x00" in block:
            raise RefusedFile(
                FileRefusal.ENCODING,
                f"the file holds NUL characters, so it is not {self.encoding} text; is it UTF-16 or a binary file?",
                file=self.file,
                line=self._line(block[: block.index(b"\x00")]),
            )
        if self.quote and self.quote in block:
            self.quotes += block.count(self.quote)
        ends = b"\n" in block
        if (not ends and len(block) >= BLOCK) or _MARK in block:
            self.awkward = True
        # to count is slower than to look, and without a carriage return there is nothing to compare
        if b"\r" in block or self.carriage:
            self.lf += block.count(b"\n")
            self.cr += block.count(b"\r")
            self.crlf += block.count(b"\r\n") + (self.carriage and block.startswith(b"\n"))
        else:
            self.bare |= ends
        if block:
            self.carriage = block.endswith(b"\r")
        self.measured += len(block)
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
        return "\r\n" if not self.bare and self.cr == self.crlf == self.lf else ""

    def _flush(self) -> bytes:
        self.decoder.decode(b"", final=True)
        return b""

    def _between(self) -> bool:
        return self.decoder.getstate()[0] == b""

    def _refused(self, block: bytes, error: UnicodeDecodeError) -> RefusedFile:
        found = (
            f"byte 0x{error.object[error.start]:02X}"
            if error.start < len(error.object)
            else "a cut character"
        )
        return RefusedFile(
            FileRefusal.ENCODING,
            f"{found} is not {self.encoding}; set the contract's `format.encoding` to what the source writes, e.g. cp1252",
            file=self.file,
            line=self._line(block[: error.start]),
        )

    def _line(self, before: bytes) -> int:
        """Number of the line that is reached after the blocks that were measured and `before`."""
        line, left = 1 + before.count(b"\n"), self.measured
        with self.text.open("rb") as stream:
            while left and (block := stream.read(min(BLOCK, left))):
                line += block.count(b"\n")
                left -= len(block)
        return line
