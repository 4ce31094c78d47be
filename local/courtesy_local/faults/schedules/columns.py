"""Schedules with columns in them: files that are read, compared and staged, and parts of cycles that are found and decided.

They take some hundred times as long as the others, so only every so-manieth seed is one of them.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import msgspec

from courtesy.decisions.listen import NO_SCORES
from courtesy.decisions.log import part_path
from courtesy.decisions.part import CyclePart, PartBalance, decide_part
from courtesy.intake.difference import Means
from courtesy.intake.read import Outside, read_drop
from courtesy.intake.report import Drop, decode_report
from courtesy.outcomes import FileOutcome
from courtesy.population.catalogue import catalogue_of
from courtesy.population.plan import segments_path
from courtesy.population.segments import features_of
from courtesy.timeline.events import Transaction
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
from courtesy_local.faults.judge import Violation
from courtesy_local.faults.schedules.judge import judge
from courtesy_local.faults.schedules.law import KEY, ground, rulebook
from courtesy_local.faults.schedules.objects import Objects
from courtesy_local.faults.schedules.posts import Letter, Queue
from courtesy_local.faults.schedules.schedule import Act, Schedule
from courtesy_local.faults.schedules.stage import MONDAY

AGAIN = "again"
"""Name of a file with all rows of the others, dropped when all is quiet: nothing of it is new."""
EVERY = 1000
"""One of so many seeds."""
CHUNK_ROWS = 2
DAYS = {"one": "02", "two": "03", AGAIN: "04"}
"""The days that files stand for; the second may well be read before the first."""
_HEAD = "id,c,d,a,t\n"
_BAD = "bad,1,cars,much,"


class ColumnSchedule(Schedule):
    """One world and its run, with files and parts of cycles."""

    def __init__(self, seed: int) -> None:
        self.cycles: list[str] = []
        self.files: dict[str, str] = {}
        """Key -> text of what was dropped."""
        super().__init__(seed)
        self.drops = Objects(self.stage)
        self._chunks = Queue("chunks", self.post)
        self._handlers |= {"drops": self._read, "parts": self._part}

    def _written(self) -> list[tuple[timedelta, Act]]:
        written = super()._written()
        rng = self.stage.rng
        ids = [(subject, [f"{n}-f{k}" for k in range(3)]) for n, subject in enumerate(self.records)]
        news: list[Act] = [
            partial(
                self._file, "one", {id_: subject for subject, (one, two, _) in ids for id_ in (one, two)}
            ),
            partial(
                self._file, "two", {id_: subject for subject, (_, two, three) in ids for id_ in (two, three)}
            ),
            self._cycle,
        ]
        for act in news:
            written.insert(
                rng.randint(0, len(written)), (rng.choice((timedelta(), timedelta(minutes=20))), act)
            )
        return written

    def _file(self, name: str, bought: dict[str, str]) -> None:
        """Some purchases are dropped, and a row that is none; S3 says so."""
        at = MONDAY.isoformat()
        rows = [f"{id_},{subject.partition('/')[2]},cars,50,{at}" for id_, subject in bought.items()]
        known = {id_ for _, id_ in self.record.bought}
        self.record.bought += [(subject, id_) for id_, subject in bought.items() if id_ not in known]
        self._dropped(name, _HEAD + "\n".join([*rows, _BAD + at]) + "\n")

    def _dropped(self, name: str, text: str) -> Letter:
        key = f"shop/2026/03/{DAYS[name]}/{name}.csv"
        self.files[key] = text
        self.drops.held[key] = text.encode()
        body = msgspec.json.encode(Drop(key=key, size=len(text), put=name))
        self.post.put("drops", body)
        return Letter("drops", body)

    def _cycle(self) -> None:
        """A cycle has segmented everybody; its part is to be decided. No cycle begins before the one before has ended."""
        if self.cycles and _balance_path(self.cycles[-1]) not in self.objects.held:
            return
        cycle = f"{self.stage.now.date().isoformat()}-{len(self.cycles)}"
        self.cycles.append(cycle)
        self.objects.held[segments_path(cycle, 0)] = _segments(self.records)
        job = CyclePart(cycle, self.stage.now.date(), 1, 0, 1)
        self.post.put("parts", msgspec.json.encode(job))

    def _read(self, letter: Letter) -> None:
        drop = msgspec.json.decode(letter.body, type=Drop)
        with TemporaryDirectory() as folder:
            report = read_drop(
                drop,
                rulebook().sources,
                Outside(self.drops, self.objects, self._chunks, writers=1),
                Means(Path(folder), threads=1),
                self.stage.now,
                chunk_rows=CHUNK_ROWS,
            )
        if report.outcome is FileOutcome.REFUSED:
            self.record.unended.append(f"{drop.key} was refused: {report.reason}")

    def _part(self, letter: Letter) -> None:
        job = msgspec.json.decode(letter.body, type=CyclePart)
        with TemporaryDirectory() as folder:
            decide_part(self.customers, self.objects, rulebook(), job, self.stage.clock, KEY, Path(folder))

    def _rest(self) -> None:
        super()._rest()
        rows = dict.fromkeys(line for text in self.files.values() for line in text.splitlines()[1:])
        again = self._dropped(AGAIN, _HEAD + "\n".join(rows) + "\n")
        self._read(again)


def _balance_path(cycle: str) -> str:
    return f"decisions/{cycle}/part-00000.json"


def schedule_of(seed: int) -> Schedule:
    """The schedule of a seed: with columns where its turn has come."""
    return Schedule(seed) if seed % EVERY else ColumnSchedule(seed)


@cache
def _segments(records: tuple[str, ...]) -> bytes:
    """What a cycle knows of these people, as its part's file; all of them have bought a car."""
    base, documents = ground(), []
    for subject in records:
        id_ = base.ids[subject]
        bought = Transaction(
            source="shop", id="before", when=MONDAY - timedelta(days=90), division="cars", amount=1
        )
        documents.append(encode_profile(fold(id_, [*base.customers.timelines[id_].values(), bought])))
    catalogue = catalogue_of(rulebook().sources)
    with TemporaryDirectory() as folder:
        made = Path(folder) / "segments.parquet"
        columns = features_of(documents, MONDAY.date(), rulebook().population, NO_SCORES, catalogue)
        columns.execute(f"COPY segments TO '{made.as_posix()}' (FORMAT parquet)")
        columns.close()
        return made.read_bytes()


