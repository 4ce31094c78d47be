"""The whole job, phase by phase; what it found is `Figures`, what must be equal is in its books."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from courtesy.intake.report import FileReport
from courtesy.timeline.events import Contact
from courtesy_local.demo import answers, balance, figures, score
from courtesy_local.demo.balance import Books
from courtesy_local.demo.works import Works
from courtesy_local.samples import Truth, generate
from courtesy_local.samples.people import awake
from courtesy_local.vendor.print_vendor import PrintVendor

Tell = Callable[[str, int, int], None]
"""Hears (what is being done, how much of it is done, of how much; 0 of 0 where nobody knows)."""

FILES_WITHIN, QUIET_WITHIN, CYCLE_WITHIN = 1800.0, 900.0, 1800.0
RELEASES = 12
"""How often release is asked for more before the demo goes on; each takes up to 2,000 contacts of a channel."""


@dataclass
class Run:
    """What a run did so far."""

    truth: Truth
    reports: dict[str, FileReport] = field(default_factory=dict)
    cycles: list[dict[str, Any]] = field(default_factory=list)
    cycle_ids: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    asked: dict[str, dict[str, float]] = field(default_factory=dict)
    loaded_at: dict[int, float] = field(default_factory=dict)
    unsubscribed: dict[str, float] = field(default_factory=dict)
    vendor: dict[str, int] = field(default_factory=dict)
    books: Books = field(default_factory=Books)
    examples: list[str] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str, works: Works | None = None) -> Iterator[None]:
        """Time a phase, and count what AWS would be asked for in it."""
        began = time.monotonic()
        before = works.stack.meter() if works else {}
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - began, 2)
        held = self.asked.setdefault(name, {})
        for what, number in (works.stack.meter() if works else {}).items():
            held[what] = round(held.get(what, 0.0) + number - before.get(what, 0.0), 3)


def perform(
    works: Works, folder: Path, customers: int, seed: int, today: date | None, tell: Tell
) -> tuple[dict[str, Any], "Run"]:
    """Both days on an empty installation; (figures, run). The night's cycle rests meanwhile: its books would be a third day's."""
    run = make_samples(folder, customers, seed, today, tell)
    with works.resting("cycle"):
        for day in run.truth.days:
            live_a_day(works, run, folder, day, tell)
            hear_back(works, run, tell)
        tell("adding up", 0, 0)
        return add_up(works, run), run


def make_samples(folder: Path, customers: int, seed: int, today: date | None, tell: Tell) -> Run:
    """Generate the sample files; `today` is the date of the second day."""
    now = datetime.now(tz=UTC)
    began = time.monotonic()
    truth = generate(
        folder,
        customers,
        seed,
        today=today or now.date(),
        progress=lambda done: tell("inventing people", done, customers),
        simulator=awake(now.hour),
    )
    run = Run(truth)
    run.seconds["samples"] = round(time.monotonic() - began, 2)
    return run


def live_a_day(works: Works, run: Run, folder: Path, day: int, tell: Tell) -> None:
    """One day: the files come, the cycle decides, what is due leaves."""
    files = run.truth.day(day)
    with run.phase(f"files day {day}", works):
        for file in files:
            works.drop(folder / file.key, file.key)
        what = f"loading the files of day {day}"
        run.reports |= works.await_files(
            [file.key for file in files], FILES_WITHIN, lambda done: tell(what, done, len(files))
        )
        works.await_quiet(QUIET_WITHIN, lambda waiting: tell(f"deciding the events of day {day}", 0, waiting))
        run.loaded_at[day] = time.time()
    with run.phase(f"cycle day {day}", works):
        as_of = run.truth.today - timedelta(days=len(run.truth.days) - day)
        cycle_id = works.start_cycle(as_of, f"demo{day}")
        report = works.await_cycle(cycle_id, CYCLE_WITHIN, lambda _: tell(f"cycle of day {day}", 0, 0))
        run.cycle_ids.append(cycle_id)
        run.cycles.append(report)
    with run.phase(f"send day {day}", works):
        send(works, tell)


def send(works: Works, tell: Tell) -> None:
    """Release what is due until nothing more leaves, and wait until it is with SES or the vendor's queue."""
    before = -1
    for _ in range(RELEASES):
        works.release()
        works.await_quiet(QUIET_WITHIN, lambda waiting: tell("sending", 0, waiting))
        now = len(works.stack.sent_mail())
        if now == before:
            return
        before = now


