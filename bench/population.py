"""The population's yardstick: documents to segments, step by step, beside a plain DuckDB script that does only the group-by.

    python -m bench.population [CUSTOMERS] [--json PATH]

Invented customers of three divisions; the same hundred thousand under new ids above that. One process, two threads.
"""

import argparse
import json
import random
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from courtesy.population.catalogue import SHIPPED, Catalogue
from courtesy.population.documents import connect, snapshot_sql, view_sql, write_lines
from courtesy.population.features import make_features
from courtesy.population.ledger import purchases_sql
from courtesy.population.rules import PopulationRules
from courtesy.population.scores import Scores
from courtesy.population.segments import place, placement_of, write_segments
from courtesy.population.summaries import score_divisions, summary_sql
from courtesy.population.valuation import make_valued

AS_OF = date(2026, 11, 1)
TODAY = AS_OF.toordinal() - date(1970, 1, 1).toordinal()
DIVISIONS = ("cars", "motorcycles", "marine")
DISTINCT = 100_000


def documents(customers: int) -> Iterator[bytes]:
    """Profile documents with ledgers, country and e-mail; a customer buys in about half of the divisions."""
    chance, made = random.Random(1), []
    for number in range(min(customers, DISTINCT)):
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
        values = {
            "country": ["US", "crm", "1", "2024-01-01T00:00:00Z"],
            "email": ["x@example.org", "crm", "1", "2024-01-01T00:00:00Z"],
        }
        made.append(
            json.dumps({"values": values, "records": 1, "ledgers": ledgers}, separators=(",", ":"))[
                1:
            ].encode()
        )
        yield b'{"customer_id":"c%08d",%s' % (number, made[-1])
    for number in range(DISTINCT, customers):
        yield b'{"customer_id":"c%08d",%s' % (number, made[number % DISTINCT])


def measure(customers: int) -> dict[str, float]:
    """Seconds per step, the ratio to the plain script, and the peak memory in MB."""
    seconds: dict[str, float] = {"customers": customers}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        seconds[name] = round(time.perf_counter() - started, 2)

    rules, catalogue = PopulationRules(), Catalogue(SHIPPED)
    with TemporaryDirectory() as folder:
        here = Path(folder)
        lines, snapshot = here / "documents.jsonl", here / "snapshot.parquet"
        write_lines(documents(customers), lines)
        connection = connect(here, memory="1GB")
        with timed("snapshot"):
            connection.execute(
                f"COPY ({snapshot_sql(lines, ())}) TO '{snapshot}' (FORMAT parquet, COMPRESSION zstd)"
            )
        lines.unlink()
        connection.execute(view_sql([snapshot]))
        with timed("summary"):
            connection.execute(purchases_sql(AS_OF, rules))
            connection.execute(f"CREATE TEMP TABLE summary AS {summary_sql(AS_OF)}")
        with timed("fit and quantiles"):
            divisions = score_divisions(connection, rules)
        connection.execute("SET threads = 2")
        scores = Scores(
            cycle_id="bench", as_of=AS_OF.isoformat(), rulebook=1, data_version="0", customers=customers, restricted=0,
            divisions=divisions,
        )  # fmt: skip
        with timed("features"):
            make_features(connection, AS_OF, rules)
        with timed("predictions"):
            make_valued(connection, AS_OF, scores, rules)
        with timed("segments"):
            place(connection, catalogue, placement_of(rules, catalogue))
        with timed("write"):
            seconds["rows"] = write_segments(connection, here / "segments.parquet")
        connection.close()
        plain = connect(here, memory="1GB")
        with timed("plain script: R, F, M and quintiles"):
            plain.execute(f"""
                CREATE TEMP TABLE o AS SELECT customer_id, unnest(occasions, recursive := true)
                    FROM (SELECT customer_id, occasions FROM read_parquet('{snapshot}'));
                CREATE TEMP TABLE b AS SELECT customer_id, division, max(day) r, count(*) f, sum(amount) m FROM o GROUP BY ALL
                    UNION ALL SELECT customer_id, 'corporate', max(day), count(DISTINCT day), sum(amount) FROM o GROUP BY ALL;
                COPY (SELECT *, ntile(5) OVER (PARTITION BY division ORDER BY r) rs, ntile(5) OVER (PARTITION BY division ORDER BY f) fs,
                    ntile(5) OVER (PARTITION BY division ORDER BY m) ms FROM b ORDER BY customer_id, division)
                    TO '{here}/plain.parquet' (FORMAT parquet, COMPRESSION zstd)""")  # noqa: S608 - our own paths
    own = sum(seconds[name] for name in ("features", "predictions", "segments", "write"))
    seconds["segments from snapshot"] = round(own, 2)
    seconds["ratio to the plain script"] = round(own / seconds["plain script: R, F, M and quintiles"], 2)
    seconds["peak MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("customers", nargs="?", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = measure(given.customers)
    for name, figure in found.items():
        print(f"{name:40} {figure:>12,}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
