"""Linking on reference sets whose truth is known: precision, recall, F1 and seconds, beside Splink where it is given.

`--splink PYTHON` is the interpreter of an environment with `bench/requirements.in`. Both sides see the same columns; the truth
is only used to count afterwards.
"""

import argparse
import csv
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.identity_kinds import HELD_OUT, TUNED, made
from bench.identity_own import own_set
from bench.outcome import Goal, Outcome
from courtesy.identity.offline import resolve_records, score_of
from courtesy.identity.rules import IdentityRules

FEBRL = {
    "given_name": "given_name", "surname": "surname", "street_number": "street_number", "address1": "address_1",
    "address2": "address_2", "city": "suburb", "postcode": "postcode", "state": "state",
    "date_of_birth": "date_of_birth", "national_id": "soc_sec_id",
}  # fmt: skip
FAKE = {
    "given_name": "first_name",
    "surname": "surname",
    "date_of_birth": "dob",
    "city": "city",
    "email": "email",
}

EXAMPLE = "courtesy bench identity ../shared/data --splink .splink/bin/python --json"


CUTS: dict[str, dict[str, tuple[str, ...]]] = {
    **{kind: {"": (), ", no birthday": ("date_of_birth",)} for kind in ("register", "customers", "germany", "scanned")},
    "strangers": {"": (), ", no document": ("national_id",), ", no document, no birthday": ("national_id", "date_of_birth")},
}  # fmt: skip
"""Kind of invented set -> label -> fields left out."""


class Task(NamedTuple):
    """A set with the fields that may be used; `records` and `truth` by row number."""

    name: str
    records: dict[str, dict[str, str]]
    truth: dict[str, str]


class Measured(NamedTuple):
    """How well and how fast one side was."""

    precision: float
    recall: float
    f1: float
    seconds: float


def tasks(data: Path) -> Iterator[Task]:
    """The sets and their cuts."""
    for number in (1, 2):
        for label, left_out in (
            ("all fields", ()),
            ("no document", ("national_id",)),
            ("no document, no birthday", ("national_id", "date_of_birth")),
        ):
            mapping = {field: column for field, column in FEBRL.items() if field not in left_out}
            path = data / "identity-febrl" / f"dataset{number}.csv"
            yield read_task(f"febrl {number}, {label}", path, mapping, "rec_id")
    records, people = own_set(1)
    families: dict[str, tuple[str, ...]] = {
        "all fields": (),
        "no document": ("national_id",),
        "names, address, birthday": ("national_id", "phone", "email"),
    }
    for label, without in families.items():
        cut = {s: {f: v for f, v in r.items() if f not in without} for s, r in records.items()}
        yield Task(f"families, {label}", cut, people)
    for kind in (*TUNED, *HELD_OUT):
        records, people = made(kind)
        for label, without in CUTS.get(kind, {"": ()}).items():
            cut = {s: {f: v for f, v in r.items() if f not in without} for s, r in records.items()}
            yield Task(f"{kind}{label}", cut, people)
    yield read_task("fake_1000", data / "identity-fake1000" / "fake_1000.csv", FAKE, "cluster")


def read_task(name: str, path: Path, mapping: dict[str, str], truth: str) -> Task:
    """A set of a file; of FEBRL's record ids the number is the person."""
    records, people = {}, {}
    with path.open(newline="") as text:
        for at, row in enumerate(csv.DictReader(text, skipinitialspace=True)):
            records[f"set/{at}"] = {field: row[column] for field, column in mapping.items() if row[column]}
            people[f"set/{at}"] = row[truth].split("-")[1] if truth == "rec_id" else row[truth]
    return Task(name, records, people)


def measure(task: Task, train: bool = True) -> Measured:
    """Courtesy on a set: taught by it, as `resolve` does without rules; or not, by the shipped rules."""
    began = time.perf_counter()
    resolved = resolve_records(dict(task.records), IdentityRules(), train=train)
    seconds = time.perf_counter() - began
    return Measured(*score_of(resolved.customers, task.truth), seconds)


def measure_splink(task: Task, python: str) -> Measured | None:
    """Splink on the same set, in its own interpreter; None where it gave up."""
    program = Path(__file__).with_name("identity_splink.py")
    done = subprocess.run(
        [python, str(program)], input=json.dumps(task.records), capture_output=True, text=True, check=False
    )
    if "ModuleNotFoundError" in done.stderr:
        raise SystemExit(
            f"{python} lacks {done.stderr.strip().splitlines()[-1]}; install bench/requirements.in there"
        )
    if done.returncode:
        return None
    answer = json.loads(done.stdout.splitlines()[-1])
    return Measured(*score_of(answer["clusters"], task.truth), answer["seconds"])


def run(data: Path, splink: str = "") -> list[dict[str, object]]:
    """All sets, one row each."""
    rows = []
    for task in tasks(data):
        ours = measure(task)
        row: dict[str, object] = {"set": task.name, "rows": len(task.records)} | ours._asdict()
        shipped = measure(task, train=False)
        row |= {
            "shipped_precision": shipped.precision,
            "shipped_recall": shipped.recall,
            "shipped_f1": shipped.f1,
        }
        if splink:
            theirs = measure_splink(task, splink) or Measured(0.0, 0.0, 0.0, 0.0)
            row |= {f"splink_{name}": value for name, value in theirs._asdict().items()}
            row["seconds_ratio"] = ours.seconds / theirs.seconds if theirs.seconds else 0.0
        rows.append({key: round(v, 4) if isinstance(v, float) else v for key, v in row.items()})
    return rows


def options(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    parser.add_argument(
        "data",
        type=Path,
        nargs="?",
        default=Path("../shared/data"),
        help="folder with identity-febrl and identity-fake1000",
    )
    parser.add_argument("--splink", default="", help="python of an environment with bench/requirements.in")


def bench(asked: argparse.Namespace) -> Outcome:
    """Measure all sets."""
    rows = run(asked.data, asked.splink)
    goals: list[Goal] = []
    for row in rows:
        name = str(row["set"])
        if not name.startswith("febrl"):
            continue
        goals.append(Goal(f"{name}: precision", _number(row["precision"]), at_least=0.999))
        if asked.splink and _number(row["splink_seconds"]):
            goals.append(
                Goal(f"{name}: F1, Splink's", _number(row["f1"]), at_least=_number(row["splink_f1"]))
            )
            took = _number(row["seconds"]) / _number(row["splink_seconds"])
            goals.append(Goal(f"{name}: seconds to Splink's", round(took, 2), at_most=0.5, unit="times"))
    return Outcome({"sets": rows}, tuple(goals))


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
