"""A dry run: what a contract would make of a file, against an earlier file or against nothing. Writes nothing but to `work`."""

from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from courtesy.intake.contract import SourceContract
from courtesy.intake.difference import BadRow, Difference, Means, Tally
from courtesy.intake.drift import drift_of
from courtesy.intake.header import check_columns
from courtesy.intake.report import Count, Drift
from courtesy.intake.shape import shape_of
from courtesy.intake.staged import StagedRow, decode_rows
from courtesy.intake.state import Segments
from courtesy.intake.unpack import Limits


class Rehearsal(NamedTuple):
    """How the rows would end, why some would not load, and the first of either kind."""

    tally: Tally
    reasons: list[Count]
    drift: list[Drift]
    bad: list[BadRow]
    rows: list[StagedRow]


def rehearse(
    contract: SourceContract,
    file: Path,
    means: Means,
    stated: datetime,
    before: Path | None = None,
    show: int = 20,
    limits: Limits = Limits(),  # noqa: B008 - a constant
) -> Rehearsal:
    """Read a file as read_drop would, `before` being what was applied a day earlier. Raises RefusedFile.

    show: how many bad rows and how many staged rows to give back; limits: what a file may cost.
    """
    applied: list[Path] = []
    if before is not None:
        earlier = _difference(contract, before, means, "before", [], stated - timedelta(days=1), limits)
        applied = [earlier.segment()]
        earlier.close()
    difference = _difference(contract, file, means, "now", applied, stated, limits)
    try:
        tally, reasons = difference.tally(), difference.reasons()
        drift = drift_of(
            difference.columns,
            contract,
            {},
            reasons,
            tally.rows_in,
            difference.parsed(),
            tally.gone_held,
            None,
        )
        rows = list(islice((row for chunk in difference.staged(500) for row in decode_rows(chunk)), show))
        return Rehearsal(tally, reasons, drift, list(islice(difference.bad_rows(), show)), rows)
    finally:
        difference.close()


def _difference(
    contract: SourceContract,
    file: Path,
    means: Means,
    folder: str,
    applied: list[Path],
    stated: datetime,
    limits: Limits,
) -> Difference:
    means = means._replace(work=means.work / folder)
    means.work.mkdir(parents=True, exist_ok=True)
    dropped = means.work / "drop"  # what read_drop calls it: DuckDB finds a meaning in `.gz` and in asterisks
    dropped.symlink_to(file.resolve())
    shape = shape_of(dropped, contract, means.work, limits, file.name)
    if contract.format.kind != "jsonl" and shape.header:
        check_columns(shape.header, contract, file.name)
    return Difference(shape, contract, Segments(applied, [], True), stated, file.name, means)
