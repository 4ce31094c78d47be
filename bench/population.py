"""The population's yardstick: documents to segments, step by step, beside a plain DuckDB script and plain Python.

Invented customers of three divisions and corporate, no two alike. Parts of at most 120,000 customers (twice what a cycle gives to one
function) one after another in one process, two threads, so memory does not grow with the population. Seconds of the clock, and of the
processor where `cpu` is said: on a machine that does other work only those compare. Segments and plain script are taken in turns,
`--repeat` times, and the least of each counts.

The plain script is what somebody would write for this file alone: over all parts at once it unnests the purchases, groups them by
customer and division and by customer for corporate (first, last, purchase days, purchases, revenue, of twelve months and the twelve
before), quintiles by `ntile`, joins the person's columns, lifecycle, the eight sub-segments and a value tier by CASE, 33 columns
ordered and written as Parquet. It has no value model, permissions, cases, contacts, assets, places, currencies or rules. The bare
script does only recency, frequency and revenue with their quintiles, 8 columns. `segments from snapshot` is all of the catalogue.

Plain Python reads the documents with orjson and makes the plain script's ledger figures in dicts, for 20,000 of the customers.

`--transactions N` measures RFM and eight segments over N raw transactions instead (see `bench/population_rfm.py`).
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import orjson

from bench.outcome import Goal, Outcome
from bench.population_rfm import SHARE as RAW_SHARE
from bench.population_rfm import make_transactions
from courtesy.population.bgnbd import fit_buying
from courtesy.population.catalogue import SHIPPED, Catalogue
from courtesy.population.criteria import check
from courtesy.population.documents import (
    ROWS_READ_AT_ONCE,
    connect,
    snapshot_sql,
    view_sql,
    write_lines,
    write_parquet,
)
from courtesy.population.features import make_features
from courtesy.population.ledger import day_of, purchases_sql
from courtesy.population.moves import moves_of
from courtesy.population.rules import PopulationRules
from courtesy.population.scores import Scores
from courtesy.population.segments import place, placement_of, write_segments
from courtesy.population.summaries import score_divisions, summary_sql
from courtesy.population.valuation import make_valued

AS_OF = date(2026, 11, 1)
TODAY = day_of(AS_OF)
DIVISIONS = ("cars", "motorcycles", "marine")
PART = 120_000
SAMPLE = 20_000
EXAMPLE = "courtesy bench population 100000 --json"


def documents(customers: int) -> Iterator[bytes]:
    """Profile documents with ledgers, country and e-mail; a customer buys in about half of the divisions."""
    chance = random.Random(1)
    values = {
        "country": ["US", "crm", "1", "2024-01-01T00:00:00Z"],
        "email": ["x@example.org", "crm", "1", "2024-01-01T00:00:00Z"],
    }
    for number in range(customers):
        ledgers = {}
        for division in DIVISIONS:
            if chance.random() < 0.5:
                days: list[list[int | str]] = []
                day, rate = TODAY - chance.randrange(1, 2500), chance.gammavariate(0.6, 0.005)
                quits = chance.betavariate(1.2, 4)
                while day <= TODAY and len(days) < 80:
                    days.append([day, int(chance.gammavariate(4, chance.gammavariate(5, 1500))), 1, "USD"])
                    if chance.random() < quits:
                        break
                    day += 1 + int(min(chance.expovariate(rate + 1e-9), 1e5))
                ledgers[division] = {"occasions": days}
        yield orjson.dumps(
            {"customer_id": f"c{number:08d}", "values": values, "records": 1, "ledgers": ledgers}
        )


class Watch:
    """Adds up seconds by name, of the clock and of the processor."""

    def __init__(self) -> None:
        self.clock: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def least(self, name: str, other: "Watch", of: str) -> None:
        """Keep the least that was measured of it."""
        for kept, given in ((self.clock, other.clock), (self.cpu, other.cpu)):
            kept[name] = min(kept.get(name, 1e9), given[of])

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add what the block takes."""
        started, worked = time.perf_counter(), time.process_time()
        yield
        self.clock[name] = self.clock.get(name, 0.0) + time.perf_counter() - started
        self.cpu[name] = self.cpu.get(name, 0.0) + time.process_time() - worked


