"""`courtesy measure`: treated against held out, on the stack's lake or a copy of one."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from courtesy_local.cli.cycle import parse_day
from courtesy_local.cli.output import OK, JsonFlag, console, show_json, table
from courtesy_local.cli.population import LakeCopy


def register(app: typer.Typer) -> None:
    """Add `measure` to the command."""
    app.command()(measure)


def measure(
    earlier: Annotated[
        str, typer.Option("--from", help="First day whose decisions count; a year back.")
    ] = "",
    later: Annotated[str, typer.Option("--to", help="Last day whose decisions count.")] = "",
    horizon: Annotated[int, typer.Option(help="Days in which something may come of a decision.")] = 90,
    cycle: Annotated[str, typer.Option(help="The cycle whose snapshot tells what came; the latest.")] = "",
    output: Annotated[Path | None, typer.Option(help="Write an HTML page with pictures here.")] = None,
    snapshot: LakeCopy = None,
    as_json: JsonFlag = False,
) -> int:
    """What contacting did: retention, response, revenue, margin of treated against held out, and fatigue.

    Example: courtesy measure --from 2026-07-01 --horizon 90 --output measurement.html
    """
    from courtesy.measurement.measure import measure as find
    from courtesy.measurement.page import measurement_page
    from courtesy_local.population.lakes import in_force, latest_cycle, open_lake

    lake = open_lake(snapshot)
    on = cycle or latest_cycle(lake)
    last = parse_day(later) if later else date.fromisoformat(on[:10])
    first = parse_day(earlier) if earlier else last - timedelta(days=365)
    found = find(lake, in_force(snapshot), first=first, last=last, horizon=horizon, snapshot=on)
    if output is not None:
        output.write_text(measurement_page(found), encoding="utf-8")
    if as_json:
        show_json(msgspec.to_builtins(found))
        return OK
    rows = []
    for arms in found.arms:
        for outcome, lift in arms.outcomes.items():
            if lift is not None:
                money = outcome in ("revenue", "margin")
                told = [
                    f"{figure / 100:,.2f}" if money else f"{figure:.2%}"
                    for figure in (lift.difference, lift.low, lift.high)
                ]
                rows.append(
                    (
                        arms.level,
                        arms.name,
                        outcome,
                        arms.ratio.treated,
                        arms.ratio.held_out,
                        *told,
                        lift.word,
                    )
                )
    heads = ("level", "who", "outcome", "treated", "held out", "difference", "from", "to", "verdict")
    table("", heads, rows, right=(3, 4, 5, 6, 7))
    console.print(
        f"{len(found.cycles)} cycles and {found.events} decisions on single events, judged on {found.as_of} after {found.horizon} days"
    )
    if output is not None:
        console.print(f"wrote {output}")
    return OK
