"""The `courtesy` command: puts the commands of all rooms together and turns errors into messages and exit codes."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from traceback import extract_tb

import typer

from courtesy.errors import CourtesyError
from courtesy_local.cli.output import NOT_UP, OK, PROBLEM, USAGE, NotUp, complain
from courtesy_local.stack.server import StackProblem

ROOMS: dict[str, tuple[str, ...]] = {
    "stack": ("up", "down", "status"), "drop": ("drop",), "cycle": ("cycle",), "demo": ("demo",), "console": ("console",),
    "show": ("show",), "explain": ("explain",), "balance": ("balance",), "source": ("source",),
    "quarantine": ("quarantine",), "identity": ("identity",), "population": ("value", "segments"),
    "decisions": ("conformance", "rulebook"), "unknown": ("unknown",), "privacy": ("privacy",), "measure": ("measure",),
    "rehearse": ("rehearse",), "messages": ("render", "gallery", "proof", "outbox"), "vendor": ("vendor",), "faults": ("faults",),
    "cost": ("cost",), "bench": ("bench",),
}  # fmt: skip
"""Modules of `courtesy_local.cli`, each with `register(app)`, and the commands that it adds."""

DEBUG = "COURTESY_DEBUG"
"""Environment variable: where it is set, a defect shows its whole trace."""

EPILOGUE = (
    "Exit codes: 0 done, 1 something is wrong or does not balance, 2 misused, 3 the local stack is not up."
)


def build(asked: str = "") -> typer.Typer:
    """The command with everything that is there, or (much faster) with the room of one command only."""
    app = typer.Typer(
        name="courtesy",
        help="Courtesy on one machine: one profile per customer, one law on contacts, one ledger of what was sent.",
        epilog=EPILOGUE,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_group)
    for room in [room for room, commands in ROOMS.items() if asked in commands] or ROOMS:
        name = f"courtesy_local.cli.{room}"
        if find_spec(name) is not None:
            import_module(name).register(app)
    return app


def _group() -> None:
    """One command alone is a group of one, too."""


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; never a traceback for what is the user's or the stack's doing."""
    try:
        code = build(next(iter(arguments), ""))(args=arguments, standalone_mode=False)
    except NotUp as error:
        complain(str(error), "bring it up with `courtesy up`")
        return NOT_UP
    except StackProblem as error:
        from courtesy_local.stack.local_stack import LocalStack  # most commands need none

        complain(str(error))
        return PROBLEM if LocalStack().is_up() else NOT_UP
    except CourtesyError as error:
        complain(str(error))
        return PROBLEM
    except typer.TyperException as error:
        if not error.format_message():
            return USAGE  # named nothing to do, so the help has been shown
        complain(error.format_message(), f"try `{' '.join(['courtesy', *_known(arguments), '--help'])}`")
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        complain("stopped")
        return PROBLEM
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - nothing is left to be flushed at the end
        return OK
    except OSError as error:
        if error.filename is None:
            return _defect(error)
        complain(f"{error.filename}: {(error.strerror or 'cannot be used').lower()}")
        return PROBLEM
    except Exception as error:  # noqa: BLE001 - nobody is shown a trace
        return _defect(error)
    return code if isinstance(code, int) else OK


def _defect(error: Exception) -> int:
    """What nobody foresaw: what kind and where, never its text, which may hold somebody's data."""
    if os.environ.get(DEBUG):
        raise error
    place = extract_tb(error.__traceback__)[-1]
    complain(
        f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}, which is a defect of Courtesy",
        f"{DEBUG}=1 before the command shows all of it; its text may hold personal data",
    )
    return PROBLEM


def _known(arguments: list[str]) -> list[str]:
    """The words at the beginning that name a command: what is certainly right of a line that is wrong."""
    known: list[str] = []
    here: object = typer.main.get_command(build())
    for word in arguments:
        here = getattr(here, "commands", {}).get(word)
        if here is None:
            break
        known.append(word)
    return known


def main() -> None:
    """Entry point of `courtesy`."""
    sys.exit(run(sys.argv[1:]))
