"""Questions about drafted rules on a cycle that has ended: whom a criterion holds for, who would move. Nothing is written."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from courtesy.errors import NotFound, RefusedInput, UnknownName
from courtesy.population.catalogue import Catalogue, catalogue_of
from courtesy.population.criteria import check
from courtesy.population.cycle import read_scores
from courtesy.population.documents import connect, view_sql
from courtesy.population.preview import Preview, preview
from courtesy.population.rules import PopulationRules
from courtesy.population.scores import CORPORATE
from courtesy.ports import Lake
from courtesy.rulebook.model import Rulebook

MOST_PARTS = 4
"""Parts of a snapshot that a preview looks at. A part is a random share of the customers, so four tell how things would go."""


@dataclass(frozen=True)
class Audience:
    """Customers of a division for whom a criterion holds, does not, or is unknown (NULL); value: of those it holds for.

    value: their expected value together, minor units of the reporting currency
    """

    cycle_id: str
    division: str
    holds: int
    fails: int
    unknown: int
    value: int

    @property
    def customers(self) -> int:
        """All of the division."""
        return self.holds + self.fails + self.unknown

    @property
    def always(self) -> bool:
        """Every customer of the division meets the criterion."""
        return self.holds == self.customers > 0

    @property
    def never(self) -> bool:
        """No customer of the division meets it."""
        return self.holds == 0


@dataclass(frozen=True)
class Verdict:
    """What the check of a criterion came to; `problem` is empty where it is sound.

    position:  where the problem is, in characters from 0; -1 where it has no place
    nearest:   the known name that is nearest to an unknown one, else empty
    clauses:   the parts joined by AND, as they will run
    audience:  None without a cycle, and for a criterion that is not sound
    """

    problem: str
    position: int
    nearest: str
    clauses: tuple[str, ...]
    attributes: tuple[str, ...]
    audience: Audience | None


def judge(text: str, catalogue: Catalogue, lake: Lake, cycle_id: str, division: str = CORPORATE) -> Verdict:
    """Check a criterion and, where it is sound, count whom it holds for in the segments of that cycle ("": do not count)."""
    try:
        checked = check(text, catalogue, rule="criteria")
    except UnknownName as error:
        near = str(error).partition("did you mean '")[2].partition("'")[0]
        return Verdict(str(error), int(getattr(error, "position", -1)), near, (), (), None)
    except RefusedInput as error:
        return Verdict(str(error), int(getattr(error, "position", -1)), "", (), (), None)
    counted = audience(checked.sql, catalogue, lake, cycle_id, division) if cycle_id else None
    return Verdict("", -1, "", tuple(clause.text for clause in checked.clauses), checked.attributes, counted)


def audience(sql: str, catalogue: Catalogue, lake: Lake, cycle_id: str, division: str) -> Audience:
    """Count over the segments of a cycle. `sql` is a checked criterion's. Raises NotFound."""
    with TemporaryDirectory() as folder:
        here = Path(folder)
        files = _fetched(lake, "segments", cycle_id, here)
        connection = connect(here)
        listed = ", ".join(f"'{path.as_posix()}'" for path in files)
        # an attribute declared after the cycle is not in its files: unknown of everybody
        connection.execute(
            f"CREATE TEMP VIEW segments AS SELECT * FROM {catalogue.unknown_sql()} WHERE false "
            f"UNION ALL BY NAME SELECT * FROM read_parquet([{listed}])"
        )
        row = connection.execute(
            f"SELECT count(*) FILTER (held), count(*) FILTER (NOT held), count(*) FILTER (held IS NULL), "
            f"coalesce(sum(expected_value) FILTER (held), 0)::BIGINT "
            f"FROM (SELECT {sql} AS held, expected_value FROM segments WHERE division = $1)",
            [division],
        ).fetchone()
        connection.close()
    holds, fails, unknown, value = row if row else (0, 0, 0, 0)
    return Audience(cycle_id, division, holds, fails, unknown, value)


@dataclass(frozen=True)
class Rehearsed:
    """A preview, how many customers it looked at and how many there are."""

    cycle_id: str
    found: Preview
    looked_at: int
    customers: int


def rehearse(lake: Lake, rulebook: Rulebook, draft: PopulationRules, cycle_id: str) -> Rehearsed:
    """Who would move under a draft, on the snapshot of a cycle; of a large one on its first parts.

    Raises NotFound, and RefusedRule or UnknownAttribute for a criterion of the draft.
    """
    scores = read_scores(lake, cycle_id)
    with TemporaryDirectory() as folder:
        here = Path(folder)
        files = _fetched(lake, "snapshots", cycle_id, here, MOST_PARTS)
        connection = connect(here)
        connection.execute(view_sql(files))
        found = preview(
            connection, date.fromisoformat(scores.as_of), rulebook.population, draft, scores, catalogue_of(rulebook.sources)
        )  # fmt: skip
        row = connection.execute("SELECT count(*) FROM snapshot").fetchone()
        connection.close()
    return Rehearsed(cycle_id, found, int(row[0]) if row else 0, scores.customers)


def _fetched(lake: Lake, kind: str, cycle_id: str, folder: Path, most: int = 0) -> list[Path]:
    paths = [path for path in lake.list(f"{kind}/{cycle_id}/part-") if path.endswith(".parquet")]
    if not paths:
        raise NotFound(f"the {kind} of cycle {cycle_id!r} are not in the lake")
    files = []
    for path in paths[: most or None]:
        files.append(folder / Path(path).name)
        lake.download(path, files[-1])
    return files
