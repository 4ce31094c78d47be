"""The demo's figures as people read them."""

from typing import Any

from courtesy.intake.report import FileReport
from courtesy.outcomes import FileOutcome
from courtesy_local.cli.output import console, table
from courtesy_local.demo.run import Run
from courtesy_local.stack.local_stack import LocalStack

SAMPLES = 3
"""How many customers are named for `courtesy show`."""


def show_figures(figures: dict[str, Any], run: Run) -> None:
    """Print the balance: what came in, who they are, who moved, what was decided, what left and what came back."""
    rows = figures["rows"]
    table(
        "Files",
        ("file", "how it ended", "rows", "loaded", "unchanged", "quarantined"),
        [
            (
                short_name(file.key),
                how_ended(report),
                report.rows_in,
                report.loaded,
                report.unchanged,
                report.quarantined,
            )
            for file in run.truth.files
            for report in [run.reports[file.key]]
        ],
        right=(2, 3, 4, 5),
    )
    console.print(
        f"\n{figures['files']} files; {rows['in']} rows in = {rows['loaded']} loaded + {rows['unchanged']} unchanged "
        f"+ {rows['quarantined']} quarantined",
        highlight=False,
    )
    identity = figures["identity"]
    console.print(
        f"{figures['source_records']} source records are {figures['customers']} customers "
        f"({figures['source_records'] / max(1, figures['customers']):.1f} each); "
        f"precision {identity['precision']:.4f}, recall {identity['recall']:.4f} against the truth\n",
        highlight=False,
    )
    _segments(figures["segments"])
    console.print(f"{figures['moves']} moves between segments in both cycles\n", highlight=False)
    decided = figures["decisions"]
    console.print(
        f"{decided['proposed']} proposed = {decided['reserved']} reserved + {decided['held']} held + "
        f"{decided['suppressed']} suppressed + {decided['control']} control",
        highlight=False,
    )
    reasons = sorted(decided["reasons"].items(), key=lambda item: -item[1])
    table("", ("why not", "candidates"), reasons, right=(1,))
    states = sorted({state for held in figures["contacts"].values() for state in held})
    table(
        "\nContacts",
        ("channel", *states),
        [
            (channel, *(held.get(state, 0) for state in states))
            for channel, held in figures["contacts"].items()
        ],
        right=range(1, len(states) + 1),
    )
    table("\nWhat came back", ("what", "times"), figures["feedback"].items(), right=(1,))
    table(
        "\nSeconds",
        ("phase", "s"),
        [(name, f"{s:.1f}") for name, s in figures["seconds"].items()],
        right=(1,),
    )
    _books(run)
    _where_to_look(run)


def short_name(key: str) -> str:
    """The name of a dropped file; with its source where the name does not begin with it."""
    source, name = key.split("/", 1)[0], key.rsplit("/", 1)[-1]
    return name if name.startswith(source) else f"{source}: {name}"


def how_ended(report: FileReport) -> str:
    """`loaded`, `repeated`, or `refused` and why."""
    return (
        f"{report.outcome}: {report.reason}"
        if report.outcome is FileOutcome.REFUSED
        else report.outcome.value
    )


def _segments(segments: dict[str, dict[str, int]]) -> None:
    divisions = sorted(segments)
    names = sorted({name for held in segments.values() for name in held})
    table(
        "Customers by segment",
        ("segment", *divisions),
        [(name, *(segments[division].get(name, 0) for division in divisions)) for name in names],
        right=range(1, len(divisions) + 1),
    )


def _books(run: Run) -> None:
    if run.books.balanced:
        console.print(
            f"\n[bold green]The books balance[/] ({len(run.books.checks)} checks).",
            highlight=False,
            markup=True,
        )
        return
    console.print(
        f"\n[bold red]The books do not balance[/]: {len(run.books.broken)} of {len(run.books.checks)} checks.",
        markup=True,
    )
    table(
        "", ("what", "is", "should be"), [(c.name, _short(c.left), _short(c.right)) for c in run.books.broken]
    )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _where_to_look(run: Run) -> None:
    stack = LocalStack()
    console.print(f"\nAPI and console  {stack.outputs().api_url}/console", highlight=False)
    console.print(f"Stand-in for AWS {stack.server().endpoint}", highlight=False)
    console.print("What was mailed  courtesy outbox", highlight=False)
    for customer in run.examples[:SAMPLES]:
        console.print(f"A customer       courtesy show {customer}", highlight=False)
