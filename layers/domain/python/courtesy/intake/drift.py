"""Schema drift: what changed in a file's shape against the contract and against the file before it."""

from collections.abc import Mapping

from courtesy.intake.contract import SourceContract
from courtesy.intake.report import Count, Drift, FileReport

_ENOUGH = 50
"""Fewer rows say nothing about shares."""


def drift_of(
    columns: tuple[str, ...],
    contract: SourceContract,
    empty: Mapping[str, float],
    reasons: list[Count],
    rows: int,
    parsed: int,
    gone_held: int,
    before: FileReport | None,
) -> list[Drift]:
    """New, missing and retyped columns, jumps of the number of rows and of empty values, and closings held back.

    columns: of the file, empty where nothing names them; empty: share of empty values per column over the `parsed` rows;
    before: report of the file applied before, None where there is none.
    """
    found = []
    if columns:
        known = set(contract.columns) | set(before.columns if before else ())
        named = before is not None and bool(before.columns)
        found += [Drift("new_column", c) for c in columns if named and c not in known]
        found += [Drift("missing_column", c) for c in contract.columns if c not in columns]
        if before is not None:
            gone = [c for c in before.columns if c not in columns and c not in contract.columns]
            found += [Drift("missing_column", c) for c in gone]
    for count in reasons:
        if count.reason.startswith("not_") and parsed >= _ENOUGH and count.rows > parsed / 2:
            found.append(
                Drift("retyped_column", count.column, before=count.expected, now=f"{count.rows} rows")
            )
    if before is not None and before.rows_in >= _ENOUGH:
        change = abs(rows - before.rows_in) / before.rows_in
        if change > contract.drift.rows:
            found.append(Drift("rows", before=str(before.rows_in), now=str(rows)))
        if parsed >= _ENOUGH:
            for column, share in empty.items():
                was = before.columns.get(column)
                if was is not None and was >= 0 and share - was > contract.drift.nulls:
                    found.append(Drift("nulls", column, before=f"{was:.0%}", now=f"{share:.0%}"))
    if gone_held:
        found.append(Drift("gone_held", now=f"{gone_held} records"))
    return found