def measure(customers: int, lifetimes: str = "", repeat: int = 1) -> dict[str, float]:
    """Seconds per step, the ratios, and the peak memory in MB."""
    watch, rules, catalogue = Watch(), PopulationRules(), Catalogue(SHIPPED)
    with TemporaryDirectory() as folder:
        here = Path(folder)
        snapshots = _snapshots(here, customers, rules, watch)
        connection = connect(here, memory="1GB")
        connection.execute(
            f"CREATE TEMP VIEW summary AS SELECT * FROM read_parquet('{here}/summary-*.parquet')"
        )
        with watch.timed("fit and quantiles"):
            divisions = score_divisions(connection, rules)
        histories = here / "histories.csv"
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE history AS SELECT a AS x, b / 7.0::DOUBLE AS t_x, c / 7.0::DOUBLE AS t, n FROM merged "
            "WHERE kind = 'x' AND division = 'corporate' ORDER BY a, b, c"
        )
        connection.execute(f"COPY history TO '{histories}'")
        with watch.timed("fit, corporate alone"):
            fitted = fit_buying(connection, "history")
        connection.close()
        scores = Scores(
            cycle_id="bench", as_of=AS_OF.isoformat(), rulebook=1, data_version="0", customers=customers, restricted=0,
            divisions=divisions,
        )  # fmt: skip
        for again in range(repeat):
            once = Watch()
            rows = _segments(here, snapshots, scores, rules, catalogue, once, last=again == repeat - 1)
            watch.least("segments", once, "segments")
            if again == repeat - 1:
                for name in set(once.clock) - {"segments"}:
                    watch.least(name, once, name)
            if again == 0:  # before any script that is not ours
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            _plain_scripts(here, snapshots, once)
            for name in ("bare script", "plain script"):
                watch.least(name, once, name)
        other = _lifetimes(lifetimes, histories)
    _plain_python(customers, watch)
    found: dict[str, float] = {"customers": customers, "rows": rows, "peak MB": round(peak)}
    for name, taken in watch.clock.items():
        found[name], found[f"{name}, cpu"] = round(taken, 2), round(watch.cpu[name], 2)
    own, clock = watch.cpu["segments"], watch.clock["segments"]
    for name in ("plain script", "bare script"):
        found[f"ratio to the {name}, cpu"] = round(own / watch.cpu[name], 2)
        found[f"ratio to the {name}, clock"] = round(clock / watch.clock[name], 2)
    sampled = min(SAMPLE, customers)
    found["plain Python's cpu to ours"] = round(
        watch.cpu["plain Python, sample"] / sampled / (own / customers), 1
    )
    if other:
        mine = watch.cpu["fit, corporate alone"] + watch.cpu["predict, corporate alone"]
        found["lifetimes, fit and predict"] = round(other["seconds"], 2)
        found["lifetimes, fit and predict, cpu"] = round(other["cpu"], 2)
        found["lifetimes' cpu to ours"] = round(other["cpu"] / mine, 1)
        ours = (fitted.r, fitted.alpha, fitted.a, fitted.b)
        found["largest relative difference of a parameter"] = round(
            max(abs(theirs / own - 1) for theirs, own in zip(other["parameters"], ours, strict=True)), 6
        )
    return found


def _segments(
    here: Path,
    snapshots: list[Path],
    scores: Scores,
    rules: PopulationRules,
    catalogue: Catalogue,
    watch: Watch,
    *,
    last: bool,
) -> int:
    """Segments of all parts; the last time also what follows from them. Returns the rows."""
    rows = 0
    check.cache_clear()
    with watch.timed("segments"):
        placement = placement_of(rules, catalogue)
    for snapshot in snapshots:
        connection = connect(here, memory="1GB")
        with watch.timed("segments"):
            connection.execute(view_sql([snapshot]))
            make_features(connection, AS_OF, rules)
            make_valued(connection, AS_OF, scores, rules)
            place(connection, catalogue, placement)
            rows += write_segments(connection, here / f"segments-{snapshot.stem}.parquet")
        if last:
            with watch.timed("moves, all first placements"):
                moved = moves_of(connection, AS_OF, "bench", 1, "0")
            del moved
            with watch.timed("predict, corporate alone"):
                connection.execute(
                    "SELECT sum(expected_purchases) FROM valued WHERE division = 'corporate'"
                ).fetchall()
        connection.close()
    return rows


