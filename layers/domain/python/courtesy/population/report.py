"""The cycle's report: what was counted, where customers are, who moved, what was decided, and whether the balances hold."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec

from courtesy.errors import NotFound
from courtesy.outcomes import DecisionOutcome
from courtesy.population.cycle import PartCount, PartPlaced, read_scores
from courtesy.population.documents import connect
from courtesy.population.plan import Cycle, counts_path
from courtesy.ports import Lake
from courtesy.rulebook.model import Rulebook


class CycleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `outcomes/cycles/{cycle_id}.json` holds.

    customers: counted (documents scanned), in_parts, segmented, restricted
    segments:  division -> segment (sub-segment, or lifecycle where there is none) -> customers
    value:     the same -> expected value together, minor units of the reporting currency
    moves:     all; first placements apart; `movement`: division, from, to, customers, value
    decisions: proposed, by outcome, and reasons
    outcome:   `done`, or `error` where a balance does not hold; alarms say which
    """

    cycle_id: str
    as_of: str
    rulebook: int
    data_version: str
    customers: dict[str, int]
    segments: dict[str, dict[str, int]]
    value_tiers: dict[str, dict[str, int]]
    value: dict[str, dict[str, int]]
    models: dict[str, dict[str, Any]]
    moves: int
    first_placements: int
    movement: list[dict[str, Any]]
    decisions: dict[str, Any]
    alarms: list[str]
    balanced: bool
    outcome: str


SEGMENT = "CASE WHEN sub_segment = '' THEN lifecycle ELSE sub_segment END"
"""The one word for a place: its sub-segment, or its lifecycle where that has none."""


def report_cycle(lake: Lake, rulebook: Rulebook, cycle: Cycle) -> CycleReport:
    """Read what the parts left in the lake, check the balances, write the report. Raises NotFound where a part left nothing."""
    counts = [
        _read(lake, counts_path("snapshots", cycle.cycle_id, part), PartCount) for part in cycle.part_numbers
    ]
    placed = [
        _read(lake, counts_path("segments", cycle.cycle_id, part), PartPlaced) for part in cycle.part_numbers
    ]
    scores = read_scores(lake, cycle.cycle_id)
    customers = {
        "counted": sum(count.scanned for count in counts),
        "in_parts": sum(count.customers for count in counts),
        "segmented": sum(part.customers for part in placed),
        "restricted": sum(count.restricted for count in counts),
    }
    errors, alarms = [], []
    if customers["counted"] != customers["in_parts"]:
        errors.append(
            f"{customers['counted']} customers were scanned, {customers['in_parts']} are in the snapshot"
        )
    if customers["in_parts"] != customers["segmented"] + customers["restricted"]:
        errors.append(
            f"{customers['in_parts']} customers in the snapshot, {customers['segmented']} segmented, "
            f"{customers['restricted']} restricted"
        )
    with TemporaryDirectory() as folder:
        here = Path(folder)
        connection = connect(here)
        found = {
            kind: _fetch(lake, cycle, kind, here, connection) for kind in ("segments", "moves", "decisions")
        }
        for kind in ("segments", "moves"):
            if not found[kind]:
                raise NotFound(
                    f"the {kind} of cycle {cycle.cycle_id!r} are not in the lake; run the cycle anew"
                )
        segments = _table(
            connection,
            f"SELECT division, {SEGMENT}, count(*)::BIGINT FROM segments GROUP BY ALL ORDER BY ALL",
        )
        value = _table(
            connection,
            f"SELECT division, {SEGMENT}, coalesce(sum(expected_value), 0)::BIGINT FROM segments GROUP BY ALL ORDER BY ALL",
        )
        tiers = _table(
            connection,
            "SELECT division, value_tier, count(*)::BIGINT FROM segments GROUP BY ALL ORDER BY ALL",
        )
        movement = _movement(connection)
        decisions, decision_errors = _decisions(connection, found["decisions"])
        connection.close()
    moves = sum(part.moves for part in placed)
    first = sum(int(row["customers"]) for row in movement if row["from"] == "")
    alarms += _drift(movement, segments, rulebook.population.drift_alarm)
    errors += decision_errors
    if sum(int(row["customers"]) for row in movement) != moves:
        errors.append(
            f"{moves} moves were written, {sum(int(r['customers']) for r in movement)} are in the lake"
        )
    report = CycleReport(
        cycle_id=cycle.cycle_id, as_of=cycle.as_of, rulebook=cycle.rulebook, data_version=scores.data_version,
        customers=customers, segments=segments, value_tiers=tiers, value=value,
        models={
            name: {
                "source": d.source, "buyers": d.buyers, "repeaters": d.repeaters,
                "buying": msgspec.to_builtins(d.buying) if d.source == "own" else None,
                "spend": msgspec.to_builtins(d.spend) if d.source == "own" else None,
            }
            for name, d in scores.divisions.items()
        },
        moves=moves, first_placements=first, movement=movement, decisions=decisions, alarms=errors + alarms,
        balanced=not errors, outcome="error" if errors else "done",
    )  # fmt: skip
    lake.put(
        f"outcomes/cycles/{cycle.cycle_id}.json", msgspec.json.format(msgspec.json.encode(report), indent=1)
    )
    return report


