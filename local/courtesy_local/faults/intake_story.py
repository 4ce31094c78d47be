"""Files are dropped, read in columns, staged and loaded: a delta, then the next one that repeats, changes and adds rows.

The notifications come twice, and again as long as they fail. In the end each row is on its customer's timeline once, the
reports balance and have ended, and the source's state holds what was read: the same rows again are nothing new.
"""

import json
from collections.abc import Iterator

from courtesy.intake.report import FileReport, decode_report
from courtesy.outcomes import FileOutcome
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from courtesy_local.faults.judge import Violation, profile_of, timeline
from courtesy_local.faults.story import sections
from courtesy_local.faults.telling import Telling
from courtesy_local.faults.world import Run
from functions.load_chunk import handler as load_chunk
from functions.read_drop import handler as read_drop

_PERSON = ("given_name", "surname", "email")
SOURCES = {
    "crm": {
        "name": "crm", "record": "person", "file": "*", "format": {"kind": "csv"}, "key": ["id"], "event_time": "t",
        "fields": {name: {"column": name} for name in _PERSON},
    },
    "shop": {
        "name": "shop", "record": "transaction", "file": "*", "format": {"kind": "csv"}, "key": ["id"],
        "customer_key": "c", "refers_to": "crm", "event_time": "t",
        "fields": {"division": {"column": "d"}, "amount": {"column": "a"}},
    },
}  # fmt: skip
_DAY = "2026-03-01T10:00:00Z"
PEOPLE = "id,given_name,surname,email,t\n" + "".join(
    f"{n},Jo,{name},{n}@example.com,{_DAY}\n" for n, name in ((1, "Abel"), (2, "Bjork"))
)
_HEAD = "id,c,d,a,t\n"
_BAD = f"b9,2,cars,much,{_DAY}\n"
"""A row whose amount is none."""
BOUGHT = {"b1": ("1", 50), "b2": ("2", 60), "b3": ("1", 70)}
CHANGED = {"b3": ("1", 75), "b4": ("2", 80)}


def rows_of(bought: dict[str, tuple[str, int]]) -> str:
    """A file's rows."""
    return "".join(f"{id_},{customer},cars,{amount},{_DAY}\n" for id_, (customer, amount) in bought.items())


DROPS = {
    "crm/2026/03/02/people.csv": PEOPLE,
    "shop/2026/03/02/sales.csv": _HEAD + rows_of(BOUGHT) + _BAD,
    "shop/2026/03/03/sales.csv": _HEAD + rows_of({"b1": BOUGHT["b1"]} | CHANGED),
}
BUCKET = "drops.s3.eu-central-1.amazonaws.com"
"""How the world names the bucket of drops."""
AGAIN = "shop/2026/03/04/sales.csv"
"""All that was sold, dropped when all is quiet: nothing of it is new."""


def lay_sources(run: Run) -> None:
    """The sources' contracts; nobody is known yet."""
    DynamoRulebookStore("rulebooks").publish(sections() | {"sources": SOURCES}, "harness", run.now())


class IntakeStory(Telling):
    """One run. `last`: the report of the file that was dropped when all was quiet."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.last: FileReport | None = None

    def tell(self) -> None:
        """All of it."""
        for n, (key, text) in enumerate(DROPS.items()):
            self._drop(key, text, f"{n:04}")
            self.run.sleep(60)
        self.run.counting = False
        self._drop(AGAIN, _HEAD + rows_of(BOUGHT | CHANGED), "0009")
        [self.last] = [report for report in self.reports() if report.key == AGAIN]

    def reports(self) -> list[FileReport]:
        """The files' reports as they lie in the lake."""
        return [
            decode_report(content)
            for path, content in sorted(self.run.objects.items())
            if "/outcomes/files/" in path
        ]

    def _drop(self, key: str, text: str, put: str) -> None:
        self.run.objects[f"{BUCKET}/{key}"] = text.encode()
        thing = {"key": key, "size": len(text), "sequencer": put}
        news = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "drops"}, "object": thing}}
        waiting = [(json.dumps({"Records": [news]}), 0)]
        while waiting:
            waiting = self.deliver(read_drop.handle, waiting)
            self.until_done(load_chunk.handle, self.queued("chunks"))


def judge_intake(story: Telling) -> list[Violation]:
    """Everything that went wrong in a run."""
    assert isinstance(story, IntakeStory)  # noqa: S101 - the path's own
    return [*_undone(story), *_files(story), *_rows(story)]


def _undone(story: IntakeStory) -> Iterator[Violation]:
    for body in story.undelivered:
        yield Violation("lost", f"never confirmed: {body[:80]}")


def _files(story: IntakeStory) -> Iterator[Violation]:
    """Each file ended, its rows balance, and its figures are those of the file alone."""
    told = {report.key: report for report in story.reports()}
    expected = {key: (text.count("\n") - 1, text.count("much")) for key, text in DROPS.items()}
    for key, (rows, bad) in expected.items():
        report = told.get(key)
        if report is None or report.outcome is not FileOutcome.LOADED:
            yield Violation("lost", f"{key} ended as {report and report.outcome}")
        elif report.rows_in != report.loaded + report.unchanged + report.quarantined:
            yield Violation("lost", f"the rows of {key} do not balance")
        elif (report.rows_in, report.quarantined) != (rows, bad):
            yield Violation("lost", f"{key} has {report.rows_in} rows, {report.quarantined} of them bad")
    if story.last is None or (story.last.loaded, story.last.unchanged) != (0, len(BOUGHT | CHANGED)):
        yield Violation("lost", "what was read was read as new once more")


def _rows(story: IntakeStory) -> Iterator[Violation]:
    """Each person is one customer, with what they bought counted once, the later version of it."""
    run = story.run
    sold: dict[str, tuple[int, int]] = {}
    for customer in sorted({key[0] for key in run.dynamo.tables["profiles"]}):
        events, profile = timeline(run, customer), profile_of(run, customer)
        if encode_profile(profile) != encode_profile(fold(customer, events)):
            yield Violation("fold", f"the profile of {customer} is not the fold of its timeline")
        occasions = profile.ledgers["cars"].occasions if "cars" in profile.ledgers else []
        told = (sum(day.purchases for day in occasions), sum(day.amount for day in occasions))
        for subject in profile.subjects:
            sold[subject] = told
    latest = BOUGHT | CHANGED
    for number in ("1", "2"):
        amounts = [amount * 100 for whose, amount in latest.values() if whose == number]
        if sold.get(f"crm/{number}") != (len(amounts), sum(amounts)):
            yield Violation("lost", f"person {number} bought {sold.get(f'crm/{number}')} by the profile")
