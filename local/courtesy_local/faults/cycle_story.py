"""The same two weeks by cycles: a part is decided by columns, dies, is decided again while a withdrawal arrives, and once more.

Beside the contact law, each part's log is judged: every candidate in it once, its figures the balance, and what it says was
reserved is what stands on the timelines.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec

from courtesy.decisions.listen import NO_SCORES
from courtesy.decisions.log import part_path
from courtesy.decisions.part import PartBalance
from courtesy.population.catalogue import catalogue_of
from courtesy.population.plan import segments_path
from courtesy.population.segments import features_of
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import encode_profile
from courtesy.timeline.refold import refold
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.lake import S3Lake
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from courtesy_local.faults.judge import Violation, judge, timeline
from courtesy_local.faults.story import (
    CAP_DAYS,
    CUSTOMERS,
    ROUNDS,
    STEP,
    TRIGGERS,
    Story,
    lay_ground,
    purchase,
    sections,
)
from courtesy_local.faults.telling import Telling
from courtesy_local.faults.world import Run
from functions.decide_part import handler as decide_part
from functions.record_feedback import handler as record_feedback
from functions.release_due import handler as release_due

DAYS = ("2026-03-02", "2026-03-10")
"""The cycles' dates, in two weeks of the calendar."""
RULEBOOK = 2


def lay_cycles(run: Run) -> None:
    """The customers of the story, triggers that cycles evaluate, and what the cycles know of everybody."""
    lay_ground(run)
    shipped: Any = sections()
    cycled = {"kind": "cycle", "listens_to": "", "occurrence": "week"}
    triggers = {id_: trigger | cycled for id_, trigger in shipped["triggers"].items()}
    DynamoRulebookStore("rulebooks").publish(shipped | {"triggers": triggers}, "harness", run.now())
    rulebook = DynamoRulebookStore("rulebooks").current()
    store = DynamoCustomerStore("timeline", "profiles")
    for id_ in CUSTOMERS:  # who never bought anything is in no division
        store.append(id_, [purchase(id_, run.now() - timedelta(days=90))])
        refold(store, id_)
    documents = [encode_profile(store.read_profile(id_).profile) for id_ in CUSTOMERS]
    with TemporaryDirectory() as folder:
        made = Path(folder) / "segments.parquet"
        columns = features_of(
            documents, run.now().date(), rulebook.population, NO_SCORES, catalogue_of(rulebook.sources)
        )
        columns.execute(f"COPY segments TO '{made.as_posix()}' (FORMAT parquet)")
        columns.close()
        for day in DAYS:
            S3Lake("lake").put(segments_path(day, 0), made.read_bytes())


class CycleStory(Story):
    """Cycles instead of events."""

    def tell(self) -> None:
        """All of it."""
        for day in DAYS:
            self._cycle(day)
            self.run.sleep((timedelta(days=CAP_DAYS + 1) - STEP * ROUNDS).total_seconds())

    def _cycle(self, day: str) -> None:
        job = {"cycle_id": day, "as_of": day, "parts": 1, "part": 0, "rulebook": RULEBOOK}
        decided = 0
        for n in range(ROUNDS):
            if decided < 2:  # the state machine may run what has ended once more
                decided += self.once(lambda: decide_part.handle(dict(job), None)) is not None
            if n == 0:
                self.surely(self._withdraw)
            self.once(lambda: release_due.handle({}, None))
            self._send()
            self._feedback += self._told()
            self._feedback = self.deliver(record_feedback.handle, self._feedback)
            self.run.sleep(STEP.total_seconds())
        if not decided:
            self.undelivered.append(f"the part of cycle {day}")


def judge_cycles(story: Telling) -> list[Violation]:
    """Everything that went wrong in a run."""
    reached = {id_: 2 if n == 0 else 0 for n, id_ in enumerate(CUSTOMERS)}  # the other may withdraw before
    return [*judge(story, reached=reached), *_logs(story.run)]


def _logs(run: Run) -> Iterator[Violation]:
    standing = {
        event.id: event for id_ in CUSTOMERS for event in timeline(run, id_) if isinstance(event, Contact)
    }
    logged: set[str] = set()
    for day in DAYS:
        balance = _object(run, f"decisions/{day}/part-00000.json")
        log = _object(run, part_path(day, 0))
        if balance is None or log is None:
            yield Violation("lost", f"cycle {day} has no balance or no log")
            continue
        told = msgspec.json.decode(balance, type=PartBalance)
        rows = _rows(log)
        if not told.balanced or told.decisions.proposed != len(rows):
            yield Violation("lost", f"cycle {day} proposed {told.decisions.proposed} and logged {len(rows)}")
        if told.decisions.proposed + told.decisions.standing != len(CUSTOMERS) * len(TRIGGERS):
            yield Violation("lost", f"cycle {day} proposed {told.decisions.proposed}")
        for (customer, trigger, occurrence), times in Counter(row[:3] for row in rows).items():
            if times > 1:
                yield Violation(
                    "lost", f"{customer} {trigger} {occurrence} is decided {times} times in a log"
                )
        logged |= {contact for *_, contact in rows if contact}
    for contact in logged ^ standing.keys():
        yield Violation("lost", f"{contact} is in a log or on a timeline, and not in both")


def _rows(log: bytes) -> list[tuple[str, str, str, str]]:
    """Customer, trigger, occurrence and contact of each decision."""
    with TemporaryDirectory() as folder, duckdb.connect() as columns:
        held = Path(folder) / "log.parquet"
        held.write_bytes(log)
        query = "SELECT customer_id, trigger, occurrence, contact FROM read_parquet($path)"
        return columns.execute(query, {"path": held.as_posix()}).fetchall()


def _object(run: Run, path: str) -> bytes | None:
    found = [content for name, content in run.objects.items() if name.partition("/")[2] == path]
    return found[0] if found else None
