"""The whole job, phase by phase; what it found is `Figures`, what must be equal is in its books."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from courtesy.intake.report import FileReport
from courtesy_local.demo.balance import Books
from courtesy_local.demo.works import Works
from courtesy_local.samples import Truth, generate

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
    loaded_at: dict[int, float] = field(default_factory=dict)
    unsubscribed: dict[str, float] = field(default_factory=dict)
    vendor: dict[str, int] = field(default_factory=dict)
    books: Books = field(default_factory=Books)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - began, 2)


def make_samples(folder: Path, customers: int, seed: int, today: date | None, tell: Tell) -> Run:
    """Generate the sample files; `today` is the date of the second day."""
    last = today or datetime.now(tz=UTC).date()
    began = time.monotonic()
    truth = generate(
        folder, customers, seed, today=last, progress=lambda done: tell("inventing people", done, customers)
    )
    run = Run(truth)
    run.seconds["samples"] = round(time.monotonic() - began, 2)
    return run


def live_a_day(works: Works, run: Run, folder: Path, day: int, tell: Tell) -> None:
    """One day: the files come, the cycle decides, what is due leaves."""
    files = run.truth.day(day)
    with run.phase(f"files day {day}"):
        for file in files:
            works.drop(folder / file.key, file.key)
        what = f"loading the files of day {day}"
        run.reports |= works.await_files(
            [file.key for file in files], FILES_WITHIN, lambda done: tell(what, done, len(files))
        )
        works.await_quiet(QUIET_WITHIN, lambda waiting: tell(f"deciding the events of day {day}", 0, waiting))
        run.loaded_at[day] = time.time()
    with run.phase(f"cycle day {day}"):
        as_of = run.truth.today - timedelta(days=len(run.truth.days) - day)
        cycle_id = works.start_cycle(as_of, f"demo{day}")
        report = works.await_cycle(cycle_id, CYCLE_WITHIN, lambda _: tell(f"cycle of day {day}", 0, 0))
        run.cycle_ids.append(cycle_id)
        run.cycles.append(report)
    with run.phase(f"send day {day}"):
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
