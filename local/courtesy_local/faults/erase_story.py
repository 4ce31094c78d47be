"""Somebody is erased while a mail to them is on its way, and a later file names them again."""

from collections.abc import Iterator

from courtesy.outcomes import ContactState
from courtesy.privacy.certificate import certificate_of
from courtesy.privacy.erase import Erasing, erase
from courtesy.timeline.events import Contact, Privacy, SourceRecord, Transaction
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from courtesy_local.faults.judge import Violation, duplicates, event_of, profile_of, timeline
from courtesy_local.faults.people_story import YES, PeopleStory
from courtesy_local.faults.telling import Telling
from courtesy_local.faults.world import SECRET, Run


class EraseStory(PeopleStory):
    """One run; `gone`: the customer who asked for it."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.gone = ""

    def tell(self) -> None:
        """All of it."""
        self.gone = self.homes()[YES]
        self._buy("p1", "1")
        self.surely(self._erase, self._mail)
        self._buy("p2", "1")
        self._hours()

    def _erase(self) -> None:
        rulebook = DynamoRulebookStore("rulebooks").current()
        now = self.run.now()
        erase(
            self.gone, Erasing(self.store, self.index, self.lake, rulebook, SECRET.encode(), now, by="clerk")
        )


def judge_erasure(story: Telling) -> list[Violation]:
    """Everything that went wrong in a run."""
    assert isinstance(story, EraseStory)  # noqa: S101 - the path's own
    return [*duplicates(story.run), *_after(story), *_left(story)]


def _after(story: EraseStory) -> Iterator[Violation]:
    """A claim after the erasure was committed."""
    said = 0
    for write in story.run.writes:
        event = event_of(write)
        if isinstance(event, Privacy) and event.type == "erasure":
            said = said or write.seq
        elif said and isinstance(event, Contact) and event.state is ContactState.SENDING:
            yield Violation("after_withdrawal", f"{event.id} was claimed after the erasure")


def _left(story: EraseStory) -> Iterator[Violation]:
    run = story.run
    for body in story.undelivered:
        yield Violation("lost", f"never confirmed: {body[:80]}")
    if certificate_of(story.lake, story.gone).status != "done":
        yield Violation("lost", "the erasure never came to its end")
    for customer in sorted({key[0] for key in run.dynamo.tables["profiles"]}):
        events, profile = timeline(run, customer), profile_of(run, customer)
        if not profile.merged_into and encode_profile(profile) != encode_profile(fold(customer, events)):
            yield Violation("fold", f"the profile of {customer} is not the fold of its timeline")
        for event in events:
            subject = f"{event.source}/{event.id}" if isinstance(event, SourceRecord) else event.subject
            if isinstance(event, (SourceRecord, Transaction)) and subject == YES:
                yield Violation("lost", f"{type(event).__name__} of the erased stands at {customer}")
