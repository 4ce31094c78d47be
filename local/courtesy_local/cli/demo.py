"""`courtesy demo`: the whole job on one machine, and its books."""

import shutil
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from courtesy_local.cli.cycle import parse_day
from courtesy_local.cli.output import OK, PROBLEM, JsonFlag, console, progress, show_json
from courtesy_local.stack import places
from courtesy_local.stack.local_stack import LocalStack, held

SEED = 7


def register(app: typer.Typer) -> None:
    """Add `demo` to the command."""

    @app.command()
    def demo(
        customers: Annotated[int, typer.Option(min=40, help="People in the sample world.")] = 2000,
        seed: Annotated[int, typer.Option(help="Another seed makes another world.")] = SEED,
        today: Annotated[
            str, typer.Option(help="Date of the second day, YYYY-MM-DD; the current date where left out.")
        ] = "",
        out: Annotated[Path | None, typer.Option(help="Also write the figures to this file as JSON.")] = None,
        as_json: JsonFlag = False,
    ) -> int:
        """Two days of a vehicle maker: files from nine systems, cycles, mail, print, feedback, and the books.

        Starts the local stack anew, so what it held is gone. Example: courtesy demo --customers 200 --out figures.json
        """
        figures, run = play(customers, seed, parse_day(today) if today else None, quiet=as_json)
        document = orjson.dumps(figures, option=orjson.OPT_INDENT_2)
        if out is not None:
            out.write_bytes(document + b"\n")
        if as_json:
            show_json(figures)
        else:
            from courtesy_local.demo.tell import show_figures

            show_figures(figures, run)
        return OK if figures["balanced"] else PROBLEM


def play(customers: int, seed: int, today: date | None, quiet: bool) -> tuple[dict[str, Any], Any]:
    """Run the demo from an empty installation; (figures, run)."""
    from courtesy_local.demo.run import perform
    from courtesy_local.demo.works import Works

    folder = places.STATE / "samples"
    with progress(quiet=quiet) as bar:
        task = bar.add_task("starting", total=None)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)
            if not bar.live.is_started and not quiet:
                steps.say(what)

        steps = _Steps()
        stack = LocalStack()
        with held("demo.lock", lambda: tell("waiting for another demo in this checkout", 0, 0)):
            shutil.rmtree(folder, ignore_errors=True)
            began = time.monotonic()
            tell("taking down what ran before", 0, 0)
            stack.down()
            stack.up(lambda what: tell(what, 0, 0))
            up = round(time.monotonic() - began, 2)
            figures, run = perform(Works(stack), folder, customers, seed, today, tell)
    figures["seconds"] = {"up": up} | figures["seconds"]
    return figures, run


class _Steps:
    """Says each new step on a line of its own where no progress bar can move (a log, a pipe)."""

    def __init__(self) -> None:
        self._last, self._began = "", time.monotonic()

    def say(self, what: str) -> None:
        if what != self._last:
            self._last = what
            console.print(f"{time.monotonic() - self._began:6.1f} s  {what}", highlight=False)
