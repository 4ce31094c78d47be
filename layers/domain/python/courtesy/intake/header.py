"""The header of a file: the names of its columns, and whether they are those that the contract reads."""

import csv
import re
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Literal

from courtesy.errors import RefusedFile
from courtesy.intake.contract import FileFormat, SourceContract
from courtesy.outcomes import FileRefusal

_LONGEST_HEADER = 1 << 20

_DATA = re.compile(r"[-+0-9.,:/ ]+|.*(?:@|\n|\r).*|.{100,}", re.DOTALL)
"""What is no name of a column."""

MOST_COLUMNS = 1_000
"""Columns of a file that are read; those that are ignored do not count. Each costs memory for a batch of rows."""


def header_of(text: Path, form: FileFormat, file: str) -> tuple[tuple[str, ...], int]:
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
    read = len(set(contract.columns) | set(columns if contract.unknown_columns == "keep" else ()))
    if read > MOST_COLUMNS:
        raise RefusedFile(
            FileRefusal.HEADER,
            f"{read:,} columns would be read, and at most {MOST_COLUMNS:,} are; name those that matter and ignore the others",
            file=file,
            line=line,
        )
    nested = contract.format.kind == "parquet"
    missing = [c for c in contract.columns if (c.split(".")[0] if nested else c) not in columns]
    if missing and (contract.missing_columns == "refuse" or _needed(missing[0], contract)):
        name = missing[0]
        near = get_close_matches(name, columns, n=1, cutoff=0.5)
        hint = f"the nearest that is there is {near[0]!r}" if near else f"there are {', '.join(columns[:12])}"
        if any(map(_DATA.fullmatch, columns)):  # what stands there may be about a person, so it is not told
            hint = "what stands there looks like data; without a header say `format.columns`"
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
