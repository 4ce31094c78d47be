"""Records out of awkward text: values over several lines, torn quotes, mixed line ends, one record per line afterwards.

A torn quote must cost the row that it stands in and no other. So a quoted value that does not end on its line is taken as
one over several lines only if what it swallows does not look like rows of its own.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from courtesy.intake.contract import FileFormat

LINE_FEED, CARRIAGE = "\x1e", "\x1d"
"""Stand in for line breaks inside a value while a record lies on one line."""

NEVER = "\x01\x02\x03\x04"
"""The delimiter with which lines are read whole: a text that holds it is no record."""

_LONGEST = 1 << 20
_MOST_LINES = 500


class Torn(NamedTuple):
    """A line that is no record: where it stands, which column is broken, why, and the text."""

    line: int
    column: int
    reason: str
    text: str


def field_pattern(form: FileFormat) -> str:
    """Regular expression of a separator and the well-formed value after it; the value is group 1."""
    sep = re.escape(form.separator)
    if form.kind != "csv" or not form.quote:
        return f"{sep}([^{sep}]*)"
    q = re.escape(form.quote)
    blank = " *" if form.trim else ""
    return f"{sep}({blank}{q}[^{q}]*(?:{q}{q}[^{q}]*)*{q}{blank}|[^{q}{sep}]*)"


def record_pattern(form: FileFormat) -> str:
    """Matches a separator put before a well-formed record."""
    return f"(?:{field_pattern(form).replace('(', '(?:', 1)})+"


def _open_pattern(form: FileFormat) -> str:
    """Matches a separator put before the first line of a record whose last value goes on."""
    sep, q = re.escape(form.separator), re.escape(form.quote)
    blank = " *" if form.trim else ""
    field = field_pattern(form).replace("(", "(?:", 1)
    return f"(?:{field})*{sep}{blank}{q}[^{q}]*(?:{q}{q}[^{q}]*)*"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def is_record(text: str, form: FileFormat) -> bool:
    """Whether every value of the record is well-formed; says nothing on how many there are."""
    return _compiled(record_pattern(form)).fullmatch(form.separator + text) is not None


def values_of(text: str, form: FileFormat) -> list[str]:
    """The raw values of a well-formed record."""
    return _compiled(field_pattern(form)).findall(form.separator + text)


def broken_column(text: str, form: FileFormat) -> int:
    """Position, from 0, of the first value that is not well-formed."""
    found = _compiled(record_pattern(form)).match(form.separator + text)
    end = found.end() if found else 0
    good = values_of((form.separator + text)[len(form.separator) : end], form)
    rest = (form.separator + text)[end:]
    return len(good) if rest.startswith(form.separator) else len(good) - 1


def straighten(text: Path, form: FileFormat, width: int, first: int, out: Path) -> tuple[int, list[Torn]]:
    """Write one line per record, `number<TAB>record`, from line `first` on; returns how many, and the torn lines.

    width: how many values a record has, 0 where that is not known.
    """
    torn: list[Torn] = []
    count = 0
    with (
        text.open(encoding="utf-8-sig", newline="") as stream,
        out.open("w", encoding="utf-8", newline="") as target,
    ):
        for number, record in _records(_numbered(stream, first), form, width, torn):
            flat = record.replace("\r", CARRIAGE).replace("\n", LINE_FEED)
            target.write(f"{number}\t{flat}\n")
            count += 1
    return count, torn


def _numbered(stream: Iterator[str], first: int) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(stream, 1):
        if number >= first:
            bare = line.rstrip("\r\n")
            yield number, bare, line[len(bare) :]


def _records(
    lines: Iterator[tuple[int, str, str]], form: FileFormat, width: int, torn: list[Torn]
) -> Iterator[tuple[int, str]]:
    waiting: list[tuple[int, str, str]] = []
    quoting = form.kind == "csv" and bool(form.quote)
    while True:
        number, line, end = waiting.pop(0) if waiting else next(lines, (0, "", ""))
        if number == 0:
            return
        if not line.strip():
            continue
        if len(line) > _LONGEST:
            torn.append(Torn(number, 0, "too_long", line[:1000]))
        elif LINE_FEED in line or CARRIAGE in line or NEVER in line:
            torn.append(Torn(number, 0, "control_character", line))
        elif not quoting or form.quote not in line or is_record(line, form):
            yield number, line
        elif form.multiline and _compiled(_open_pattern(form)).fullmatch(form.separator + line):
            record = _joined(line, end, lines, waiting, form, width)
            if record is None:
                torn.append(Torn(number, broken_column(line, form), "torn_quote", line))
            else:
                yield number, record
        else:
            torn.append(Torn(number, broken_column(line, form), "torn_quote", line))


def _joined(
    line: str,
    end: str,
    lines: Iterator[tuple[int, str, str]],
    waiting: list[tuple[int, str, str]],
    form: FileFormat,
    width: int,
) -> str | None:
    """The record that begins on a line with an open quote; None where the quote is torn. Lines not used wait."""
    record, used = line + end, 0
    while used < _MOST_LINES and len(record) <= _LONGEST:
        if used == len(waiting):
            following = next(lines, None)
            if following is None:
                return None
            waiting.append(following)
        _, text, stop = waiting[used]
        if width >= 3 and is_record(text, form) and len(values_of(text, form)) == width:
            return None
        used += 1
        record += text
        if form.quote in text and is_record(record, form):
            if width and len(values_of(record, form)) != width:
                return None
            del waiting[:used]
            return record
        record += stop
    return None