def _read(lake: Lake, path: str, kind: type[Any]) -> Any:
    return msgspec.json.decode(lake.get(path), type=kind)


def _fetch(lake: Lake, cycle: Cycle, kind: str, here: Path, connection: duckdb.DuckDBPyConnection) -> bool:
    """The cycle's Parquet parts of that kind as a view; whether there is any."""
    paths = [path for path in lake.list(f"{kind}/{cycle.cycle_id}/part-") if path.endswith(".parquet")]
    for path in paths:
        lake.download(path, here / f"{kind}-{Path(path).name}")
    if not paths:
        return False
    connection.execute(
        f"CREATE TEMP VIEW {kind} AS SELECT * FROM read_parquet('{here.as_posix()}/{kind}-part-*.parquet')"
    )
    return True


def _table(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for division, name, figure in connection.execute(query).fetchall():
        table.setdefault(division, {})[name] = figure
    return table


def _movement(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Who went from where to where; `from` is empty for a first placement. A change of tier alone has equal ends."""
    before = SEGMENT.replace("sub_segment", "previous_sub_segment").replace("lifecycle", "previous_lifecycle")
    rows = connection.execute(f"""
        SELECT division, coalesce({before}, '') AS "from", {SEGMENT} AS "to", count(*)::BIGINT, sum(value)::BIGINT
        FROM moves GROUP BY ALL ORDER BY ALL""").fetchall()
    return [
        {"division": division, "from": left, "to": right, "customers": customers, "value": value}
        for division, left, right, customers, value in rows
    ]


def _decisions(connection: duckdb.DuckDBPyConnection, found: bool) -> tuple[dict[str, Any], list[str]]:
    """Proposed = reserved + held + suppressed + control: each candidate once, with one of the four outcomes."""
    figures: dict[str, Any] = {
        "proposed": 0,
        **{outcome.value: 0 for outcome in DecisionOutcome},
        "reasons": {},
    }
    if not found:
        return figures, []
    row = connection.execute(
        'SELECT count(*)::BIGINT, count(DISTINCT (customer_id, "trigger", occurrence))::BIGINT FROM decisions'
    ).fetchone()
    rows, candidates = row if row else (0, 0)
    figures["proposed"] = candidates
    known = {outcome.value for outcome in DecisionOutcome}
    errors = []
    for outcome, n in connection.execute(
        "SELECT outcome, count(*)::BIGINT FROM decisions GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        if outcome in known:
            figures[outcome] = n
        else:
            errors.append(f"{n} decisions have the outcome {outcome!r}, which there is not")
    for reason, n in connection.execute(
        "SELECT reason, count(*)::BIGINT FROM decisions GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        figures["reasons"][reason or ""] = n
    total = sum(figures[outcome] for outcome in known)
    if candidates != total or rows != total:
        errors.append(
            f"{candidates} candidates were proposed, {rows} decisions recorded, {total} with an outcome"
        )
    return figures, errors


def _drift(movement: list[dict[str, Any]], segments: dict[str, dict[str, int]], limit: float) -> list[str]:
    """Alarms for divisions in which more customers than the limit went to another segment."""
    alarms = []
    for division, counts in segments.items():
        total = sum(counts.values())
        moved = sum(
            int(row["customers"])
            for row in movement
            if row["division"] == division and row["from"] not in ("", row["to"])
        )
        if total and moved / total > limit:
            alarms.append(
                f"{division}: {moved} of {total} customers went to another segment ({moved / total:.0%}, "
                f"alarm above {limit:.0%}); see whether rules or data changed"
            )
    return alarms