def _lifetimes(python: str, histories: Path) -> dict[str, Any]:
    """What `lifetimes` makes of the same customers, in an environment of its own; empty where none is given."""
    if not python:
        return {}
    script = Path(__file__).with_name("population_lifetimes.py")
    run = subprocess.run([python, script, histories], capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def _snapshots(here: Path, customers: int, rules: PopulationRules, watch: Watch) -> list[Path]:
    """The parts' snapshots and summaries."""
    source, snapshots = documents(customers), []
    for number in range(-(-customers // PART)):
        lines = here / "documents.jsonl"
        write_lines(islice(source, PART), lines)
        snapshots.append(here / f"part-{number:05}.parquet")
        connection = connect(here, memory="1GB")
        with watch.timed("snapshot"):
            write_parquet(connection, snapshot_sql(lines, ()), snapshots[-1], ROWS_READ_AT_ONCE)
        lines.unlink()
        with watch.timed("summary"):
            connection.execute(view_sql([snapshots[-1]]))
            connection.execute(purchases_sql(AS_OF, rules))
            write_parquet(connection, summary_sql(AS_OF), here / f"summary-{number:05}.parquet")
        connection.close()
    return snapshots


_PURCHASES = """
CREATE TEMP TABLE o AS SELECT customer_id, l.division AS division, unnest(l.occasions, recursive := true)
    FROM (SELECT customer_id, unnest(ledgers) AS l FROM snapshot);
"""

_BARE = """
CREATE TEMP TABLE b AS SELECT customer_id, division, max(day) r, count(*) f, sum(amount) m FROM o GROUP BY ALL
    UNION ALL SELECT customer_id, 'corporate', max(day), count(DISTINCT day), sum(amount) FROM o GROUP BY ALL;
COPY (SELECT *, ntile(5) OVER (PARTITION BY division ORDER BY r) rs, ntile(5) OVER (PARTITION BY division ORDER BY f) fs,
    ntile(5) OVER (PARTITION BY division ORDER BY m) ms FROM b ORDER BY customer_id, division)
    TO '$out' (FORMAT parquet, COMPRESSION zstd)
"""

_PLAIN = """
CREATE TEMP TABLE b AS
    WITH d AS (
        SELECT customer_id, division, day, sum(amount) amount, sum(purchases) purchases FROM o WHERE day <= $today GROUP BY ALL
        UNION ALL
        SELECT customer_id, 'corporate', day, sum(amount), sum(purchases) FROM o WHERE day <= $today GROUP BY ALL)
    SELECT customer_id, division, min(day) first_day, max(day) last_day, count(*) purchase_days, sum(purchases) purchases,
        sum(purchases) FILTER (day > $today - 365) purchases_12m, sum(amount) revenue,
        sum(amount) FILTER (day > $today - 365) revenue_12m,
        sum(amount) FILTER (day <= $today - 365 AND day > $today - 730) revenue_before FROM d GROUP BY ALL;
COPY (
    WITH s AS (
        SELECT *, 6 - ntile(5) OVER (PARTITION BY division ORDER BY $today - last_day) r_score,
            ntile(5) OVER (PARTITION BY division ORDER BY purchase_days) f_score,
            ntile(5) OVER (PARTITION BY division ORDER BY revenue) m_score FROM b),
    a AS (
        SELECT c.customer_id, coalesce(s.division, 'corporate') AS division, s.* EXCLUDE (customer_id, division),
            c.country, c.postcode_prefix, c."language", c.has_email, c.has_phone, c.has_address, c.source_records,
            $today - first_day tenure_days, $today - last_day days_since_purchase,
            DATE '1970-01-01' + first_day first_purchase_date, DATE '1970-01-01' + last_day last_purchase_date,
            round(revenue / purchase_days)::BIGINT average_order,
            CASE WHEN revenue_before > 0 THEN revenue_12m / revenue_before END trend,
            CASE WHEN purchase_days > 1 THEN (last_day - first_day) / (purchase_days - 1) END mean_interval_days,
            concat(r_score, f_score, m_score) scores
        FROM snapshot c LEFT JOIN s ON s.customer_id = c.customer_id WHERE NOT c.restricted),
    l AS (
        SELECT *, CASE WHEN coalesce(purchase_days, 0) = 0 THEN 'prospect'
            WHEN purchase_days = 1 AND days_since_purchase <= 365 THEN 'new'
            WHEN purchase_days >= 2 AND days_since_purchase <= 540 THEN 'returning' ELSE 'lapsed' END lifecycle FROM a)
    SELECT *, CASE lifecycle
        WHEN 'returning' THEN CASE WHEN r_score >= 4 AND f_score >= 4 AND m_score >= 4 THEN 'champion'
            WHEN f_score >= 4 OR purchase_days >= 5 THEN 'loyal' WHEN purchase_days = 2 THEN 'newly_returning' ELSE 'promising' END
        WHEN 'lapsed' THEN CASE WHEN days_since_purchase <= 720 THEN 'slipping' WHEN days_since_purchase <= 1080 THEN 'at_risk'
            WHEN m_score >= 4 THEN 'lost_high_value' ELSE 'lost' END
        ELSE '' END sub_segment,
        CASE WHEN revenue < 0 THEN 'below_zero' WHEN m_score = 5 THEN 'high_performance' WHEN m_score = 4 THEN 'high_potential'
            ELSE 'standard' END value_tier
    FROM l ORDER BY customer_id, division) TO '$out' (FORMAT parquet, COMPRESSION zstd)
"""


def _plain_scripts(here: Path, snapshots: list[Path], watch: Watch) -> None:
    files = ", ".join(f"'{path}'" for path in snapshots)
    for name, script in (("bare script", _BARE), ("plain script", _PLAIN)):
        plain: duckdb.DuckDBPyConnection = connect(here, memory="4GB")
        plain.execute(f"CREATE TEMP VIEW snapshot AS SELECT * FROM read_parquet([{files}])")
        with watch.timed(name):
            plain.execute(
                _PURCHASES + script.replace("$today", str(TODAY)).replace("$out", f"{here}/plain.parquet")
            )
        plain.close()


def _plain_python(customers: int, watch: Watch) -> None:
    """The plain script's ledger figures of a sample, by dicts and lists."""
    lines = list(islice(documents(min(customers, SAMPLE)), SAMPLE))
    with watch.timed("plain Python, sample"):
        figures = {}
        for line in lines:
            document = orjson.loads(line)
            everywhere: dict[int, list[int]] = {}
            for division, ledger in document["ledgers"].items():
                days: dict[int, list[int]] = {}
                for day, amount, purchases, _ in ledger["occasions"]:
                    for scope in (days, everywhere):
                        known = scope.setdefault(day, [0, 0])
                        known[0] += amount
                        known[1] += purchases
                figures[document["customer_id"], division] = _figures(days)
            if everywhere:
                figures[document["customer_id"], "corporate"] = _figures(everywhere)


def _figures(days: dict[int, list[int]]) -> tuple[int, ...]:
    year = [value for day, value in days.items() if day > TODAY - 365]
    before = [value[0] for day, value in days.items() if TODAY - 730 < day <= TODAY - 365]
    return (
        min(days), max(days), len(days), sum(v[1] for v in days.values()), sum(v[1] for v in year),
        sum(v[0] for v in days.values()), sum(v[0] for v in year), sum(before),
    )  # fmt: skip


def options(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    parser.add_argument(
        "customers",
        nargs="*",
        type=int,
        default=[100_000],
        help="how many customers; several sizes for a series",
    )
    parser.add_argument("--lifetimes", default="", help="a Python that has bench/requirements-lifetimes.in")
    parser.add_argument(
        "--repeat", type=int, default=1, help="how often segments and plain script are measured"
    )
    parser.add_argument(
        "--transactions", type=int, default=0, help="RFM over so many raw transactions instead"
    )


def bench(asked: argparse.Namespace) -> Outcome:
    """Measure each size."""
    if asked.transactions:
        return _raw(asked.transactions)
    found = [measure(customers, asked.lifetimes, asked.repeat) for customers in asked.customers]
    return Outcome(
        {f"{customers:,} customers": one for customers, one in zip(asked.customers, found, strict=True)},
        tuple(_goals(found)),
    )


def _goals(found: list[dict[str, float]]) -> Iterator[Goal]:
    largest = max(found, key=lambda one: one["customers"])
    for clock in ("cpu", "clock"):
        yield Goal(
            f"segments to the plain script, {clock}",
            largest[f"ratio to the plain script, {clock}"],
            at_most=1.5,
        )
    yield Goal("peak memory", largest["peak MB"], at_most=1500, unit="MB")
    if "lifetimes' cpu to ours" in largest:
        yield Goal("lifetimes to fit and predict, cpu", largest["lifetimes' cpu to ours"], at_least=4)
        yield Goal(
            "difference of a parameter", largest["largest relative difference of a parameter"], at_most=5e-4
        )
    if len(found) > 1:
        steps = ("snapshot, cpu", "summary, cpu", "segments, cpu", "fit and quantiles, cpu")
        least, most = (
            sum(one[step] for step in steps) / one["customers"]
            for one in (min(found, key=lambda one: one["customers"]), largest)
        )
        yield Goal(
            "a customer's processor time, most to fewest customers", round(most / least, 2), at_most=1.1
        )


def _raw(transactions: int) -> Outcome:
    """Each way in a process of its own, so that each has its own peak of memory."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "transactions.csv"
        make_transactions(transactions, path)
        found = {}
        for way in ("ours", "plain script", "plain Python"):
            command = [sys.executable, "-m", "bench.population_rfm", way, str(path)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            found[way] = json.loads(run.stdout)
    script = round(found["ours"]["cpu"] / found["plain script"]["cpu"], 2)
    share = min(1.0, RAW_SHARE / transactions)
    python = round(found["plain Python"]["cpu"] / share / found["ours"]["cpu"], 1)
    figures = {
        "transactions": transactions,
        **{way: {k: v for k, v in one.items() if k != "counts"} for way, one in found.items()},
        "segments": found["ours"]["counts"],
        "ratio to the plain script, cpu": script,
        "plain Python's cpu to ours": python,
    }
    return Outcome(figures, (Goal("peak memory", found["ours"]["peak MB"], at_most=1500, unit="MB"),))
