"""`courtesy cycle`: run the periodic decision on the local stack."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from courtesy.errors import RefusedInput
from courtesy_local.cli.output import OK, PROBLEM, JsonFlag, console, progress, show_json, table

WAIT_SECONDS = 1800.0


def register(app: typer.Typer) -> None:
    """Add `cycle` to the command."""

    @app.command()
    def cycle(
        as_of: Annotated[
            str, typer.Option(help="Date the cycle stands on, YYYY-MM-DD; the current date where left out.")
        ] = "",
        wait: Annotated[
            bool, typer.Option("--wait", help="Wait for its end and show what it decided.")
        ] = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Snapshot, score, segment, decide, report.

        Example: courtesy cycle --wait
        """
        from courtesy_local.demo.works import Works

        day = parse_day(as_of) if as_of else datetime.now(tz=UTC).date()
        works = Works.open()
        cycle_id = works.start_cycle(day, f"cli-{datetime.now(tz=UTC):%H%M%S}")
        if not wait:
            if as_json:
                show_json({"cycle_id": cycle_id})
            else:
                console.print(f"started {cycle_id}")
            return OK
        with progress(quiet=as_json) as bar:
            bar.add_task(f"cycle {cycle_id}", total=None)
            report = works.await_cycle(cycle_id, WAIT_SECONDS)
        if as_json:
            show_json(report)
        else:
            show_cycle(report)
        return OK if report.get("balanced", True) else PROBLEM


def parse_day(text: str) -> date:
    """A date in ISO form. Raises RefusedInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedInput(f"{text!r} is no date; expected YYYY-MM-DD, e.g. 2026-05-31") from None


def show_cycle(report: dict[str, object]) -> None:
    """Say what a cycle found: plain figures in a line each, groups as tables."""
    plain = [(name, value) for name, value in report.items() if not isinstance(value, dict | list)]
    table("", ("figure", "value"), plain)
    for name, value in report.items():
        if isinstance(value, dict) and value:
            table(name, ("what", "figure"), list(value.items()), right=(1,))
