"""The decision log in the lake: every candidate of every cycle, looked up by customer.

The parts of a cycle are Parquet, sorted by customer, and never change; a copy below the scratch folder serves later
questions too.
"""

from pathlib import Path

import duckdb
import orjson

from courtesy.decisions.log import cycles_in
from courtesy.population.plan import newest_first
from courtesy.ports import Lake

CYCLES = 12
"""How many of the latest cycles are searched."""


class LakeDecisionLog:
    """Answers which decisions were made on a customer."""

    def __init__(self, lake: Lake, scratch: Path) -> None:
        self._lake, self._scratch = lake, scratch

    def of(self, customer_id: str, trigger: str = "") -> list[dict[str, object]]:
        """Decisions on the customer, newest first; with `trigger` only that trigger's."""
        rows = [*self._from_cycles(customer_id), *self._from_events(customer_id)]
        named = [row for row in rows if not trigger or row.get("trigger") == trigger]
        return sorted(
            named, key=lambda row: (str(row.get("at", "")), str(row.get("trigger", ""))), reverse=True
        )

    def cycles(self, limit: int) -> list[str]:
        """Ids of the latest cycles that decided something, newest first."""
        return newest_first(self._lake, cycles_in(self._lake.list("decisions/")), limit)

    def files(self, cycle_id: str, kind: str = "decisions") -> list[Path]:
        """The Parquet parts of a cycle's decisions (or segments), fetched; empty where it has none."""
        paths = [path for path in self._lake.list(f"{kind}/{cycle_id}/part-") if path.endswith(".parquet")]
        return [self._copy(path) for path in paths]

    def _from_cycles(self, customer_id: str) -> list[dict[str, object]]:
        paths = [path for path in self._lake.list("decisions/") if path.endswith(".parquet")]
        latest = set(newest_first(self._lake, cycles_in(paths), CYCLES))
        files = [str(self._copy(path)) for path in paths if path.split("/")[1] in latest]
        if not files:
            return []
        with duckdb.connect() as columns:
            found = columns.execute(
                "SELECT to_json(decision) FROM read_parquet($files, union_by_name := true) AS decision WHERE customer_id = $id",
                {"files": files, "id": customer_id},
            )
            return [_shown(orjson.loads(document)) for (document,) in found.fetchall()]

    def _from_events(self, customer_id: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for path in self._lake.list(f"decisions/events/{customer_id}/"):
            rows.extend(_shown(orjson.loads(line)) for line in self._lake.get(path).splitlines() if line)
        return rows

    def _copy(self, path: str) -> Path:
        local = self._scratch / path
        if not local.exists():
            local.parent.mkdir(parents=True, exist_ok=True)
            fresh = local.with_suffix(".part")
            self._lake.download(path, fresh)
            fresh.rename(local)
        return local


def _shown(row: dict[str, object]) -> dict[str, object]:
    """A row as people see it: the full decision as JSON, not as text with JSON in it."""
    document = row.pop("json", None)
    if isinstance(document, str) and document:
        row["figures"] = orjson.loads(document)
    return row
