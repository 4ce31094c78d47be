"""Run a benchmark by name: `courtesy bench NAME ...`, or `python -m bench.command NAME ...`; list those there are.

Every benchmark takes `--json` (one document on standard output), `--out FILE` (the same into a file) and `--check` (exit code 1
where a goal is missed). The document: bench, at, machine, seconds, figures, goals, holds.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from bench.outcome import Outcome, tell
from courtesy_local.cli.output import OK, PROBLEM, USAGE, console, notices, show_json, table

FOLDER = Path(__file__).parent


def benchmarks() -> dict[str, str]:
    """Name -> first sentence of what it measures, of every module of this folder with a function `bench`; none is imported."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "\ndef bench(" in text:
            found[path.stem] = text.split("\n", 1)[0].strip('"')
    return found


def run_benchmark(name: str, arguments: Sequence[str]) -> int:
    """Run one with its arguments and print what it found; the exit code."""
    module = import_module(f"bench.{name}")
    parser = argparse.ArgumentParser(
        prog=f"courtesy bench {name}",
        description=module.__doc__,
        epilog=f"Example: {module.EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.options(parser)
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on standard output instead of text"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the JSON document there too")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed")
    try:
        asked = parser.parse_args(list(arguments))
    except SystemExit as left:  # argparse has said what is wrong, or shown its help
        return USAGE if left.code else OK
    began = time.perf_counter()
    with notices.status(f"bench {name}: measuring"):
        outcome: Outcome = module.bench(asked)
    document = {
        "bench": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "seconds": round(time.perf_counter() - began, 2),
    } | outcome.as_json()
    if asked.out:
        asked.out.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    if asked.json:
        show_json(document)
    else:
        show(outcome)
    return PROBLEM if asked.check and not outcome.holds else OK


def machine() -> dict[str, Any]:
    """What the figures were measured on; `load` is the number of processes that wanted a core in the last minute."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def show(outcome: Outcome) -> None:
    """Print figures and goals for people."""
    plain = {name: value for name, value in outcome.figures.items() if not isinstance(value, Mapping | list)}
    if plain:
        table("", ("figure", "measured"), [(name, tell(value)) for name, value in plain.items()], right=(1,))
    for name, value in outcome.figures.items():
        if name not in plain:
            console.print(f"\n{name}", style="italic", highlight=False)
            _show_nested(value)
    if outcome.goals:
        console.print()
        table(
            "Goals",
            ("figure", "measured", "goal", ""),
            [
                (
                    goal.figure,
                    f"{tell(goal.measured)} {goal.unit}".strip(),
                    goal.bound,
                    "holds" if goal.holds else "MISSED",
                )
                for goal in outcome.goals
            ],
            right=(1,),
        )


def _show_nested(value: Any) -> None:
    """A mapping of numbers as two columns; a mapping of mappings, or a list of them, as a table with a row for each."""
    if isinstance(value, Mapping) and not all(isinstance(part, Mapping) for part in value.values()):
        table("", ("", ""), [(key, tell(part)) for key, part in value.items()], right=(1,))
        return
    rows = (
        [{"": key} | dict(part) for key, part in value.items()] if isinstance(value, Mapping) else list(value)
    )
    columns = list(dict.fromkeys(column for row in rows for column in row))
    numbers = [
        n for n, column in enumerate(columns) if any(isinstance(row.get(column), int | float) for row in rows)
    ]
    table("", columns, [[tell(row.get(column, "")) for column in columns] for row in rows], right=numbers)


def main() -> None:
    """Command line: the benchmark's name, then its arguments."""
    names = benchmarks()
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        for name, what in names.items():
            console.print(f"{name:14} {what}", highlight=False, markup=False)
        sys.exit(USAGE)
    sys.exit(run_benchmark(sys.argv[1], sys.argv[2:]))


if __name__ == "__main__":
    main()
