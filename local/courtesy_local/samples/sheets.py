"""Files of the formats that the nine sources write; each knows its line numbers, and is the same bytes for the same rows."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO, NamedTuple, Protocol, TextIO

Row = dict[str, str]


class Sheet(Protocol):
    """One file in the making."""

    line: int
    """Line (Parquet: row) of the last row written, counted from 1 as a person would, the header included."""

    def write(self, row: Row) -> None:
        """Add a data row."""
        ...

    def raw(self, text: str) -> None:
        """Add a line as it is: what a broken system wrote."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class Form(NamedTuple):
    """How a source writes: `kind` csv, fixed, jsonl or parquet; `types` (Parquet) column -> DuckDB type, others are text."""

    columns: tuple[str, ...]
    kind: str = "csv"
    suffix: str = ".csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    gzipped: bool = False
    widths: tuple[int, ...] = ()
    types: Mapping[str, str] = MappingProxyType({})


def sheet(path: Path, form: Form) -> Sheet:
    """A new file of that form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if form.kind == "parquet":
        return ParquetSheet(path, form)
    return TextSheet(path, form)


class TextSheet:
    """CSV, TSV, JSON Lines and fixed width, gzipped or not."""

    def __init__(self, path: Path, form: Form) -> None:
        self._form = form
        self._outer: IO[bytes] | None = None
        if form.gzipped:
            self._outer = path.open("wb")
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._outer, mtime=0)
            self._text: TextIO = io.TextIOWrapper(packed, encoding=form.encoding, newline="")
        else:
            self._text = path.open("w", encoding=form.encoding, newline="")
        self._csv = csv.writer(self._text, delimiter=form.delimiter, lineterminator="\n")
        self.line = 0
        if form.kind == "csv":
            self._csv.writerow(form.columns)
            self.line = 1

    def write(self, row: Row) -> None:
        form = self._form
        if form.kind == "jsonl":
            held = {column: row[column] for column in form.columns if row.get(column, "") != ""}
            self._text.write(json.dumps(held, ensure_ascii=False) + "\n")
        elif form.kind == "fixed":
            cells = (row.get(c, "")[:w].ljust(w) for c, w in zip(form.columns, form.widths, strict=True))
            self._text.write("".join(cells) + "\n")
        else:
            self._csv.writerow([row.get(column, "") for column in form.columns])
        self.line += 1

    def raw(self, text: str) -> None:
        self._text.write(text + "\n")
        self.line += 1

    def close(self) -> None:
        self._text.close()
        if self._outer is not None:
            self._outer.close()


class ParquetSheet:
    """Parquet by way of a text file beside it, so that any number of rows needs little memory."""

    def __init__(self, path: Path, form: Form) -> None:
        self._path, self._form = path, form
        self._draft = path.with_suffix(".draft.csv")
        self._inner = TextSheet(self._draft, form._replace(kind="csv", gzipped=False))
        self.line = 0

    def write(self, row: Row) -> None:
        self._inner.write(row)
        self.line += 1

    def raw(self, text: str) -> None:
        raise ValueError(f"a Parquet file has no lines; {len(text)} characters have no place in it")

    def close(self) -> None:
        import duckdb  # the one sample file that needs columns

        self._inner.close()
        types = {column: self._form.types.get(column, "VARCHAR") for column in self._form.columns}
        with duckdb.connect(config={"threads": 1}) as db:
            db.read_csv(str(self._draft), header=True, columns=types, quotechar='"').write_parquet(
                str(self._path), compression="zstd"
            )
        self._draft.unlink()


def truncated(path: Path, source: Path, share: float = 0.6) -> None:
    """A copy that broke off: the first `share` of another file's bytes."""
    content = source.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def fixed_line(form: Form, cells: Sequence[str]) -> str:
    """A fixed-width line of these cells."""
    return "".join(cell[:width].ljust(width) for cell, width in zip(cells, form.widths, strict=False))
