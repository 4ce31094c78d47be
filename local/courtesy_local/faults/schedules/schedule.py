"""One schedule: a few customers, what happens to them in some weeks, every process of Courtesy at once, then rest.

First the seed draws a script (purchases, withdrawals, cases, a merge and a split, cycles) and how much goes wrong. The
processes run interleaved while it does. Then nothing fails any more, everything is delivered and all time passes: whatever
has no end by then is lost.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from zlib import crc32

import msgspec

from courtesy.decisions.candidates import from_cycle
from courtesy.decisions.event_message import EventMessage
from courtesy.decisions.listen import decide_events
from courtesy.decisions.log import read_held, still_held
from courtesy.decisions.release import Message, release
from courtesy.decisions.reserve import reserve
from courtesy.errors import Conflict, NotFound, RefusedInput
from courtesy.identity.load import decode_message, load_chunk
from courtesy.identity.merge import Desk, merge_customers, split_customer
from courtesy.intake.report import FileReport, encode_report, report_path
from courtesy.intake.staged import StagedRow, encode_rows
from courtesy.messages.post import Posting, make_mailings
from courtesy.messages.record import Recording, record_feedback
from courtesy.messages.send import Sending, send_email
from courtesy.outcomes import ContactState, FileOutcome
from courtesy.privacy.withdraw import withdraw
from courtesy.timeline.contacts import found
from courtesy_local.faults.schedules.index import Index
from courtesy_local.faults.schedules.law import (
    KEY,
    RECORDS,
    Press,
    ground,
    policy,
    record_of,
    renderer,
    rulebook,
)
from courtesy_local.faults.schedules.objects import Objects, Shelf
from courtesy_local.faults.schedules.posts import Letter, Post, Printer, Queue, Ses
from courtesy_local.faults.schedules.record import Record
from courtesy_local.faults.schedules.stage import MONDAY, Stage
from courtesy_local.faults.schedules.stores import Customers

AT_ONCE = 4
"""So many processes at most run at the same time."""
TROUBLES = (0.0, 0.01, 0.03, 0.08)
"""Shares of calls that something happens to."""
PEOPLE = (1, 1, 1, 2, 2, 3)
Act = Callable[[], Any]


class Schedule:
    """One world and its run; look at `record` and the stores afterwards."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.stage = stage = Stage(seed)
        self.record = record = Record()
        base = ground()
        self.records = RECORDS[: stage.rng.choice(PEOPLE)]
        self.customers = Customers(stage, record)
        self.customers.profiles = {base.ids[r]: base.customers.profiles[base.ids[r]] for r in self.records}
        self.customers.timelines = {
            base.ids[r]: dict(base.customers.timelines[base.ids[r]]) for r in self.records
        }
        self.index: Index = base.index.copied(stage)
        self.objects, self.shelf = Objects(stage), Shelf(stage)
        self.post = Post(stage)
        self._printer = Printer(stage, record, self.post, self.shelf)
        self._queues = {"email": Queue("email", self.post), "letter": Queue("letter", self.post)}
        self._events = Queue("events", self.post)
        mailer = Ses(stage, record, self.post, record_of)
        self._sending = Sending(
            self.customers, mailer, renderer(), policy(), KEY, "https://example.com", stage.clock
        )
        self._posting = Posting(
            self.customers,
            self.shelf,
            Queue("vendor", self.post),
            renderer(),
            policy(),
            Press(),
            KEY,
            stage.clock,
        )
        self._recording = Recording(self.customers, self.shelf, KEY, stage.clock)
        self._again: list[tuple[str, Act, Callable[[], None]]] = []
        """Commands of people whose answer did not come: they give them again."""
        self._runs = 0
        self._resting = False
        self.pair: frozenset[str] = frozenset()
        """Who is united, where the script has a merge."""
        self._script = self._written()
        self._handlers: dict[str, Callable[[Letter], Any]] = {
            "chunks": self._load,
            "events": self._decide,
            "email": self._send,
            "letter": self._print,
            "feedback": self._report,
        }

    def run(self) -> "Schedule":
        """From the first event to rest."""
        stage = self.stage
        stage.trouble = stage.rng.choice(TROUBLES)
        for after, begin in self._script:
            self._pass(after)
            begin()
            self._busy(stage.rng.randint(10, 120))
        stage.trouble = 0.0
        stage.finish()
        self._resting = True
        self._rest()
        return self

    def _written(self) -> list[tuple[timedelta, Act]]:
        rng = self.stage.rng
        script: list[Act] = []
        for n, subject in enumerate(self.records):
            script.append(partial(self._buy, subject, f"{n}-0"))
            if rng.random() < 0.5:
                script.append(partial(self._buy, subject, f"{n}-1"))
        if rng.random() < 0.4:
            who = rng.choice(self.records)
            script.append(lambda: self._command("withdraw", lambda: self._withdraw(who)))
        if rng.random() < 0.4:
            sick = rng.choice(self.records)
            script.append(lambda: self._case(sick, "open"))
            if rng.random() < 0.5:
                script.append(lambda: self._case(sick, "closed"))
        if len(self.records) > 1 and rng.random() < 0.4:
            one, two = rng.sample(self.records, 2)
            self.pair = frozenset({one, two})
            script.append(lambda: self._command("merge", lambda: self._merge(one, two), self._united))
            if rng.random() < 0.5:
                script.append(lambda: self._command("split", lambda: self._split(one, two)))
        script += [self._cycle] * rng.randint(0, 2) + [self._nothing] * rng.randint(1, 4)
        rng.shuffle(script)
        waits = (timedelta(), timedelta(), timedelta(minutes=20), timedelta(minutes=70), timedelta(days=3))
        return [(rng.choice(waits), begin) for begin in script]

    def _pass(self, time: timedelta) -> None:
        """Time passes; what runs is done by then, or its time limit ends it."""
        if time:
            if self.stage.rng.random() < 0.5:
                self.stage.finish()
            else:
                self.stage.kill()
            self.stage.now += time

    def _busy(self, steps: int) -> None:
        stage = self.stage
        rng, alive = stage.rng, stage.alive
        for _ in range(steps):
            draw = rng.random()
            if alive and (draw < 0.8 or len(alive) >= AT_ONCE):
                stage.step()
            elif draw > 0.94 and self._any_due():
                self._release()
            elif self._again and draw > 0.9:
                self._command(*self._again.pop())
            elif self.post.waiting:
                self._deliver()
            elif not alive:
                if not self._any_due():
                    return
                self._release()

    def _start(self, name: str, act: Act, ended: Callable[[bool], None]) -> None:
        """Begin a process among the others; at rest, run it alone."""
        if self._resting:
            ended(self.stage.at_rest(act))
        else:
            self.stage.start(name, act, ended)

    def _any_due(self) -> bool:
        now = self.stage.now
        return any(contact.due <= now for contact in self.customers.waiting.values())

    def _deliver(self) -> None:
        letter = self.post.take()
        if letter.queue == "vendor":
            self._printer.receive(letter.body, record_of)
            self.post.done(letter, True)
            return
        handle = self._handlers[letter.queue]
        self._start(letter.queue, lambda: handle(letter), lambda well: self._delivered(letter, well))

    def _delivered(self, letter: Letter, well: bool) -> None:
        self.post.done(letter, well)
        if well and letter.queue == "chunks":
            message = decode_message(letter.body.decode())
            if message.source == "desk":
                subject, status = message.file_id.split("-")
                if status == "open":
                    self.record.opened.setdefault(f"crm/{subject}", self.stage.mark())

    def _rest(self) -> None:
        """Nothing fails; everything is delivered, people try again, time passes until nothing waits."""
        stage, tries = self.stage, 0
        while True:
            while self.post.waiting or self._again:
                tries += 1
                if tries > 400:
                    self.record.unended += sorted({letter.queue for letter in self.post.waiting})
                    self.record.unended += [name for name, _, _ in self._again]
                    return
                if self._again:
                    self._command(*self._again.pop())
                else:
                    self._deliver()
            # A piece to be recalled has left, and waits for its vendor's word, not for release.
            open_ = [
                c.due for _, c in self.customers.contacts() if found(c) and c.state is not ContactState.SENT
            ]
            tries += 1
            if not open_ or tries > 400:
                return
            stage.now = max(stage.now + timedelta(minutes=1), min(open_) + timedelta(seconds=1))
            self._release()

    # What people and sources do.

    def _command(self, name: str, act: Act, done: Callable[[], None] = lambda: None) -> None:
        """Somebody who tries until it is confirmed, or refused for a reason."""
        refused = False

        def tried() -> None:
            nonlocal refused
            try:
                act()
            except (RefusedInput, NotFound):
                refused = True

        def ended(well: bool) -> None:
            if not well:
                self._again.append((name, act, done))
            elif not refused:
                done()

        self._start(name, tried, ended)

    def _nothing(self) -> None:
        pass

    def _id(self, subject: str) -> str:
        return ground().ids[subject]

    def _current(self, subject: str) -> str:
        [record] = self.index.read_records([subject]).values()
        return record.customer_id

    def _buy(self, subject: str, id_: str) -> None:
        self.record.bought.append((subject, id_))
        self._drop("shop", id_, subject, {"division": "cars", "amount": 5000, "type": "purchase"})

    def _case(self, subject: str, status: str) -> None:
        number = subject.split("/")[1]
        if status == "closed":
            self.record.closed.setdefault(subject, self.stage.mark())
        event: dict[str, Any] = {"division": "cars", "type": "complaint", "status": status}
        self._drop("desk", f"{number}-{status}", subject, event, f"case-{number}")

    def _drop(self, source: str, file_id: str, subject: str, event: dict[str, Any], id_: str = "") -> None:
        """A file of one row was read; its chunk is to be loaded."""
        now = self.stage.now
        row = StagedRow(
            source=source, contract=1, file=f"{source}/{file_id}", line=2, id=id_ or file_id, when=now, stated=now,
            version=file_id, customer=subject.split("/")[1], event=event,
        )  # fmt: skip
        path = f"staged/{source}/{file_id}/00000.jsonl"
        self.objects.held[path] = encode_rows([row])
        report = FileReport(
            source=source, file_id=file_id, key=path, outcome=FileOutcome.LOADING, at=now, rows_in=1, loaded=1, chunks=1
        )  # fmt: skip
        self.objects.held[report_path(source, file_id)] = encode_report(report)
        body = {"source": source, "file_id": file_id, "chunk": 0, "chunks": 1, "path": path}
        self.post.put("chunks", msgspec.json.encode(body))

    def _withdraw(self, subject: str) -> None:
        withdraw(self.customers, self._id(subject), "marketing", "*", "*", self.stage.now, subject)

    def _desk(self) -> Desk:
        return Desk(self.index, self.customers, rulebook().identity, KEY, self.stage.now, by="clerk")

    def _merge(self, one: str, two: str) -> None:
        merge_customers(self._desk(), self._id(one), self._id(two))

    def _united(self) -> None:
        self.record.united = self.record.united or self.stage.mark()

    def _split(self, one: str, two: str) -> None:
        both = self.index.read_records([one, two])
        if both[one].customer_id != both[two].customer_id and not both[one].apart:
            return  # nobody has united them
        self.record.parted = self.record.parted or self.stage.mark()
        split_customer(self._desk(), min(r.customer_id for r in both.values()), [max(one, two)])

    # What Courtesy does.

    def _cycle(self) -> None:
        for subject in self.records:
            self._start("cycle", partial(self._reserve, subject), lambda _: None)

    def _reserve(self, subject: str) -> None:
        now, day = self.stage.now, self.stage.now.date()
        customer = self._current(subject)
        proposed = [from_cycle(rulebook().triggers["catalogue"], day, day)]
        held = still_held(read_held(self.objects, MONDAY.date(), day), now)
        proposed += held.get(customer, [])
        reserve(self.customers, customer, None, proposed, policy(), now, KEY)

    def _release(self) -> None:
        now = self.stage.now
        self._start("release", lambda: release(self.customers, self._queues, policy(), now), lambda _: None)

    def _load(self, letter: Letter) -> None:
        message = decode_message(letter.body.decode())
        load_chunk(
            message, self.objects, self.index, self.customers, self._events, rulebook(), KEY, self.stage.now
        )

    def _decide(self, letter: Letter) -> None:
        message = msgspec.json.decode(letter.body, type=EventMessage)
        run = f"m{crc32(letter.body):08x}"
        decide_events(self.customers, self.index, self.objects, rulebook(), message, self.stage.now, KEY, run)

    def _send(self, letter: Letter) -> None:
        self._runs += 1
        send_email(msgspec.json.decode(letter.body, type=Message), f"e-{self._runs}", self._sending)

    def _print(self, letter: Letter) -> None:
        self._runs += 1
        message = msgspec.json.decode(letter.body, type=Message)
        if make_mailings([message], f"r{self._runs}", self._posting).again:
            raise Conflict("it comes again")

    def _report(self, letter: Letter) -> None:
        record_feedback({"body": letter.body.decode()}, self._recording)
