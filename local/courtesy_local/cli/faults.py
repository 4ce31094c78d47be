"""`courtesy faults`: the proof that the contact law holds whatever fails, and that known wrong designs are caught."""

import os
import re
import sys
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from courtesy.errors import RefusedInput, UnknownName
from courtesy_local.cli.output import OK, PROBLEM, JsonFlag, console, show_json, table

if TYPE_CHECKING:
    from courtesy_local.faults.harness import Verdict
    from courtesy_local.faults.schedules.run import Outcome

MOST_TO_CATCH = 20_000
"""A wrong design that so many schedules do not catch is not caught."""


def register(app: typer.Typer) -> None:
    """Add `faults` to the command."""
    app.command()(faults)


def faults(
    schedules: Annotated[
        int, typer.Option(min=0, help="Random schedules of interleaved processes.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="The first schedule's seed; the others follow it, one each.")] = 1,
    exhaustive: Annotated[
        bool,
        typer.Option(help="Also each AWS call of each path with each fault, below botocore: an hour."),
    ] = False,
    pairs: Annotated[
        int, typer.Option(min=0, help="With --exhaustive: so many pairs of faults of each path.")
    ] = 500,
    paths: Annotated[
        str,
        typer.Option(
            "--paths",
            "--path",
            help="With --exhaustive: only these paths, by comma: contact, mailing, people ...",
        ),
    ] = "",
    part: Annotated[
        str,
        typer.Option(metavar="I/N", help="With --exhaustive: only the I-th of N parts of each path's runs."),
    ] = "1/1",
    processes: Annotated[
        int,
        typer.Option(
            "--jobs", "--processes", min=0, help="Processes to run in; 0: as many as there are cores."
        ),
    ] = 0,
    as_json: JsonFlag = False,
) -> int:
    """Kill, delay and repeat everything, and judge what really left.

    A failing seed replays alone. Example: courtesy faults --seed 4711 --schedules 1

    The exhaustive part goes piece by piece: courtesy faults --schedules 0 --exhaustive --path people --part 1/4
    """
    share = _share(part)
    from courtesy_local.faults.schedules.run import run_many, run_schedules
    from courtesy_local.faults.schedules.wrong import WRONG

    jobs = processes or os.cpu_count() or 1
    outcome = run_many(seed, schedules, jobs, _progress("schedules", schedules))
    designs = WRONG if schedules > 1 else ()
    seeded = {name: run_schedules(seed, MOST_TO_CATCH, design=name, until_caught=True) for name in designs}
    verdicts = _exhaustive(pairs, jobs, paths, share) if exhaustive else {}
    answer = _answer(outcome, seeded, verdicts)
    if as_json:
        show_json(answer)
    else:
        _tell(outcome, answer)
    failed = any(answer["violations"].values()) or not all(
        told["caught"] for told in answer["seeded"].values()
    )
    return PROBLEM if failed else OK


def _share(part: str) -> tuple[int, int]:
    """(i, n) of the text `i/n`. Raises RefusedInput."""
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", part.strip())
    i, n = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= i <= n:
        raise RefusedInput(f"--part {part!r} is no part; give the number of the part and of all, such as 2/5")
    return i, n


def _exhaustive(pairs: int, jobs: int, chosen: str, share: tuple[int, int]) -> "dict[str, Verdict]":
    from courtesy_local.faults.paths import PATHS, run_paths

    wanted = [name.strip() for name in chosen.split(",") if name.strip()] or list(PATHS)
    for name in wanted:
        if name not in PATHS:
            raise UnknownName("path", name, PATHS)
    told = _progress("runs under single faults and pairs")
    return run_paths(pairs, processes=jobs, paths=wanted, told=told, share=share)


def _progress(what: str, of: int = 0) -> Callable[[int], None]:
    """Says on standard error how far it is, every ten seconds."""
    begun = last = perf_counter()

    def tell(done: int) -> None:
        nonlocal last
        if perf_counter() - last > 10:
            last = perf_counter()
            share = f" of {of:,}" if of else ""
            sys.stderr.write(f"{done:,}{share} {what}, {done / (last - begun):,.0f}/s\n")

    return tell


def _answer(outcome: "Outcome", seeded: "dict[str, Outcome]", paths: "dict[str, Verdict]") -> dict[str, Any]:
    from courtesy_local.faults.schedules.run import KINDS

    violations = outcome.violations.copy()
    for verdict in paths.values():
        violations += verdict.violations
    kinds = [*KINDS, *sorted(set(violations) - set(KINDS))]
    answer: dict[str, Any] = {
        "schedules": outcome.schedules,
        "boundaries": outcome.boundaries,
        "violations": {kind: violations[kind] for kind in kinds},
        "seeded": {
            name: {"caught": bool(told.failures), "schedules": told.schedules}
            for name, told in seeded.items()
        },
        "seconds": round(outcome.seconds, 2),
        "failing_seeds": [failure.seed for failure in outcome.failures],
    }
    if paths:
        answer["exhaustive"] = {path: verdict.as_json() for path, verdict in paths.items()}
    return answer


def _tell(outcome: "Outcome", answer: dict[str, Any]) -> None:
    rate = outcome.schedules / outcome.seconds if outcome.seconds else 0.0
    console.print(
        f"{outcome.schedules:,} schedules ({rate:,.0f}/s), {outcome.boundaries:,} boundaries crossed",
        highlight=False,
    )
    table("Promises broken", ("promise", "schedules"), answer["violations"].items(), right=(1,))
    for failure in outcome.failures:
        for violation in failure.violations:
            console.print(f"  seed {failure.seed}: {violation.kind}: {violation.text}", highlight=False)
    for path, told in answer.get("exhaustive", {}).items():
        broken = sum(told["violations"].values())
        console.print(
            f"{path}: {told['schedules']:,} runs, {told['boundaries']:,} AWS calls, {broken} promises broken",
            highlight=False,
        )
        for plan in told["failing"]:
            console.print(f"  {plan}", highlight=False)
    rows = [
        (name, "caught" if told["caught"] else "NOT CAUGHT", told["schedules"])
        for name, told in answer["seeded"].items()
    ]
    if rows:
        table("Wrong designs", ("design", "", "schedules"), rows, right=(2,))
