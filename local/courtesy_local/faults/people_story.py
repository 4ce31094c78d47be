"""Two people are loaded, united and parted again, while contacts of theirs are reserved and sent.

One of them has said no to marketing. So from the merge's confirmation to the split nobody of the two may be written to,
and at no moment may anybody be whose other half is still on its way.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec

from courtesy.identity.merge import Desk, merge_customers, split_customer
from courtesy.identity.record import IndexedRecord
from courtesy.intake.report import FileReport, encode_report, report_path
from courtesy.intake.staged import StagedRow, encode_rows
from courtesy.outcomes import ContactState, FileOutcome
from courtesy.timeline.contacts import brought_to, settle
from courtesy.timeline.events import Contact, Event, Feedback, Scalar, SourceRecord, Transaction
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
from courtesy_aws.identity_index import DynamoIdentityIndex
from courtesy_aws.lake import S3Lake
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from courtesy_local.faults.judge import Violation, duplicates, event_of, profile_of, timeline
from courtesy_local.faults.story import ROUNDS, STEP, sections, told_of
from courtesy_local.faults.telling import Telling
from courtesy_local.faults.world import SECRET, Run
from functions.decide_events import handler as decide_events
from functions.load_chunk import handler as load_chunk
from functions.record_feedback import handler as record_feedback
from functions.release_due import handler as release_due
from functions.send_email import handler as send_email

_NAMES = {"1": "Abel", "2": "Bjork"}
YES, NO = "crm/1", "crm/2"
"""Who may be written to, and who said no."""
_MAPPED = {"division": {"column": "d"}}
_PERSON = ("given_name", "surname", "email", "address1", "city", "state", "postcode", "country")


def _source(name: str, record: str, fields: Mapping[str, object]) -> dict[str, object]:
    whose = {"customer_key": "c", "refers_to": "crm"} if name != "crm" else {}
    return {
        "name": name, "record": record, "file": "*", "format": {"kind": "csv"}, "key": ["id"], "event_time": "t",
        "fields": fields, **whose,
    }  # fmt: skip


def lay_people(run: Run) -> None:
    """Two customers who came by file, one purchase and one withdrawal."""
    sources = {
        "crm": _source("crm", "person", {name: {"column": name} for name in _PERSON}),
        "shop": _source("shop", "transaction", _MAPPED | {"amount": {"column": "a"}}),
        "wish": _source("wish", "permission", {
            name: {"column": name} for name in ("purpose", "channel", "division", "status")
        }),
    }  # fmt: skip
    DynamoRulebookStore("rulebooks").publish(sections() | {"sources": sources}, "harness", run.now())
    story = PeopleStory(run)
    for number, name in _NAMES.items():
        person: dict[str, Scalar | None] = {
            "given_name": "Jo", "surname": name, "email": f"{number}@example.com", "address1": f"{number} High St",
            "city": "Boston", "state": "MA", "postcode": "02108", "country": "US",
        }  # fmt: skip
        story.load("crm", number, person=person)
    no: dict[str, Scalar | None] = {
        "purpose": "marketing",
        "channel": "*",
        "division": "*",
        "status": "withdrawn",
    }
    story.load("wish", "w2", "2", no)
    run.queues["events"].clear()


class PeopleStory(Telling):
    """One run. `united`, `parted`: when the merge was confirmed and the split begun, in the order of what happened."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.index = DynamoIdentityIndex("identities")
        self.lake = S3Lake("lake")
        self.united = self.parted = 0
        self._reported = 0
        self._feedback: list[tuple[str, int]] = []

    def tell(self) -> None:
        """All of it."""
        ids = self.homes()
        self._buy("p1", "1")
        self.surely(lambda: merge_customers(self._desk(), ids[YES], ids[NO]), self._mail)
        self.united = self.run.mark()
        self._buy("p2", "2")
        self._hours()
        self.parted = self.run.mark()
        self.surely(self._split, self._mail)
        self._buy("p3", "1")
        for _ in range(3):
            self._hours()
            self.run.sleep(timedelta(days=1).total_seconds())

    def homes(self) -> dict[str, str]:
        """Each person's customer, by the index; nothing of it counts or fails."""
        return {subject: record.customer_id for subject, record in self.records().items()}

    def records(self) -> dict[str, IndexedRecord]:
        """The person records as the index has them."""
        counting, self.run.counting = self.run.counting, False
        found = self.index.read_records([YES, NO])
        self.run.counting = counting
        return found

    def load(
        self,
        source: str,
        id_: str,
        customer: str = "",
        event: dict[str, Scalar | None] | None = None,
        person: dict[str, Scalar | None] | None = None,
    ) -> None:
        """A file of one row was read; its chunk is loaded until it is done."""
        now = self.run.now()
        row = StagedRow(
            source=source, contract=1, file=f"{source}/{id_}", line=2, id=id_, when=now, stated=now, version=id_,
            customer=customer, event=event, person=person,
        )  # fmt: skip
        path = f"staged/{source}/{id_}/00000.jsonl"
        report = FileReport(
            source=source, file_id=id_, key=path, outcome=FileOutcome.LOADING, at=now, rows_in=1, loaded=1, chunks=1
        )  # fmt: skip
        counting, self.run.counting = self.run.counting, False
        self.lake.put(path, encode_rows([row]))
        self.lake.put(report_path(source, id_), encode_report(report))
        self.run.counting = counting
        body = {"source": source, "file_id": id_, "chunk": 0, "chunks": 1, "path": path}
        self.until_done(load_chunk.handle, [(msgspec.json.encode(body).decode(), 0)])

    def _buy(self, id_: str, customer: str) -> None:
        self.load("shop", id_, customer, {"division": "cars", "amount": 5000, "type": "purchase"})
        self.until_done(decide_events.handle, self.queued("events"))

    def _split(self) -> None:
        records = self.records()
        split_customer(self._desk(), min(record.customer_id for record in records.values()), [NO])

    def _desk(self) -> Desk:
        rules = DynamoRulebookStore("rulebooks").current().identity
        return Desk(self.index, self.store, rules, SECRET.encode(), self.run.now(), by="clerk")

    def _hours(self) -> None:
        for _ in range(ROUNDS // 2):
            self._mail()
            self.run.sleep(STEP.total_seconds())

    def _mail(self) -> None:
        self.once(lambda: release_due.handle({}, None))
        left = self.deliver(send_email.handle, self.queued("email"))
        self.run.queues["email"] += [body for body, _ in left]
        mails = self.run.mails[self._reported :]
        self._reported = len(self.run.mails)
        self._feedback += [(body, 0) for mail in mails for body in told_of(mail)]
        self._feedback = self.deliver(record_feedback.handle, self._feedback)


def judge_people(story: Telling) -> list[Violation]:
    """Everything that went wrong in a run."""
    assert isinstance(story, PeopleStory)  # noqa: S101 - the path's own
    return [*duplicates(story.run), *_against_the_no(story), *_halves(story), *_undone(story)]


def _against_the_no(story: PeopleStory) -> Iterator[Violation]:
    for mail in story.run.mails:
        claimed = _claimed(story.run, mail.contact, mail.seq)
        if mail.to.startswith("2@"):
            yield Violation("after_withdrawal", f"{mail.contact} went to whom said no")
        if story.united < claimed < story.parted:
            yield Violation("after_withdrawal", f"{mail.contact} was claimed while the two were one")


def _claimed(run: Run, contact: str, before: int) -> int:
    claims = [
        write.seq
        for write in run.writes
        if write.seq < before
        and isinstance(event := event_of(write), Contact)
        and (event.id, event.state) == (contact, ContactState.SENDING)
    ]
    return claims[-1] if claims else before


def _halves(story: PeopleStory) -> Iterator[Violation]:
    """At the claim of whatever left, its customer had a person's records and purchases whole or not at all."""
    wholes: dict[str, dict[str, set[str]]] = {}
    gone = {mail.contact for mail in story.run.mails}
    loaded: dict[str, set[str]] = {}
    for write in story.run.writes:
        event = event_of(write)
        if event is None:
            continue
        customer = write.item["customer_id"]["S"]
        if isinstance(event, (SourceRecord, Transaction)):
            subject = event.subject or f"{event.source}/{event.id}"
            name = f"{event.source}/{event.id}"
            wholes.setdefault(customer, {}).setdefault(subject, set()).add(name)
            loaded.setdefault(subject, set()).add(name)
        elif isinstance(event, Contact) and event.state is ContactState.SENDING and event.id in gone:
            for subject, held in wholes.get(customer, {}).items():
                if f"{subject}" in held and held != loaded[subject]:
                    yield Violation("half_merged", f"{event.id} was claimed with half of {subject}")


def _undone(story: PeopleStory) -> Iterator[Violation]:
    run, records = story.run, story.records()
    for body in story.undelivered:
        yield Violation("lost", f"never confirmed: {body[:80]}")
    for subject, record in records.items():
        if record.leaving or record.pending or record.arrived:
            yield Violation("lost", f"{subject} is on its way for ever")
    homes = {subject: record.customer_id for subject, record in records.items()}
    if len(set(homes.values())) != len(homes):
        yield Violation("lost", "the two were not parted")
    accepted = {mail.contact for mail in run.mails}
    bought: dict[str, list[str]] = {}
    for customer in sorted({key[0] for key in run.dynamo.tables["profiles"]}):
        events, profile = timeline(run, customer), profile_of(run, customer)
        if profile.merging:
            yield Violation("fold", f"{customer} is marked for ever")
        if profile.merged_into and events:
            yield Violation("fold", f"{customer} redirects and has {len(events)} events")
        if not profile.merged_into and encode_profile(profile) != encode_profile(fold(customer, events)):
            yield Violation("fold", f"the profile of {customer} is not the fold of its timeline")
        for event in events:
            if isinstance(event, Transaction):
                bought.setdefault(event.id, []).append(customer)
        yield from _ends(events, accepted)
    for id_, subject in (("p1", YES), ("p2", NO), ("p3", YES)):
        if bought.get(id_) != [homes[subject]]:
            yield Violation(
                "lost", f"purchase {id_} is on {len(bought.get(id_, ()))} timelines or not on its own"
            )
    unsure = any(
        isinstance(said := event_of(write), Contact) and said.state is ContactState.UNKNOWN
        for write in run.writes
    )
    if not unsure and not any(mail.to.startswith("1@") for mail in run.mails):
        yield Violation("lost", "who said nothing was never written to")


def _ends(events: list[Event], accepted: set[str]) -> Iterator[Violation]:
    for contact in (event for event in events if isinstance(event, Contact) and not brought_to(event)):
        told = [e for e in events if isinstance(e, Feedback) and e.contact == contact.id]
        state, _ = settle(contact, told)
        if contact.id in accepted and state is not ContactState.DELIVERED:
            yield Violation("lost", f"{contact.id} has left and is {state}")
        if contact.id not in accepted and state in (ContactState.SENT, ContactState.DELIVERED):
            yield Violation("lost", f"{contact.id} is {state} and was never handed over")
        if state in (ContactState.RESERVED, ContactState.QUEUED, ContactState.SENDING):
            yield Violation("lost", f"{contact.id} is still {state}")
