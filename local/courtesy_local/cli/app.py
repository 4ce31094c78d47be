"""The `courtesy` command: puts the commands of all rooms together and turns errors into messages and exit codes."""

import sys
from importlib import import_module
from importlib.util import find_spec

import typer

from courtesy.errors import CourtesyError
from courtesy_local.cli.output import NOT_UP, OK, PROBLEM, USAGE, NotUp, complain
from courtesy_local.stack.local_stack import LocalStack
from courtesy_local.stack.server import StackProblem

ROOMS = (
    "stack", "drop", "cycle", "demo", "console", "show", "explain", "balance", "source", "quarantine", "identity", "population",
    "decisions", "unknown", "privacy", "measure", "rehearse", "messages", "faults", "cost", "bench",
)  # fmt: skip
"""Modules of `courtesy_local.cli`, each with `register(app)`."""

EPILOGUE = (
    "Exit codes: 0 done, 1 something is wrong or does not balance, 2 misused, 3 the local stack is not up."
)


def build() -> typer.Typer:
    """The command with everything that is there."""
    app = typer.Typer(
        name="courtesy",
        help="Courtesy on one machine: one profile per customer, one law on contacts, one ledger of what was sent.",
        epilog=EPILOGUE,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for room in ROOMS:
        name = f"courtesy_local.cli.{room}"
        if find_spec(name) is not None:
            import_module(name).register(app)
    return app


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; never a traceback for what is the user's or the stack's doing."""
    try:
        code = build()(args=arguments, standalone_mode=False)
    except NotUp as error:
        complain(str(error), "bring it up with `courtesy up`")
        return NOT_UP
    except StackProblem as error:
        complain(str(error))
        return PROBLEM if LocalStack().is_up() else NOT_UP
    except CourtesyError as error:
        complain(str(error))
        return PROBLEM
    except typer.TyperException as error:
        if not error.format_message():
            return USAGE  # named nothing to do, so the help has been shown
        command = next((word for word in arguments if not word.startswith("-")), "")
        complain(error.format_message(), f"try `{f'courtesy {command}'.strip()} --help`")
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        complain("stopped")
        return PROBLEM
    return code if isinstance(code, int) else OK


def main() -> None:
    """Entry point of `courtesy`."""
    sys.exit(run(sys.argv[1:]))
