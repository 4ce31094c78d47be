"""`courtesy quarantine`: look at the rows that did not pass, and drop them again when they are mended."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from courtesy.errors import NotFound, RefusedInput
from courtesy_local.cli.drop import put_and_tell
from courtesy_local.cli.output import OK, JsonFlag, console, show_json, table


def register(app: typer.Typer) -> None:
    """Add `quarantine list`, `show` and `replay` to the command."""
    group = typer.Typer(help="Rows that did not pass their contract.", no_args_is_help=True)
    app.add_typer(group, name="quarantine")

    @group.command(name="list")
    def list_files(
        source: Annotated[str, typer.Option(help="One source only.")] = "", as_json: JsonFlag = False
    ) -> int:
        """Files with rows in quarantine, and why.

        Example: courtesy quarantine list --source crm_persons
        """
        reports = [r for r in _works().reports() if r.quarantined and source in ("", r.source)]
        if as_json:
            show_json(
                [
                    {"source": r.source, "file_id": r.file_id, "key": r.key, "rows": r.quarantined}
                    | {"reasons": [_fields(count) for count in r.reasons]}
                    for r in reports
                ]
            )
            return OK
        for r in reports:
            console.print(
                f"{r.file_id}  {r.key}: {r.quarantined} of {r.rows_in} rows", highlight=False, soft_wrap=True
            )
            table(
                "",
                ("rows", "first line", "column", "reason", "expected"),
                [(c.rows, c.line, c.column, c.reason, c.expected) for c in r.reasons],
                right=(0, 1),
            )
        if not reports:
            console.print("no rows are in quarantine")
        return OK

    @group.command()
    def show(
        file_id: Annotated[str, typer.Argument(help="As `quarantine list` shows it.")],
        text: Annotated[bool, typer.Option("--text", help="Show the rows' text too: personal data.")] = False,
        as_json: JsonFlag = False,
    ) -> int:
        """The quarantined rows of a file: line, column, reason.

        Example: courtesy quarantine show 7b8d98c8f2bad2ae2bab132d5f --text
        """
        rows = _rows(file_id)
        if as_json:
            show_json(
                [
                    {
                        "line": row.line,
                        "faults": [_fields(fault) for fault in row.faults],
                        "contract": row.contract,
                    }
                    | ({"text": row.text} if text else {})
                    for row in rows
                ]
            )
            return OK
        for row in rows:
            why = "; ".join(f"{f.column or 'row'}: {f.reason}, expected {f.expected}" for f in row.faults)
            said = f"line {row.line} (contract {row.contract}): {why}"
            console.print(said, highlight=False, soft_wrap=True)
            if text:
                console.print(f"    {row.text}", highlight=False, soft_wrap=True)
        return OK

    @group.command()
    def replay(
        file_id: Annotated[str, typer.Argument(help="As `quarantine list` shows it.")],
        mended: Annotated[
            Path | None,
            typer.Option(
                "--with", help="A whole file with the mended rows, header included; dropped as the source's."
            ),
        ] = None,
        date: Annotated[str, typer.Option(help="Date of the drop, YYYY-MM-DD; else the original's.")] = "",
        wait: Annotated[bool, typer.Option("--wait", help="Wait until it ended and say how.")] = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Drop a mended file, or, without one, the original again, to be read by the contract in force.

        A contract that was changed reads the same bytes anew; rows that are loaded already are unchanged.

        Example: courtesy quarantine replay 7b8d98c8f2bad2ae2bab132d5f --with mended.csv --wait
        """
        works = _works()
        report = next((r for r in works.reports() if r.file_id == file_id), None)
        if report is None:
            raise NotFound(f"there is no file {file_id!r}; see `courtesy quarantine list`")
        day = _day(date) if date else (report.key.split("/", 4)[1:4])
        with TemporaryDirectory() as folder:
            local, name = mended, report.key.rsplit("/", 1)[-1]
            if local is None:
                local = Path(folder) / "original"
                works.client("s3").download_file(works.outputs.drops_bucket, report.key, str(local))
                key = report.key
            else:
                key = "/".join((report.source, *day, mended_name(name, datetime.now(tz=UTC))))
            return put_and_tell(works, local, key, wait, as_json)


def mended_name(name: str, now: datetime) -> str:
    """A name for the mended rows of a file that the contract's pattern still takes: a mark before the first suffix."""
    stem, dot, suffix = name.partition(".")
    stem = re.sub(r"_mended[0-9]+$", "", stem)
    return f"{stem}_mended{now:%Y%m%d%H%M%S}{dot}{suffix}"


def _works() -> Any:
    from courtesy_local.demo.works import Works

    return Works.open()


def _rows(file_id: str) -> Iterator[Any]:
    from courtesy.intake.quarantine import decode_quarantine, quarantine_parts

    works = _works()
    report = next((r for r in works.reports() if r.file_id == file_id), None)
    if report is None:
        raise NotFound(f"there is no file {file_id!r}; see `courtesy quarantine list`")
    for path in quarantine_parts(works.lake_list, report.source, file_id):
        yield from decode_quarantine(works.lake_get(path))


def _day(text: str) -> list[str]:
    try:
        when = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise RefusedInput(f"--date {text!r} is no date; expected YYYY-MM-DD, e.g. 2026-05-31") from None
    return [f"{when:%Y}", f"{when:%m}", f"{when:%d}"]


def _fields(thing: Any) -> dict[str, Any]:
    import msgspec

    return dict(msgspec.structs.asdict(thing))
