"""The encoding and the line ends of a text, measured block by block before any row is read."""

import codecs

from courtesy.errors import RefusedFile
from courtesy.intake.contract import FileFormat
from courtesy.intake.unpack import BLOCK
from courtesy.outcomes import FileRefusal


class Meter:
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
        if not lf and len(block) >= BLOCK:
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
