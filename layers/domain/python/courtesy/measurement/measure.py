"""Use case: measure what contacting did, from the decision logs, segments and the latest snapshot in the lake. Nothing is written."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from courtesy.decisions.days import Readable, days_sql, fetch_days
from courtesy.decisions.log import cycles_in
from courtesy.errors import NotFound, RefusedInput
from courtesy.measurement.arms import MONEY, OUTCOMES, cells, make_arms, names, read_decisions, sizes
from courtesy.measurement.fatigue import Fatigue, fatigue
from courtesy.measurement.lift import Lift, Ratio, lift, sample_ratio
from courtesy.population.documents import connect, view_sql
from courtesy.population.plan import cycle_path, newest_first
from courtesy.population.scores import decode_scores
from courtesy.rulebook.model import Rulebook


class Arms(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison. level: overall, division, segment or trigger; contacted: of the treated; both: left out, they changed arms."""

    level: str
    name: str
    contacted: int
    both: int
    ratio: Ratio
    outcomes: dict[str, Lift | None]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. as_of: the snapshot's date; horizon: days; cycles, events: whose decisions were looked at, and how many decisions
    on single events; money in minor units."""

    as_of: str
    horizon: int
    cycles: list[str]
    events: int = 0
    currency: str
    arms: list[Arms]
    fatigue: list[Fatigue]


def measure(
    lake: Readable, rulebook: Rulebook, *, first: date, last: date, horizon: int, snapshot: str = ""
) -> Measured:
    """Decisions from `first` to `last` judged on the snapshot of a cycle (the latest). Raises NotFound, RefusedInput."""
    if not 1 <= horizon <= 3650:
        raise RefusedInput(f"horizon {horizon}: give 1 to 3650 days")
    decided = cycles_in(lake.list("decisions/"))
    cycles = newest_first(lake, (n for n in decided if first.isoformat() <= n[:10] <= last.isoformat()))[::-1]
    taken = newest_first(lake, {path.split("/")[1] for path in lake.list("snapshots/")}, 1)
    if not snapshot and not taken:
        raise NotFound("no cycle has taken a snapshot yet, so nothing can be judged")
    later = snapshot or taken[0]
    as_of = date.fromisoformat(decode_scores(lake.get(cycle_path(later, "scores.json"))).as_of)
    with TemporaryDirectory() as folder:
        here = Path(folder)
        logs = [path for cycle in cycles for path in _fetched(lake, "decisions", cycle, here)]
        places = [path for cycle in cycles for path in _fetched(lake, "segments", cycle, here)]
        events = fetch_days(lake, here, first, last)
        if not cycles and not events:
            raise NotFound(f"nothing was decided from {first} to {last}; take days on which a cycle ran")
        people = _fetched(lake, "snapshots", later, here)
        connection = connect(here)
        connection.execute(view_sql(people))
        read_decisions(connection, cycles, logs, places, events)
        made = connection.execute(f"SELECT count(*) FROM ({days_sql(events)})").fetchone() if events else None
        shares = {name: trigger.control_share for name, trigger in rulebook.triggers.items()}
        own = [name for name, share in shares.items() if share > 0]
        make_arms(connection, as_of, horizon, rulebook.population, own)
        overall = rulebook.decisions.global_control
        compared = []
        for level, name in names(connection):
            treated, held_out, contacted, both, records = sizes(connection, level, name)
            share = shares.get(name, 0.0) if level == "trigger" and shares.get(name, 0.0) > 0 else overall
            expected = sum(count * (1 - (1 - share) ** k) for k, count in records.items())
            ratio = sample_ratio(treated, held_out, expected)
            outcomes: dict[str, Lift | None] = {
                outcome: lift(
                    *cells(connection, level, name, outcome), money=outcome in MONEY, trusted=ratio.holds
                )
                for outcome in OUTCOMES
            }
            compared.append(
                Arms(level=level, name=name, contacted=contacted, both=both, ratio=ratio, outcomes=outcomes)
            )
        tired: list[Fatigue] = []
        if cycles and later != cycles[0] and (started := date.fromisoformat(cycles[0][:10])) < as_of:
            before, after = (_fetched(lake, "segments", one, here) for one in (cycles[0], later))
            tired = fatigue(connection, before, after, people, started, as_of)
        connection.close()
    return Measured(
        as_of=as_of.isoformat(), horizon=horizon, cycles=cycles, events=made[0] if made else 0, currency=rulebook.population.reporting_currency,
        arms=compared, fatigue=tired,
    )  # fmt: skip


def _fetched(lake: Readable, kind: str, cycle: str, here: Path) -> list[Path]:
    """Local copies of a cycle's parts. Raises NotFound."""
    paths = [path for path in lake.list(f"{kind}/{cycle}/part-") if path.endswith(".parquet")]
    if not paths:
        raise NotFound(f"the {kind} of cycle {cycle} are not in the lake")
    copied = []
    for path in paths:
        local = here / path
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(lake.get(path))
        copied.append(local)
    return copied
