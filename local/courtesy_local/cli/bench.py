"""`courtesy bench NAME`: the benchmarks of the folder `bench`, each side by side with what it is measured against."""

from collections.abc import Callable
from importlib.util import find_spec

import typer


def register(app: typer.Typer) -> None:
    """Add one command for each benchmark; where the folder is not installed there are none."""
    if find_spec("bench") is None:
        return
    from bench.command import benchmarks

    group = typer.Typer(
        help="Benchmarks, side by side. Each takes --json, --out FILE, --check and options of its own.",
        epilog="Example: courtesy bench intake --rows 100000",
        no_args_is_help=True,
    )
    app.add_typer(group, name="bench")
    for name, what in benchmarks().items():
        group.command(
            name,
            help=what,
            add_help_option=False,  # the benchmark shows its own, with its options
            context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        )(_command(name))


def _command(name: str) -> Callable[[typer.Context], int]:
    def measure(context: typer.Context) -> int:
        from bench.command import run_benchmark

        return run_benchmark(name, context.args)

    return measure
