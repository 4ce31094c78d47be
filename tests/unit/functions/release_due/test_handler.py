"""release_due: once a minute, what is due goes to its channel's queue."""

from datetime import UTC, datetime, timedelta

import pytest

from courtesy.decisions.decision import Candidate
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.rulebook.versions import sections_of
from courtesy.timeline.refold import refold
from functions.release_due import handler
from functions.release_due.wiring import Outside
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.queue import InMemoryQueue
from tests.fakes.rulebooks import InMemoryRulebookStore
from tests.unit.decisions.people import KEY, person_record, rulebook, trigger

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)


def test_each_channel_has_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    store, books = InMemoryCustomerStore(), InMemoryRulebookStore()
    book = books.publish(
        sections_of(rulebook(trigger("mail"), trigger("letter", channels=["letter"]))), "test", NOW
    )
    store.append("c1", [person_record()])
    refold(store, "c1")
    candidates = [Candidate(name, "once", NOW + timedelta(days=9)) for name in ("mail", "letter")]
    reserve(store, "c1", None, candidates, policy_of(book), NOW, KEY)
    queues = {"email": InMemoryQueue(), "letter": InMemoryQueue(), "postcard": InMemoryQueue()}
    monkeypatch.setattr(
        handler, "wire", lambda: Outside(store, queues, InMemoryQueue(), InMemoryQueue(), books, lambda: NOW)
    )
    assert handler.handle({}, None)["queued"] == {"email": 1, "letter": 1}
    assert [len(queue.bodies()) for queue in queues.values()] == [1, 1, 0]
    assert handler.handle({}, None)["queued"] == {}


def test_before_the_first_rulebook_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    wired = Outside(
        InMemoryCustomerStore(), {}, InMemoryQueue(), InMemoryQueue(), InMemoryRulebookStore(), lambda: NOW
    )
    monkeypatch.setattr(handler, "wire", lambda: wired)
    assert handler.handle({}, None)["queued"] == {}
