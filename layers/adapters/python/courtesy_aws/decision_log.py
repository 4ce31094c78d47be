"""The decision log in the lake: every candidate of every cycle, looked up by customer.

The parts of a cycle are Parquet, sorted by customer, and change only when a person is erased from them; a copy below the scratch
folder serves later questions too.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from shutil import rmtree

import duckdb
import orjson

from courtesy.decisions.log import cycles_in
from courtesy.population.plan import newest_first
from courtesy_aws.file_reports import WrittenLake

BY_CYCLE = "decisions/2"
"""Where the parts of cycles lie, whose ids begin with their day; beside them lies what was decided on single events."""
CYCLES = 12
"""How many of the latest cycles are searched."""


class LakeDecisionLog:
    """Answers which decisions were made on a customer."""

    def __init__(self, lake: WrittenLake, scratch: Path) -> None:
        self._lake, self._scratch = lake, scratch

    def of(self, customer_ids: Sequence[str], trigger: str = "") -> list[dict[str, object]]:
        """Decisions on the customer with these ids (one, and those it had before), newest first; with `trigger` only that trigger's."""
        rows = self._from_cycles(customer_ids)
        for customer_id in customer_ids:
            rows += self._from_events(customer_id)
        named = [row for row in rows if not trigger or row.get("trigger") == trigger]
        return sorted(
            named, key=lambda row: (str(row.get("at", "")), str(row.get("trigger", ""))), reverse=True
        )

    def cycles(self, limit: int) -> list[str]:
        """Ids of the latest cycles that decided something, newest first."""
        return newest_first(self._lake, cycles_in(self._lake.list(BY_CYCLE)), limit)

    def files(self, cycle_id: str, kind: str = "decisions") -> list[Path]:
        """The Parquet parts of a cycle's decisions (or segments), fetched; empty where it has none."""
        parts = self._parts(f"{kind}/{cycle_id}/part-")
        return [self._copy(path, at) for path, at in parts.items()]

    def _parts(self, prefix: str) -> dict[str, datetime]:
        """The Parquet files below a prefix, sorted, and when each was written."""
        found = {path: at for at, path in self._lake.written(prefix) if path.endswith(".parquet")}
        return dict(sorted(found.items()))

    def _from_cycles(self, customer_ids: Sequence[str]) -> list[dict[str, object]]:
        parts = self._parts(BY_CYCLE)
        latest = set(newest_first(self._lake, cycles_in(list(parts)), CYCLES))
        files = [str(self._copy(path, at)) for path, at in parts.items() if path.split("/")[1] in latest]
        if not files:
            return []
        with duckdb.connect() as columns:
            found = columns.execute(
                "SELECT to_json(decision) FROM read_parquet($files, union_by_name := true) AS decision "
                "WHERE customer_id IN (SELECT unnest($ids))",
                {"files": files, "ids": list(customer_ids)},
            )
            return [_shown(orjson.loads(document)) for (document,) in found.fetchall()]

    def _from_events(self, customer_id: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for path in self._lake.list(f"decisions/events/{customer_id}/"):
            rows.extend(_shown(orjson.loads(line)) for line in self._lake.get(path).splitlines() if line)
        return rows

    def _copy(self, path: str, written: datetime) -> Path:
        """The local copy of a part as it was written then; an earlier one goes, for an erasure writes parts anew."""
        kept = (self._scratch / path).with_suffix("")
        local = kept / f"{written:%Y%m%dT%H%M%S}.parquet"
        if not local.exists():
            rmtree(kept, ignore_errors=True)
            kept.mkdir(parents=True)
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
