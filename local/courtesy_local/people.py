"""Files of people as `courtesy identity` reads them: delimiter and encoding found where they are not named, and who is in which file."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb

from courtesy.errors import RefusedFile, RefusedInput, UnknownName
from courtesy.identity.dates import reader_of
from courtesy.identity.offline import FIELDS
from courtesy.intake.unpack import check_text
from courtesy.timeline.events import Scalar

DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE = 1 << 16
_LONGEST = 1 << 30
"""Characters of a value that the csv module takes; its own limit would refuse a whole file for one long remark."""

Tell = Callable[[str], None]
"""Says something to the person at the screen, beside what the command answers."""


class Person(NamedTuple):
    """A row: in which file, its id there, and its columns."""

    file: str
    id: str
    values: Mapping[str, str]


People = dict[str, Person]
"""Subject (`file/id`) -> row."""
Mapped = dict[str, tuple[str, ...]]
"""Field -> columns; each file is read by the first of them that it has."""


def parse_maps(maps: Iterable[str]) -> Mapped:
    """FIELD=COLUMN texts as a mapping; a field may be given again with the column of another file. Raises UnknownName, RefusedInput."""
    mapping: Mapped = {}
    for text in maps:
        field, equals, column = (part.strip() for part in text.partition("="))
        if not equals or not field or not column:
            raise RefusedInput(f"--map {text}: expected FIELD=COLUMN, for instance surname=last_name")
        if field not in FIELDS:
            raise UnknownName("field", field, FIELDS)
        mapping[field] = (*mapping.get(field, ()), column)
    return mapping


def read_people(
    files: Iterable[Path], id_column: str, delimiter: str | None, encoding: str | None, tell: Tell
) -> People:
    """All rows of the files by their subject. Raises RefusedFile, RefusedInput.

    delimiter, encoding: None where the file shall tell
    """
    people: People = {}
    names: set[str] = set()
    for file in files:
        name = file.name if file.name not in names else str(file)
        if name in names:
            raise RefusedInput(f"{file} is given twice; name every file once")
        names.add(name)
        for line, row in _rows(file, id_column, delimiter, encoding, tell):
            id_ = row[id_column]
            if not id_:
                raise RefusedFile("empty_id", "a row without an id; --id must name each row", file=file.name, line=line, column=id_column)  # fmt: skip
            subject = f"{name}/{id_}"
            if subject in people:
                raise RefusedFile(
                    "repeated_id", "an id that came before; --id must name each row once", file=file.name, line=line,
                    column=id_column,
                )  # fmt: skip
            people[subject] = Person(name, id_, row)
    return people


def fields_of(people: People, mapping: Mapped, region: str, tell: Tell) -> dict[str, dict[str, Scalar]]:
    """The canonical fields of every row; dates of birth as YYYY-MM-DD where their form is known.

    Raises RefusedFile where no file has a column that was named.
    """
    rows: dict[str, list[str]] = {}
    for subject, person in people.items():
        rows.setdefault(person.file, []).append(subject)
    heads = {file: people[subjects[0]].values for file, subjects in rows.items()}
    for field, columns in mapping.items():
        for column in columns:
            if heads and not any(column in head for head in heads.values()):
                known = sorted({name for head in heads.values() for name in head})
                raise RefusedFile("columns", f"--map {field}: {UnknownName('column', column, known)}", file=", ".join(heads))  # fmt: skip
    found: dict[str, dict[str, Scalar]] = {}
    for file, subjects in rows.items():
        here = {f: next((c for c in columns if c in heads[file]), "") for f, columns in mapping.items()}
        missing = [field for field, column in here.items() if not column]
        if missing:
            tell(f"{file} has no column for {', '.join(missing)}; its rows are compared without")
        present = {field: column for field, column in here.items() if column}
        found |= _of_file(people, subjects, present, region)
    return {subject: found[subject] for subject in people}


def _of_file(
    people: People, subjects: list[str], columns: Mapping[str, str], region: str
) -> dict[str, dict[str, Scalar]]:
    dates = columns.get("date_of_birth")
    read = reader_of((people[s].values[dates] for s in subjects), region) if dates else None
    found: dict[str, dict[str, Scalar]] = {}
    for subject in subjects:
        values = people[subject].values
        fields: dict[str, Scalar] = {f: values[column] for f, column in columns.items() if values[column]}
        if read is not None and "date_of_birth" in fields:
            fields["date_of_birth"] = read(str(fields["date_of_birth"]))
        found[subject] = fields
    return found


def _rows(
    file: Path, id_column: str, delimiter: str | None, encoding: str | None, tell: Tell
) -> Iterator[tuple[int, dict[str, str]]]:
    data = _content(file)
    if data[:4] == b"PAR1" or file.suffix == ".parquet":
        yield from _parquet(file, id_column)
        return
    check_text(data[:_SAMPLE], file.name)
    if not data.strip():
        raise RefusedFile("empty_file", "there is nothing in it; expected a line with the names of the columns", file=file.name)  # fmt: skip
    text = _decoded(file, data, encoding, tell)
    if text.lstrip().startswith("{"):
        yield from _objects(file, text, id_column)
        return
    yield from _lines(file, text, id_column, _separator(text, id_column, delimiter))


def _content(file: Path) -> bytes:
    data = file.read_bytes()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, ValueError) as error:
        raise RefusedFile("broken_gzip", "the gzip file is cut off or damaged", file=file.name) from error


def _decoded(file: Path, data: bytes, encoding: str | None, tell: Tell) -> str:
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    asked = marked or encoding or "utf-8"
    try:
        return data.decode(asked)
    except LookupError as error:
        raise RefusedInput(f"--encoding {encoding}: is not known; for instance utf-8, cp1252, latin-1, utf-16") from error  # fmt: skip
    except UnicodeDecodeError as error:
        if encoding or marked:
            raise RefusedFile("encoding", f"is not {asked}; name the right one with --encoding", file=file.name) from error  # fmt: skip
    zeros = data[:_SAMPLE].count(0)
    guess = "cp1252" if not zeros else "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    text = data.decode(guess, "replace")
    if any(sign < " " and sign not in "\t\n\r\f\v\x1a\x1c\x1d\x1e\x1f" for sign in text[:_SAMPLE]):
        raise RefusedFile("encoding", "is no text; expected CSV, JSON Lines or Parquet", file=file.name)
    tell(f"{file.name} is not UTF-8; read as {guess}, say otherwise with --encoding")
    return text


def _separator(text: str, id_column: str, delimiter: str | None) -> str:
    if delimiter is not None:
        separator = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
        if len(separator) != 1:
            raise RefusedInput(f"--delimiter {delimiter}: expected one character, or `tab`")
        return separator
    header = next((line for line in io.StringIO(text[:_SAMPLE], newline="") if line.strip()), "")

    def fit(mark: str) -> tuple[bool, int]:
        columns = [
            column.strip()
            for column in next(csv.reader([header.rstrip("\r\n")], delimiter=mark, skipinitialspace=True))
        ]
        return id_column in columns, len(columns)

    return max(DELIMITERS, key=fit)


def _lines(file: Path, text: str, id_column: str, separator: str) -> Iterator[tuple[int, dict[str, str]]]:
    before = csv.field_size_limit(_LONGEST)  # one for the whole process, so it is put back
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        header: list[str] = []
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if not header:
                header = _names([value.strip() for value in values], file, id_column)
                continue
            if len(values) != len(header):
                raise RefusedFile(
                    "columns", f"{len(values)} values; the header has {len(header)}", file=file.name,
                    line=reader.line_num,
                )  # fmt: skip
            yield reader.line_num, {c: v.strip() for c, v in zip(header, values, strict=True)}
    except csv.Error as error:
        raise RefusedFile("columns", f"cannot be read as CSV: {error}", file=file.name) from error
    finally:
        csv.field_size_limit(before)


def _names(header: list[str], file: Path, id_column: str) -> list[str]:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise RefusedFile("columns", f"the header names {twice[0]!r} twice; every column needs a name of its own", file=file.name)  # fmt: skip
    if id_column not in header:
        raise RefusedFile("columns", f"--id: {UnknownName('column', id_column, header)}", file=file.name)
    return header


def _objects(file: Path, text: str, id_column: str) -> Iterator[tuple[int, dict[str, str]]]:
    columns: dict[str, None] = {}
    rows: list[tuple[int, dict[str, str]]] = []
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.strip():
            continue
        try:
            thing = json.loads(line)
        except ValueError as error:
            raise RefusedFile("columns", "is no JSON object", file=file.name, line=number) from error
        if not isinstance(thing, dict):
            raise RefusedFile("columns", "is no JSON object", file=file.name, line=number)
        rows.append((number, {str(name): _text(value) for name, value in thing.items()}))
        columns |= dict.fromkeys(rows[-1][1])
    _names(list(columns), file, id_column)
    for number, row in rows:
        yield number, {column: row.get(column, "") for column in columns}


def _parquet(file: Path, id_column: str) -> Iterator[tuple[int, dict[str, str]]]:
    with duckdb.connect(":memory:") as con:
        try:
            found = con.execute("SELECT * FROM read_parquet(?)", [str(file)])
        except duckdb.Error as error:
            raise RefusedFile("columns", "cannot be read as Parquet", file=file.name) from error
        columns = _names([str(column[0]) for column in found.description or []], file, id_column)
        number = 0
        while batch := found.fetchmany(10_000):
            for values in batch:
                number += 1
                yield number, {c: _text(v) for c, v in zip(columns, values, strict=True)}


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
