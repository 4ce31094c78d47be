"""`courtesy drop`: upload a file as a source system would, and say how it ended."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from courtesy.errors import RefusedInput
from courtesy.intake.report import FileReport
from courtesy.outcomes import FileOutcome
from courtesy_local.cli.output import OK, PROBLEM, JsonFlag, console, progress, show_json, table

if TYPE_CHECKING:
    from courtesy_local.demo.works import Works

WAIT_SECONDS = 600.0


def register(app: typer.Typer) -> None:
    """Add `drop` to the command."""

    @app.command()
    def drop(
        file: Annotated[
            Path, typer.Argument(help="The file to upload.", exists=True, dir_okay=False, readable=True)
        ],
        source: Annotated[
            str, typer.Option(help="The source it comes from; names its folder and its contract.")
        ],
        date: Annotated[
            str, typer.Option(help="Date of the drop, YYYY-MM-DD; the current date where left out.")
        ] = "",
        wait: Annotated[
            bool, typer.Option("--wait", help="Wait until it is loaded or refused and say how it ended.")
        ] = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Drop a file of a source system into the installation.

        Example: courtesy drop sales.csv --source dealer_sales --wait
        """
        from courtesy_local.demo.works import Works

        return put_and_tell(Works.open(), file, drop_key(source, file.name, date), wait, as_json)


def put_and_tell(works: "Works", file: Path, key: str, wait: bool, as_json: bool) -> int:
    """Drop a file under a key and say so, or wait for its end and say how it ended; the exit code."""
    known = set(works.report_paths()) if wait else set()
    works.drop(file, key)
    if not wait:
        if as_json:
            show_json({"key": key})
        else:
            console.print(f"dropped as {key}", highlight=False, soft_wrap=True)
        return OK
    with progress(quiet=as_json) as bar:
        task = bar.add_task(f"loading {key}", total=1)
        reports = works.await_files([key], WAIT_SECONDS, lambda done: bar.update(task, completed=done), known)
    report = reports[key]
    if as_json:
        show_json(summary(report))
    else:
        show_report(report)
    whole = report.balanced and report.outcome is not FileOutcome.REFUSED and not report.quarantined
    return OK if whole else PROBLEM


def drop_key(source: str, name: str, day: str = "") -> str:
    """The key under which a source drops a file. Raises RefusedInput for a date that is none."""
    try:
        when = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) if day else datetime.now(tz=UTC)
    except ValueError:
        raise RefusedInput(f"--date {day!r} is no date; expected YYYY-MM-DD, e.g. 2026-05-31") from None
    return f"{source}/{when:%Y/%m/%d}/{name}"


def summary(report: FileReport) -> dict[str, object]:
    """What a program wants to know of a file's end."""
    return {
        "key": report.key,
        "outcome": report.outcome,
        "rows": report.rows_in,
        "loaded": report.loaded,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "balanced": report.balanced,
        "reason": report.reason,
        "text": report.text,
        "line": report.line,
        "column": report.column,
        "reasons": [
            {"column": c.column, "reason": c.reason, "rows": c.rows, "first_line": c.line}
            for c in report.reasons
        ],
        "drift": [
            {"kind": d.kind, "column": d.column, "before": d.before, "now": d.now} for d in report.drift
        ],
    }


def show_report(report: FileReport) -> None:
    """Say how a file ended."""
    console.print(f"{report.key}: {report.outcome}", highlight=False, soft_wrap=True)
    if report.text or report.reason:
        where = f" (line {report.line})" if report.line and f"line {report.line}" not in report.text else ""
        console.print(f"  {report.reason}: {report.text}{where}", highlight=False, soft_wrap=True)
    if report.rows_in:
        console.print(
            f"  {report.rows_in} rows = {report.loaded} loaded + {report.unchanged} unchanged + {report.quarantined} quarantined",
            highlight=False,
        )
    if report.reasons:
        table(
            "",
            ("column", "reason", "rows", "first line"),
            [(c.column, c.reason, c.rows, c.line) for c in report.reasons],
            right=(2, 3),
        )
    for drift in report.drift:
        told = " ".join(
            (drift.kind, drift.column, drift.before, "->" if drift.before else "", drift.now)
        ).split()
        console.print(f"  drift: {' '.join(told)}", highlight=False)
