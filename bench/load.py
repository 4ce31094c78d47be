"""What loading rows asks of the tables, per row: requests, write units, milliseconds.

On metering fakes (`tests.fakes.metering`), so the figures are the algorithm's and not a machine's. Cases: records that
nobody knows, the same people from a second source, a change of a field that identity does not compare, of an e-mail address,
sales, and a file that comes again unchanged (read_drop stages none of it, so load_chunk is not asked).
"""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.outcome import Goal, Outcome
from courtesy.identity.load import Loading, apply_rows
from courtesy.intake.contract import SourceContract
from courtesy.intake.difference import Means
from courtesy.intake.rehearse import rehearse
from courtesy.intake.staged import StagedRow
from courtesy.rulebook.model import Rulebook
from tests.fakes.metering import Meter, MeteredIndex, MeteredStore

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHUNK = 2_000
EXAMPLE = "courtesy bench load --rows 500 --json"
GIVEN = (
    "Anna",
    "Bernd",
    "Carla",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Luca",
)
SURNAMES = (
    "Lindqvist",
    "Okafor",
    "Berg",
    "Novak",
    "Rossi",
    "Tanaka",
    "Weber",
    "Silva",
    "Dubois",
    "Haddad",
    "Kowal",
)
STREETS = (
    "Harbour",
    "Mill",
    "Church",
    "Station",
    "Garden",
    "Forest",
    "Market",
    "Hill",
    "Bridge",
    "Lake",
    "Quarry",
)

PERSONS = {
    "record": "person",
    "format": {"kind": "csv"},
    "key": ["id"],
    "fields": {"surname": {"column": "s"}},
}
CONTRACTS = {
    "crm": SourceContract.model_validate({"name": "crm", **PERSONS}),
    "web": SourceContract.model_validate({"name": "web", **PERSONS}),
    "sales": SourceContract.model_validate(
        {
            "name": "sales", "record": "transaction", "format": {"kind": "csv"}, "key": ["no"], "division": "cars",
            "customer_key": "cust", "refers_to": "crm", "fields": {"amount": {"column": "a"}},
        }
    ),
}  # fmt: skip


def person(source: str, number: int, version: int = 1, **fields: str) -> StagedRow:
    """Person `number` as a source knows them; the same person in every source."""
    known = {
        "given_name": GIVEN[number % 12],
        "surname": SURNAMES[number // 12 % 11] + "abcdefghij"[number // 132 % 10],
        "date_of_birth": (datetime(1950, 1, 1, tzinfo=UTC) + timedelta(days=number * 13 % 19_000)).date().isoformat(),
        "email": f"p{number}@mail.test",
        "phone": f"+1312{5_550_000 + number}",
        "address1": f"{number * 7 % 190 + 1} {STREETS[number % 11]} Street",
        "city": "Springfield",
        "postcode": f"{10_000 + number * 31 % 80_000}",
        "state": "IL",
        "country": "US",
    }  # fmt: skip
    stated = NOW + timedelta(days=version)
    return StagedRow(
        source=source, contract=1, file=f"{source}/2026/03/02/f.csv", line=number + 2, id=f"{source}{number}", when=stated,
        stated=stated, version=f"v{version}", person={**known, **fields},
    )  # fmt: skip


def sale(number: int) -> StagedRow:
    """A sale to person `number` of the first source."""
    return StagedRow(
        source="sales", contract=1, file="sales/2026/03/02/f.csv", line=number + 2, id=f"s{number}", when=NOW, stated=NOW,
        version="v1", customer=f"crm{number}", event={"amount": 1000},
    )  # fmt: skip


def cases(rows: int) -> dict[str, list[StagedRow]]:
    """The chunks in the order in which they are loaded."""
    numbers = range(rows)
    return {
        "new": [person("crm", n) for n in numbers],
        "second source": [person("web", n) for n in numbers],
        "changed, not compared": [person("crm", n, 2, language="de") for n in numbers],
        "changed e-mail": [person("crm", n, 3, language="de", email=f"q{n}@mail.test") for n in numbers],
        "sales": [sale(n) for n in numbers],
        "unchanged": unchanged(rows),
    }


def unchanged(rows: int) -> list[StagedRow]:
    """What is staged of a file of which every record is known as it is: read by its contract after an equal one."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "crm.csv"
        file.write_text("id,s\n" + "".join(f"crm{n},{SURNAMES[n % 11]}\n" for n in range(rows)))
        found = rehearse(CONTRACTS["crm"], file, Means(Path(folder) / "work", 1), NOW, before=file, show=rows)
    assert found.tally.unchanged == rows
    return found.rows


def measure(rows: int = CHUNK) -> dict[str, dict[str, float]]:
    """Case -> requests, write units beside the profile's document, those with it, and milliseconds; all per row."""
    meter = Meter()
    index, store = MeteredIndex(meter), MeteredStore(meter)
    loading = Loading(index, store, Rulebook(divisions={}, sources=CONTRACTS), b"k" * 32, NOW)
    found = {}
    for case, chunk in cases(rows).items():
        meter.requests.clear()
        meter.units.clear()
        began = perf_counter()
        if chunk:
            apply_rows(chunk, CONTRACTS[chunk[0].source], loading)
        spent = perf_counter() - began
        found[case] = {
            "requests": round(meter.all_requests / rows, 3),
            "units": round(meter.beside_profiles / rows, 3),
            "units_with_profile": round(meter.units.total() / rows, 3),
            "ms": round(spent / rows * 1e3, 3),
        }
    return found


def options(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    parser.add_argument("--rows", type=int, default=CHUNK, help="rows of each case")


def bench(asked: argparse.Namespace) -> Outcome:
    """Measure every case."""
    found = measure(asked.rows)
    return Outcome({"rows": asked.rows, "per_row": found}, goals_of(found))


def goals_of(found: dict[str, dict[str, float]]) -> tuple[Goal, ...]:
    """What a changed and an unchanged record may cost."""
    changed = tuple(
        Goal(f"{case}: write units beside the profile", figures["units"], at_most=1.5)
        for case, figures in found.items()
        if case.startswith("changed")
    )
    return (*changed, Goal("unchanged: requests", found["unchanged"]["requests"], at_most=0))
