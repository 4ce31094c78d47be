"""`courtesy faults`: the proof that the contact law holds whatever fails, and that known wrong designs are caught."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
        bool, typer.Option(help="Also each AWS call with each fault, below botocore: some minutes.")
    ] = False,
    pairs: Annotated[
        int, typer.Option(min=0, help="With --exhaustive: so many pairs of faults of each path.")
    ] = 0,
    processes: Annotated[
        int, typer.Option(min=0, help="Processes to run schedules in; 0: as many as there are cores.")
    ] = 0,
    as_json: JsonFlag = False,
) -> int:
    """Kill, delay and repeat everything, and judge what really left.

    A failing seed replays alone. Example: courtesy faults --seed 4711 --schedules 1
    """
    from courtesy_local.faults.schedules.run import run_many, run_schedules
    from courtesy_local.faults.schedules.wrong import WRONG

    outcome = run_many(seed, schedules, processes or os.cpu_count() or 1)
    designs = WRONG if schedules > 1 else ()
    seeded = {
        name: run_schedules(seed, min(schedules, MOST_TO_CATCH), design=name, until_caught=True)
        for name in designs
    }
    paths = _exhaustive(pairs) if exhaustive else {}
    answer = _answer(outcome, seeded, paths)
    if as_json:
        show_json(answer)
    else:
        _tell(outcome, answer)
    failed = any(answer["violations"].values()) or not all(
        told["caught"] for told in answer["seeded"].values()
    )
    return PROBLEM if failed else OK


def _exhaustive(pairs: int) -> "dict[str, Verdict]":
    from courtesy_local.faults.paths import run_paths

    return run_paths(pairs)


def _answer(outcome: "Outcome", seeded: "dict[str, Outcome]", paths: "dict[str, Verdict]") -> dict[str, Any]:
    from courtesy_local.faults.schedules.run import KINDS

    violations = outcome.violations.copy()
    for verdict in paths.values():
        violations += verdict.violations
    answer: dict[str, Any] = {
        "schedules": outcome.schedules,
        "boundaries": outcome.boundaries,
        "violations": {kind: violations[kind] for kind in KINDS},
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