def judge_all(run: Schedule) -> list[Violation]:
    """Everything that went wrong in a schedule, files and parts of cycles included."""
    if not isinstance(run, ColumnSchedule):
        return judge(run)
    return [*judge(run), *_files(run), *_counted(run), *_logs(run)]


def _files(run: ColumnSchedule) -> Iterator[Violation]:
    told = [
        decode_report(content)
        for path, content in run.objects.held.items()
        if path.startswith("outcomes/files/") and path.endswith(".json")
    ]
    reports = {report.key: report for report in told}
    for key, text in run.files.items():
        report, rows = reports.get(key), text.count("\n") - 1
        if report is None or (report.outcome is not FileOutcome.LOADED and AGAIN not in key):
            yield Violation("lost", f"{key} ended as {report and report.outcome}")
        elif (report.rows_in, report.quarantined) != (rows, 1):
            yield Violation("lost", f"{key}: {report.rows_in} rows, {report.quarantined} of them bad")
        elif report.loaded + report.unchanged != rows - 1:
            yield Violation("lost", f"the rows of {key} do not balance")
        elif AGAIN in key and report.loaded:
            yield Violation("lost", f"{report.loaded} rows that were read are new once more")


def _counted(run: ColumnSchedule) -> Iterator[Violation]:
    """However often a purchase is told, the profiles count it once."""
    homes = {subject: record.customer_id for subject, record in run.index.read_records(run.records).items()}
    bought = Counter(homes[subject] for subject, _ in run.record.bought)
    for customer, purchases in bought.items():
        profile = run.customers.profiles[customer].profile
        counted = sum(day.purchases for day in profile.ledgers["cars"].occasions) if profile.ledgers else 0
        if counted != purchases:
            yield Violation("lost", f"{customer} bought {purchases} times and the profile says {counted}")


def _logs(run: ColumnSchedule) -> Iterator[Violation]:
    """Each reservation stands in one log. Only whom a case has stopped is reserved for an occurrence a second time, as it is decided anew."""
    logged: Counter[tuple[str, int]] = Counter()
    for cycle in run.cycles:
        balance = run.objects.held.get(_balance_path(cycle))
        log = run.objects.held.get(part_path(cycle, 0))
        if balance is None or log is None:
            yield Violation("lost", f"cycle {cycle} has no balance or no log")
            continue
        told = msgspec.json.decode(balance, type=PartBalance)
        rows = _rows(log)
        if not told.balanced or told.decisions.proposed != len(rows):
            yield Violation("lost", f"{cycle} proposed {told.decisions.proposed} and logged {len(rows)}")
        logged.update((contact, at) for _, contact, at in rows if contact)
        if not run.pair and max(Counter(who for who, _, _ in rows).values(), default=0) > 1:
            yield Violation("lost", f"{cycle} decided about somebody twice")
    for (contact, _), times in logged.items():
        if times > 1:
            yield Violation("lost", f"{contact} is reserved in {times} logs by one decision")
    reserved = Counter(contact for contact, _ in logged)
    for contact, times in reserved.items():
        if times > 1 and not run.record.opened:
            yield Violation("lost", f"{contact} was reserved {times} times though nothing stopped it")
    if not run.pair:  # a merge gives contacts other occurrences, and cancels one of two
        standing = {c.id for _, c in run.customers.contacts() if c.trigger == "catalogue"}
        if missing := standing - reserved.keys():
            yield Violation("lost", f"{min(missing)} is in no log")
    everywhere = {contact.id for _, contact in run.customers.contacts()}
    if missing := reserved.keys() - everywhere:
        yield Violation("lost", f"{min(missing)} is in a log and on no timeline")


def _rows(log: bytes) -> list[tuple[tuple[str, str, str], str, int]]:
    """(customer, trigger, occurrence), contact and instant (microseconds) of each decision."""
    with TemporaryDirectory() as folder, duckdb.connect() as columns:
        held = Path(folder) / "log.parquet"
        held.write_bytes(log)
        query = 'SELECT customer_id, trigger, occurrence, contact, epoch_us("at") FROM read_parquet($path)'
        rows = columns.execute(query, {"path": held.as_posix()}).fetchall()
        return [((a, b, c), contact, at) for a, b, c, contact, at in rows]