def hear_back(works: Works, run: Run, tell: Tell) -> None:
    """What the outside answers: the vendor prints and mails, one letter comes back, one reader clicks on unsubscribe.

    The bounce and the complaint come by themselves: SES's mailbox simulator answers mail to its two addresses.
    """
    with run.phase("feedback", works):
        tell("printing", 0, 0)
        vendor = PrintVendor(works.stack)
        done = vendor.work(letters_back=0 if run.vendor.get("returned") else 1)
        for name, number in asdict(done).items():
            run.vendor[name] = run.vendor.get(name, 0) + number
        if not run.unsubscribed:
            _unsubscribe(works, run)
        works.await_quiet(QUIET_WITHIN, lambda waiting: tell("taking in what came back", 0, waiting))


def _unsubscribe(works: Works, run: Run) -> None:
    message = answers.first_that_can_unsubscribe(works.stack.sent_mail(), beside=run.truth.withdrawn)
    if message is None:
        return
    path = answers.unsubscribe_path(message)
    assert path is not None  # noqa: S101 - the message was taken because it has one
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = works.stack.http("POST", path, body=answers.ONE_CLICK, headers=form)
    run.books.equal("one-click unsubscribe is answered with 200", answer.status, 200)
    run.unsubscribed[message["To"][0].lower()] = time.time()


def add_up(works: Works, run: Run) -> dict[str, Any]:
    """The figures of the whole run, read from the stores; fills the books."""
    with run.phase("balance"):
        profiles = list(works.profiles())
        contacts = list(works.contacts())
        mails = works.stack.sent_mail()
        by_cycle = [figures.cycle_decisions(works, cycle_id) for cycle_id in run.cycle_ids]
        by_event = figures.event_decisions(works)
        reported = list(works.events("feedback"))
        _keep_books(works, run, contacts, mails, by_cycle, by_event)
        decided = figures.together([*by_cycle, by_event])
        found = score.identity(run.truth.people, score.clusters(profiles))
        loaded = run.reports.values()
        rows = {
            "in": sum(report.rows_in for report in loaded),
            "loaded": sum(report.loaded for report in loaded),
            "unchanged": sum(report.unchanged for report in loaded),
            "quarantined": sum(report.quarantined for report in loaded),
        }
        run.examples = [
            p.customer_id for p in sorted(profiles, key=lambda p: (-len(p.contacts), -p.records))[:3]
        ]
        answer: dict[str, Any] = {
            "files": len(run.reports),
            "rows": rows,
            "source_records": sum(profile.records for profile in profiles),
            "customers": len(profiles),
            "identity": figures.identity_figures(found),
            "segments": figures.segments(works, run.cycle_ids[-1]),
            "moves": sum(figures.moves(works, cycle_id) for cycle_id in run.cycle_ids),
            "decisions": decided,
            "contacts": figures.contact_states(profiles, contacts),
            "feedback": figures.feedback(reported, len(run.unsubscribed)),
        }
    answer["seconds"] = dict(run.seconds)
    answer["requests"] = figures.requests(
        run.asked,
        run.reports,
        run.truth,
        len(profiles),
        answer["contacts"],
        figures.parts_of(works, run.cycle_ids[-1]),
    )
    answer["balanced"] = run.books.balanced
    return answer


def _keep_books(
    works: Works,
    run: Run,
    contacts: list[tuple[str, Contact]],
    mails: list[dict[str, Any]],
    by_cycle: list[dict[str, Any]],
    by_event: dict[str, Any],
) -> None:
    books = run.books
    balance.check_files(books, run.truth, run.reports)
    for cycle_id, counted, report in zip(run.cycle_ids, by_cycle, run.cycles, strict=True):
        balance.check_decisions(books, cycle_id, counted)
        balance.check_report(books, cycle_id, counted, report)
    balance.check_decisions(books, "events", by_event)
    reserved = sum(counted["reserved"] for counted in [*by_cycle, by_event])
    books.equal("reserved decisions = contacts on timelines", reserved, len(contacts))
    items = [contact for _, contact in contacts]
    balance.check_mail(books, items, mails)
    printed = sum(c.channel in ("letter", "postcard") and c.state in balance.LEFT for c in items)
    books.equal("pieces at the vendor = pieces mailed", run.vendor.get("mailed", 0), printed)
    advertising = [c.provider_id for c in items if c.purpose == "marketing" and c.provider_id]
    balance.check_withdrawn(books, run.truth, advertising, mails, run.loaded_at, run.unsubscribed)
    books.equal("messages given up by queues", works.stack.dead_letters(), {})
