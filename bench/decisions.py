"""How fast the contact law decides, finds candidates and reserves, and what a reservation costs; on one core unless said otherwise."""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from bench import decisions_writes
from bench.outcome import Goal, Outcome
from courtesy.decisions.candidates import from_cycle
from courtesy.decisions.decide import decide
from courtesy.decisions.explain import as_json, sentence
from courtesy.decisions.find import cycle_triggers, find
from courtesy.decisions.policy import policy_of
from courtesy.outcomes import ContactState
from courtesy.population.catalogue import catalogue_of
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.profile import Known, PastContact, Profile

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
KEY = b"a key of sixteen bytes or more"
ROOT = Path(__file__).parents[1]
EXAMPLE = "courtesy bench decisions --customers 1000000 --json"


def people(count: int, seed: int = 1) -> list[Profile]:
    """Customers with none to twelve contacts in the last ninety days."""
    rng = random.Random(seed)
    states = ["NY", "CA", "TX", "CO"]
    return [
        Profile(
            customer_id=f"c{n}",
            values={
                field: Known(value, "crm", str(n), NOW)
                for field, value in {
                    "email": f"c{n}@example.com", "address1": f"{n} Elm St", "city": "Albany", "postcode": "12201",
                    "state": rng.choice(states), "country": "US", "date_of_birth": "1980-02-03",
                }.items()
            },
            contacts=sorted(
                (
                    PastContact(
                        f"k{n}-{i}", f"t{i}", "x", "relationship", rng.choice(["email", "letter"]), "cars",
                        ContactState.SENT, NOW - timedelta(minutes=rng.randrange(90 * 1440)), 1.0, True,
                    )
                    for i in range(rng.randrange(13))
                ),
                key=lambda c: c.at,
            ),
        )
        for n in range(count)
    ]  # fmt: skip


def decisions_per_second(book: Rulebook, count: int, each: int) -> float:
    """Fully explained decisions (every figure, sentence and JSON) per second of a core's time, `each` candidates per customer; best of three."""
    policy, customers = policy_of(book), people(count)
    triggers = [t for t in cycle_triggers(book) if t.kind == "cycle"]
    rng = random.Random(2)
    asked = [[from_cycle(t, NOW.date(), NOW.date()) for t in rng.sample(triggers, each)] for _ in customers]
    speeds = []
    for _ in range(3):
        made, start = 0, time.process_time()
        for profile, candidates in zip(customers, asked, strict=True):
            for decision in decide(profile, candidates, policy, NOW, KEY):
                as_json(decision)
                sentence(decision)
                made += 1
        speeds.append(made / (time.process_time() - start))
    return max(speeds)


def segments_file(path: Path, customers: int, book: Rulebook) -> None:
    """A segments file with plausible columns for the triggers of the bench."""
    catalogue = catalogue_of(book.sources)
    made = {
        "division": "['cars', 'motorcycles', 'marine', 'finance', 'corporate'][1 + i % 5]",
        "lifecycle": "['prospect', 'new', 'returning', 'lapsed'][1 + (hash(i) % 4)::BIGINT]",
        "days_since_purchase": "(hash(i + 1) % 1500)::INTEGER",
        "purchases": "(hash(i + 2) % 9)::INTEGER",
        "revenue": "(hash(i + 3) % 9000000)::BIGINT",
        "open_cases": "(hash(i + 4) % 20 = 0)::INTEGER",
        "contacts_90d": "(hash(i + 5) % 6)::INTEGER",
    }
    columns = ", ".join(f'{made.get(a.name, "NULL")}::{a.type} AS "{a.name}"' for a in catalogue)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT 'c' || lpad((i // 5)::VARCHAR, 9, '0') AS customer_id, {columns} "
            f"FROM range({customers * 5}) AS r(i)) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )


def fifty() -> list[Trigger]:
    """Fifty cycle triggers over the divisions, each with three clauses."""
    divisions = ["cars", "motorcycles", "marine", "finance", "corporate"]
    return [
        Trigger(
            id=f"t{n:02}", division=divisions[n % 5], category="marketing", channels=["email"],
            criteria=f"lifecycle = 'lapsed' AND days_since_purchase BETWEEN {n * 20} AND {n * 20 + 30} AND open_cases = 0",
        )
        for n in range(50)
    ]  # fmt: skip


def finding(book: Rulebook, customers: int) -> dict[str, float]:
    """Seconds to find the candidates of fifty triggers, beside a hand-written query of the same, best of three each."""
    triggers = fifty()
    wanted = Rulebook(divisions=book.divisions, triggers={t.id: t for t in triggers})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "segments.parquet"
        segments_file(path, customers, book)
        by_hand = " UNION ALL ".join(
            f"SELECT customer_id, {n} AS n FROM s WHERE division = '{t.division}' AND {t.criteria}"
            for n, t in enumerate(triggers)
        )

        def ours() -> int:
            with duckdb.connect(config={"threads": "2"}) as connection:
                found = find(connection, path, wanted, catalogue_of({}), date(2026, 3, 4), date(2026, 3, 4))
                return sum(len(one.candidates) for one in found)

        def hand() -> int:
            with duckdb.connect(config={"threads": "2"}) as connection:
                connection.execute(f"CREATE VIEW s AS SELECT * FROM read_parquet('{path}')")
                rows = connection.execute(f"SELECT customer_id, n FROM ({by_hand}) ORDER BY 1, 2").fetchall()
                return len(rows)

        mine, found = best(ours)
        other, reference = best(hand)
        assert found == reference, (found, reference)
    return {"candidates": found, "seconds": mine, "by_hand_seconds": other, "ratio": mine / other}


def best(run: Callable[[], int], times: int = 3) -> tuple[float, int]:
    """The shortest of several runs, and what it returned."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        took.append(time.perf_counter() - start)
    return min(took), result


def options(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    parser.add_argument("--customers", type=int, default=200_000, help="customers to find candidates among")
    parser.add_argument("--reserved", type=int, default=1_000, help="contacts to reserve")
    parser.add_argument("--events", type=int, default=100, help="events to decide on")
    parser.add_argument("--decided", type=int, default=10_000, help="customers to decide about")


def bench(asked: argparse.Namespace) -> Outcome:
    """Measure everything."""
    book = load_rulebook(ROOT / "rulebook")
    one, three = (round(decisions_per_second(book, asked.decided, each)) for each in (1, 3))
    found = finding(book, asked.customers)
    reserving = decisions_writes.reserving(book, people(asked.reserved), KEY, NOW)
    heard = decisions_writes.events(book, asked.events, KEY, NOW)
    return Outcome(
        {
            "decisions_per_second_1_candidate": one,
            "decisions_per_second_3_candidates": three,
            "finding": {"customers": asked.customers, "triggers": 50, **found},
            "reserving": reserving,
            "event_to_reservation": heard,
        },
        (
            Goal("decisions a second and core, 1 candidate", one, at_least=20_000),
            Goal("decisions a second and core, 3 candidates", three, at_least=20_000),
            Goal("finding: to DuckDB by hand", found["ratio"], at_most=1.3, unit="times"),
            Goal("reservations: to bare botocore", reserving["ratio"], at_least=0.8, unit="times"),
            Goal("transactions a contact", reserving["transactions_each"], at_most=1),
            Goal("write units a contact, half of them", reserving["write_units_median"], at_most=6),
            Goal("event to reservation, the slowest", heard["slowest_ms"], at_most=60_000, unit="ms"),
        ),
    )
