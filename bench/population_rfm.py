"""RFM and eight segments over raw transactions: a customer, a day and an amount on each line of a CSV file.

The plain script is one DuckDB query chain that anybody would write for this file: read, group by customer, quintiles by `ntile`, CASE,
count. Plain Python reads a share of the lines with `csv` and sums in dicts. Each runs on one thread. `courtesy value rfm` is measured, so
its checks (every day a date, every amount a number, with the line of the first that is not) are in its figures.
"""

import csv
import json
import sys
from datetime import date, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import duckdb

from courtesy.population.offline import TextFile, rfm_file
from courtesy.population.rules import Ladder, SegmentRule

AS_OF = date(2026, 11, 1)
SHARE = 500_000
"""Lines that plain Python reads."""

RULES = (
    ("champions", "r_score >= 4 AND f_score >= 4 AND m_score >= 4"),
    ("loyal", "f_score >= 4 AND r_score >= 3"),
    ("big_spenders", "m_score = 5"),
    ("new", "r_score = 5 AND f_score <= 2"),
    ("promising", "r_score >= 3 AND f_score <= 2"),
    ("at_risk", "r_score <= 2 AND f_score >= 3"),
    ("lost", "r_score = 1 AND f_score <= 2"),
)
OTHERWISE = "sleeping"
LADDER = Ladder(rules=[SegmentRule(name=name, criteria=rule) for name, rule in RULES], default=OTHERWISE)


def make_transactions(rows: int, path: Path) -> None:
    """Invented transactions of a twentieth as many customers, some of whom buy far more often than others."""
    invented = (
        "SELECT 'c' || (pow(hash(i) % 1000003 / 1000003.0, 2) * $customers)::BIGINT AS customer, "
        "DATE '2020-01-01' + (hash(i, 1) % 2496)::INTEGER AS day, "
        "((hash(i, 2) % 1000 + 1) * (hash(i, 3) % 40 + 1) / 100.0)::DECIMAL(12, 2) AS amount FROM range($rows) AS t(i)"
    )
    duckdb.connect(config={"threads": "2"}).execute(
        f"COPY ({invented}) TO '{path}' (HEADER)", {"rows": rows, "customers": rows // 20}
    )


def ours(path: Path) -> dict[str, int]:
    """Segment -> customers by `rfm_file`."""
    found = rfm_file(TextFile(path), "customer", "day", "amount", AS_OF, LADDER)
    return {segment["segment"]: segment["customers"] for segment in found.segments}


def plain_script(path: Path) -> dict[str, int]:
    """The same by plain DuckDB."""
    cases = " ".join(f"WHEN {rule} THEN '{name}'" for name, rule in RULES)
    rows = duckdb.connect(
        config={"threads": "1"}
    ).execute(f"""
        WITH base AS (
            SELECT customer, max(day) AS last, count(*) AS orders, sum(amount) AS revenue
            FROM read_csv('{path}', columns = {{'customer': 'VARCHAR', 'day': 'DATE', 'amount': 'DECIMAL(12, 2)'}})
            WHERE day <= DATE '{AS_OF}' GROUP BY customer),
        scored AS (
            SELECT orders, revenue, ntile(5) OVER (ORDER BY last) AS r_score, ntile(5) OVER (ORDER BY orders) AS f_score,
                ntile(5) OVER (ORDER BY revenue) AS m_score FROM base)
        SELECT CASE {cases} ELSE '{OTHERWISE}' END, count(*), sum(orders), sum(revenue) FROM scored GROUP BY ALL""")
    return {str(name): int(customers) for name, customers, _, _ in rows.fetchall()}


def plain_python(path: Path) -> dict[str, int]:
    """Recency, frequency and revenue alone, by `csv` and dicts, of the first lines."""
    figures: dict[str, list[float]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        for number, (customer, day, amount) in enumerate(reader):
            if number == SHARE:
                break
            known = figures.setdefault(customer, [0.0, 0.0, 0.0])
            known[0] = max(known[0], datetime.strptime(day, "%Y-%m-%d").toordinal())  # noqa: DTZ007 - a day has no zone
            known[1] += 1
            known[2] += float(amount)
    return {"customers": len(figures)}


def main() -> None:
    """One way alone, in a process of its own: seconds, processor seconds, peak memory and counts as JSON."""
    import resource

    way, path = (
        {"ours": ours, "plain script": plain_script, "plain Python": plain_python}[sys.argv[1]],
        Path(sys.argv[2]),
    )
    began, worked = perf_counter(), process_time()
    counts: dict[str, Any] = way(path)
    print(
        json.dumps(
            {
                "clock": round(perf_counter() - began, 2),
                "cpu": round(process_time() - worked, 2),
                "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "counts": counts,
            }
        )
    )


if __name__ == "__main__":
    main()
