"""`courtesy up`, `down` and `status`: the stack on one machine."""

import time

import typer

from courtesy_local.cli.output import (
    NOT_UP,
    OK,
    PROBLEM,
    JsonFlag,
    complain,
    console,
    progress,
    show_json,
    table,
)
from courtesy_local.stack.local_stack import STEPS, LocalStack
from courtesy_local.stack.server import StackProblem


def register(app: typer.Typer) -> None:
    """Add the three commands."""
    app.command(epilog="Example: courtesy up && courtesy status")(up)
    app.command(epilog="Example: courtesy down")(down)
    app.command(epilog="Example: courtesy status --json")(status)


def up(json: JsonFlag = False) -> None:
    """Bring the local stack up: start the AWS stand-in, deploy the CDK app, verify the sender, publish the rulebook.

    Does only what is missing, so it may be called at any time. COURTESY_PORT names the port; else the first free one from 4566.
    """
    begun, stack = time.monotonic(), LocalStack()
    seconds: dict[str, float] = {}
    try:
        with progress(quiet=json) as bar:
            task = bar.add_task("up", total=STEPS)
            current: list[tuple[str, float]] = []

            def tell(what: str) -> None:
                now = time.monotonic()
                if current:
                    seconds[current[-1][0]] = round(now - current[-1][1], 1)
                    bar.advance(task)
                current.append((what, now))
                bar.update(task, description=what)

            outputs = stack.up(tell)
            seconds[current[-1][0]] = round(time.monotonic() - current[-1][1], 1)
    except StackProblem as problem:
        complain(str(problem))
        raise typer.Exit(PROBLEM) from None
    shown = {
        "endpoint": stack.server().endpoint,
        "api": outputs.api_url,
        "seconds": round(time.monotonic() - begun, 1),
        "steps": seconds,
    }
    if json:
        show_json(shown)
        return
    console.print(f"The local stack is up at {shown['endpoint']} ({shown['seconds']} s).", highlight=False)
    console.print(f"API and console: {outputs.api_url}/console", highlight=False)


def down(json: JsonFlag = False) -> None:
    """Take the local stack down, with all it holds."""
    stopped = LocalStack().down()
    if json:
        show_json({"stopped": stopped})
    else:
        console.print("The local stack is down." if stopped else "The local stack was not up.")


def status(json: JsonFlag = False) -> None:
    """Show whether the local stack is up and what waits in its queues. Ends with 3 where it is not up."""
    shown = LocalStack().standing()
    if json:
        show_json(shown)
    elif not shown["up"]:
        complain("the local stack is not up", "bring it up with `courtesy up`")
    else:
        note = "" if shown["current"] else "; the checkout has changed since, `courtesy up` deploys it"
        console.print(
            f"The local stack is up at {shown['endpoint']} (process {shown['pid']}){note}.", highlight=False
        )
        if "waiting" in shown:
            rows = [(name, count, shown["given_up"].get(name, 0)) for name, count in shown["waiting"].items()]
            table("", ("queue", "waiting", "given up"), rows, right=(1, 2))
    raise typer.Exit(OK if shown["up"] else NOT_UP)
