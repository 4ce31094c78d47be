"""How commands speak: rich text for people, one JSON document for programs, one clear message for what went wrong."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

OK, PROBLEM, USAGE, NOT_UP = 0, 1, 2, 3
"""Exit codes: done; something is wrong or does not balance; the command was misused; the local stack is not up."""

JsonFlag = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output instead of text.")
]

PIPED_WIDTH = 100
"""Columns where output goes to a file or a pipe, unless COLUMNS says otherwise."""

console = Console(
    width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH, markup=False, emoji=False
)
notices = Console(stderr=True, markup=False, emoji=False)
"""Progress and complaints go to standard error, so that `--json` can be piped. Names of files and columns may look like
markup, so only who asks for it (`markup=True`) gets it."""


class NotUp(Exception):
    """The local stack does not answer; the command cannot do its work."""


def show_json(value: Any) -> None:
    """Print one JSON document; dates as ISO 8601."""
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode())  # noqa: T201 - the document itself, as it is


def complain(text: str, remedy: str = "") -> None:
    """Say what is wrong, on standard error."""
    notices.print(f"[bold red]courtesy:[/] {escape(text)}", highlight=False, markup=True, soft_wrap=True)
    if remedy:
        notices.print(f"  {remedy}", highlight=False, soft_wrap=True)


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()
) -> None:
    """Print a table; `right` numbers the columns that are set to the right."""
    numbers = set(right)
    made = Table(
        title=title or None,
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for at, column in enumerate(columns):
        made.add_column(column, justify="right" if at in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    console.print(made)


def progress(quiet: bool = False) -> Progress:
    """A progress bar on standard error, for anything over a second."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notices,
        disable=quiet or not notices.is_terminal,
        transient=True,
    )
