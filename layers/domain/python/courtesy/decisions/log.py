"""The decision log: every candidate with its outcome, sorted by customer, as Parquet per part and as lines for events.

`decisions/{cycle}/part-{n:05}.parquet` and `decisions/events/{customer_id}/{date}-{run}.jsonl`, both with the columns of `Row`. Event
candidates that are held stand in `decisions/held/{date}/{run}.jsonl` too, where the next cycle looks for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec

from courtesy.decisions.days import DAYS, write_day
from courtesy.decisions.decision import Candidate, Decision, Reserved, outcome_of
from courtesy.decisions.explain import as_json, sentence
from courtesy.outcomes import DecisionOutcome
from courtesy.ports import Lake


class Row(msgspec.Struct, frozen=True):
    """One decision as the log has it. `not_before` and `expires` let a held event candidate compete again."""

    customer_id: str
    trigger: str
    occurrence: str
    division: str
    outcome: str
    reason: str
    rule: str
    channel: str
    contact: str
    at: datetime
    expires: datetime
    not_before: datetime | None
    priority: int
    value: float
    sentence: str
    json: str
    rulebook: int
    profile_version: int


_COLUMNS = (
    "{customer_id: 'VARCHAR', trigger: 'VARCHAR', occurrence: 'VARCHAR', division: 'VARCHAR', outcome: 'VARCHAR', "
    "reason: 'VARCHAR', rule: 'VARCHAR', channel: 'VARCHAR', contact: 'VARCHAR', \"at\": 'TIMESTAMPTZ', "
    "expires: 'TIMESTAMPTZ', not_before: 'TIMESTAMPTZ', priority: 'INTEGER', \"value\": 'DOUBLE', sentence: 'VARCHAR', "
    "json: 'VARCHAR', rulebook: 'INTEGER', profile_version: 'BIGINT'}"
)
_encoder = msgspec.json.Encoder()


def row_of(decision: Decision, not_before: datetime | None = None) -> Row:
    """The log's row of a decision."""
    reserved = isinstance(decision, Reserved)
    return Row(
        customer_id=decision.customer_id,
        trigger=decision.trigger,
        occurrence=decision.occurrence,
        division=decision.division,
        outcome=outcome_of(decision).value,
        reason=decision.reason.value,
        rule="" if isinstance(decision, Reserved) else decision.rule,
        channel=decision.channel if isinstance(decision, Reserved) else "",
        contact=decision.contact if isinstance(decision, Reserved) else "",
        at=decision.at,
        expires=decision.expires,
        not_before=None if reserved else not_before,
        priority=decision.priority,
        value=decision.value,
        sentence=sentence(decision),
        json=as_json(decision).decode(),
        rulebook=decision.rulebook,
        profile_version=decision.profile_version,
    )


class Balance(msgspec.Struct):
    """`proposed = reserved + held + suppressed + control`, with the reasons and the channels of what was reserved.

    standing: found once more, but this occurrence has its contact from an earlier run, so it was not proposed again
    """

    proposed: int = 0
    reserved: int = 0
    held: int = 0
    suppressed: int = 0
    control: int = 0
    standing: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    channels: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, decision: Decision) -> None:
        """Count one more decision."""
        match outcome_of(decision):
            case DecisionOutcome.RESERVED:
                self.reserved += 1
            case DecisionOutcome.HELD:
                self.held += 1
            case DecisionOutcome.SUPPRESSED:
                self.suppressed += 1
            case DecisionOutcome.CONTROL:
                self.control += 1
        self.reasons[decision.reason.value] = self.reasons.get(decision.reason.value, 0) + 1
        if isinstance(decision, Reserved):
            self.channels[decision.channel] = self.channels.get(decision.channel, 0) + 1

    @property
    def balanced(self) -> bool:
        """Whether every candidate ended in exactly one decision."""
        return self.proposed == self.reserved + self.held + self.suppressed + self.control


def part_path(cycle_id: str, part: int) -> str:
    """Where a part's decisions lie in the lake."""
    return f"decisions/{cycle_id}/part-{part:05}.parquet"


def cycles_in(paths: Iterable[str]) -> list[str]:
    """The cycles whose decisions are among these paths below `decisions/`, oldest first."""
    return sorted({p.split("/")[1] for p in paths if p.endswith(".parquet") and not p.startswith(DAYS)})


def write_lines(rows: Iterable[Row], path: Path) -> int:
    """Write rows as JSON lines; how many."""
    count = 0
    with path.open("wb") as file:
        for row in rows:
            file.write(_encoder.encode(row))
            file.write(b"\n")
            count += 1
    return count


def to_parquet(connection: duckdb.DuckDBPyConnection, lines: Path, target: Path) -> None:
    """The Parquet file of rows written by `write_lines`, sorted by customer, trigger and occurrence."""
    connection.execute(
        f"COPY (SELECT * FROM read_json('{lines.as_posix()}', format='newline_delimited', columns={_COLUMNS}) "  # noqa: S608 - paths of our own scratch folder
        f"ORDER BY customer_id, trigger, occurrence) TO '{target.as_posix()}' "
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 16384)"
    )


def write_events(lake: Lake, run: str, decided: Mapping[str, Sequence[Row]]) -> None:
    """Write what was decided on events, by customer; `run` names the run, and writing it again replaces it."""
    rows = [row for mine in decided.values() for row in mine]
    for customer_id, mine in decided.items():
        if mine:
            day = mine[0].at.date().isoformat()
            lake.put(f"decisions/events/{customer_id}/{day}-{run}.jsonl", _lines(mine))
    waiting = [row for row in rows if row.outcome == DecisionOutcome.HELD.value]
    if waiting:
        lake.put(f"decisions/held/{waiting[0].at.date().isoformat()}/{run}.jsonl", _lines(waiting))
    write_day(lake, run, rows)


def _lines(rows: Iterable[Row]) -> bytes:
    return b"".join(_encoder.encode(row) + b"\n" for row in rows)


def read_held(lake: Lake, first: date, last: date) -> list[Row]:
    """The event candidates that were held on the days `first` to `last`."""
    decode = msgspec.json.Decoder(Row).decode
    rows: list[Row] = []
    for n in range((last - first).days + 1):
        for path in lake.list(f"decisions/held/{(first + timedelta(days=n)).isoformat()}/"):
            rows += [decode(line) for line in lake.get(path).splitlines() if line]
    return rows


def still_held(rows: Iterable[Row], now: datetime) -> dict[str, list[Candidate]]:
    """Per customer the event candidates that were held and are still useful: they compete again."""
    waiting: dict[str, dict[tuple[str, str], Candidate]] = {}
    for row in rows:
        if row.expires > now:
            waiting.setdefault(row.customer_id, {})[row.trigger, row.occurrence] = Candidate(
                row.trigger, row.occurrence, row.expires, row.not_before
            )
    return {id_: [held[key] for key in sorted(held)] for id_, held in waiting.items()}
