"""The monthly cost: units counted per row, customer and contact, times how many of them there are in a month."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from courtesy_local.cost.prices import PER_MONTH, PER_UNIT

DAYS = 30
POLLED_QUEUES, POLLS = 9, 5 * 86_400 * DAYS // 20
"""Lambda asks each queue with five long polls of 20 seconds, also when nothing comes; requests of one queue in a month."""
ALARMS, SECRETS, DASHBOARDS = 60, 1, 1
STATES_PER_CYCLE = 20
CUSTOMERS_PER_PART, ROWS_PER_CHUNK, FILES_PER_DAY = 60_000, 2_000, 9
BY_RUN = {
    "lambda.requests",
    "s3.reads",
    "s3.writes",
    "secretsmanager.requests",
    "sqs.requests",
}
"""Asked for once for a file, a chunk of rows or a part of a cycle, however many rows or customers are in it."""
BYTES_PER_CUSTOMER = {"dynamodb": 12_000, "s3": 6_000}
"""Assumed, not counted: timeline, profile and identity entries; snapshots, segments and decisions of a month."""

Counted = Mapping[str, Mapping[str, float]]
"""Kind of work -> units by name; `things`: of how many rows, customers or contacts; `runs`: in how many files and chunks, or
parts of a cycle."""


@dataclass(frozen=True)
class Volume:
    """How much happens. changed: share of the source records that change in a day; contacts: per customer and month."""

    customers: int
    records: float = 3.6
    changed: float = 0.01
    contacts: float = 1.0
    email: float = 0.9


@dataclass
class Estimate:
    """Dollars a month by what they are paid for, each with the dollars by unit. Postage and printing are the vendor's."""

    lines: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Dollars a month."""
        return sum(sum(line.values()) for line in self.lines.values())


def estimate(volume: Volume, counted: Counted) -> Estimate:
    """The monthly cost. `counted` has the kinds `changes` (per row), `cycle` (per customer) and `contacts` (per contact)."""
    rows = volume.customers * volume.records * volume.changed * DAYS
    chunks = FILES_PER_DAY * DAYS * 2 + rows / ROWS_PER_CHUNK
    parts = -(-volume.customers // CUSTOMERS_PER_PART) * DAYS
    sent = volume.customers * volume.contacts
    found = Estimate()
    found.lines["changed rows"] = _times(counted["changes"], rows, chunks)
    found.lines["cycles"] = _times(counted["cycle"], volume.customers * DAYS, parts)
    found.lines["cycles"]["states.transitions"] = STATES_PER_CYCLE * DAYS * PER_UNIT["states.transitions"]
    found.lines["contacts"] = _times(counted["contacts"], sent)
    found.lines["contacts"]["ses.messages"] = sent * volume.email * PER_UNIT["ses.messages"]
    found.lines["standing"] = {
        "dynamodb.gb": volume.customers * BYTES_PER_CUSTOMER["dynamodb"] / 1e9 * PER_MONTH["dynamodb.gb"],
        "s3.gb": volume.customers * BYTES_PER_CUSTOMER["s3"] / 1e9 * PER_MONTH["s3.gb"],
        "alarms": ALARMS * PER_MONTH["alarm"],
        "dashboard": DASHBOARDS * PER_MONTH["dashboard"],
        "secret": SECRETS * PER_MONTH["secret"],
        "sqs.requests": POLLED_QUEUES * POLLS * PER_UNIT["sqs.requests"],
    }
    return found


def first_load(volume: Volume, counted: Counted) -> float:
    """Dollars that loading everybody costs once."""
    rows = volume.customers * volume.records
    return sum(_times(counted["first_load"], rows, FILES_PER_DAY * 2 + rows / ROWS_PER_CHUNK).values())


def _times(counted: Mapping[str, float], things: float, runs: float = 0.0) -> dict[str, float]:
    """Dollars by unit for so many things done in so many runs; units that have no price cost nothing."""
    share = things / counted["things"] if counted["things"] else 0.0
    by_run = runs / counted["runs"] if counted.get("runs") else share
    return {
        name: units * (by_run if name in BY_RUN else share) * PER_UNIT[name]
        for name, units in counted.items()
        if name in PER_UNIT
    }
