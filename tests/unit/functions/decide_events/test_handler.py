"""decide_events: what triggers propose on an event is decided at once, and a message may come again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from courtesy.decisions.listen import NO_SCORES, latest_scores
from courtesy.outcomes import ContactState
from courtesy.population.scores import encode_scores
from courtesy.rulebook.versions import sections_of
from courtesy.timeline.events import Case, Contact, Event, Permission, Transaction, event_key
from courtesy.timeline.refold import refold
from functions.decide_events import handler
from functions.decide_events.wiring import Outside
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.fakes.lake import InMemoryLake
from tests.fakes.rulebooks import InMemoryRulebookStore
from tests.unit.decisions.people import KEY, person_record, rulebook, trigger

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    books = InMemoryRulebookStore()
    triggers = (
        trigger(
            "welcome",
            kind="event",
            listens_to="transaction.purchase",
            criteria="purchases = 1",
            delay_hours=24,
        ),
        trigger("sorry", kind="event", listens_to="case.closed"),
    )
    books.publish(sections_of(rulebook(*triggers)), "test", NOW)
    wired = Outside(
        InMemoryCustomerStore(), InMemoryIdentityIndex(), InMemoryLake(), books, lambda: KEY, lambda: NOW
    )
    monkeypatch.setattr(handler, "wire", lambda: wired)
    return wired


def happened(outside: Outside, *events: Event) -> dict[str, Any]:
    outside.store.append("c1", [person_record(), *events])
    refold(outside.store, "c1")
    body = json.dumps({"customer_id": "c1", "keys": [event_key(event) for event in events]})
    record = {
        "messageId": "m1",
        "body": body,
        "eventSource": "aws:sqs",
        "attributes": {},
        "messageAttributes": {},
    }
    answer: dict[str, Any] = handler.handle({"Records": [record]}, None)
    return answer


def contacts(outside: Outside) -> dict[str, Contact]:
    return {c.trigger: c for c in outside.store.read_timeline("c1") if isinstance(c, Contact)}


def bought(when: datetime, id_: str = "1") -> Transaction:
    return Transaction(source="dealer", id=id_, when=when, division="cars", amount=100)


def test_a_first_purchase_reserves_the_welcome_after_its_delay(outside: Outside) -> None:
    assert happened(outside, bought(NOW - HOUR)) == {"batchItemFailures": []}
    (contact,) = contacts(outside).values()
    assert (contact.trigger, contact.due) == ("welcome", NOW + 23 * HOUR)


def test_criteria_are_those_of_the_customer_now(outside: Outside) -> None:
    happened(outside, bought(NOW - HOUR), bought(NOW - 2 * HOUR, "2"))
    assert contacts(outside) == {}


def test_a_message_that_comes_again_changes_nothing_and_logs_the_same(outside: Outside) -> None:
    event = bought(NOW - HOUR)
    happened(outside, event)
    logged = {path: outside.lake.get(path) for path in outside.lake.list("decisions/")}
    happened(outside, event)
    assert len(contacts(outside)) == 1
    assert {path: outside.lake.get(path) for path in outside.lake.list("decisions/")} == logged
    (row,) = next(iter(logged.values())).splitlines()
    assert json.loads(row)["outcome"] == "reserved"


def test_what_was_reserved_is_logged_though_the_criteria_hold_no_more(outside: Outside) -> None:
    event = bought(NOW - HOUR)
    happened(outside, event)
    [log] = outside.lake.list("decisions/events/")
    content = outside.lake.get(log)
    outside.lake.delete(log)  # as if the process had ended before it was written
    outside.store.append("c1", [bought(NOW - 2 * HOUR, "2")])
    happened(outside, event)
    assert outside.lake.get(log) == content


def test_a_corrected_event_is_the_same_occurrence(outside: Outside) -> None:
    first = Case(source="cc", id="9", when=NOW - HOUR, version="a", division="cars", status="closed")
    again = Case(
        source="cc", id="9", when=NOW - HOUR, version="b", division="cars", status="closed", nature="delay"
    )
    happened(outside, first)
    happened(outside, again)
    assert [c.state for c in contacts(outside).values()] == [ContactState.RESERVED]


def test_old_news_propose_nothing(outside: Outside) -> None:
    happened(outside, bought(NOW - timedelta(days=15)))
    assert contacts(outside) == {}
    assert outside.lake.list("decisions/") == []


def test_events_that_nobody_listens_to_propose_nothing(outside: Outside) -> None:
    happened(
        outside,
        Case(source="cc", id="1", when=NOW - HOUR, division="cars", status="open"),
        Permission(
            source="pc",
            id="2",
            when=NOW,
            purpose="marketing",
            channel="email",
            division="cars",
            status="granted",
        ),
        Transaction(source="dealer", id="3", when=NOW, division="finance"),
    )
    assert contacts(outside) == {}


def test_what_is_held_waits_for_the_next_cycle(outside: Outside) -> None:
    happened(
        outside,
        Case(source="cc", id="1", when=NOW - HOUR, division="marine", status="open"),
        bought(NOW - HOUR),
    )
    assert [path.split("/")[1] for path in outside.lake.list("decisions/")] == ["events", "held"]


def test_a_message_that_cannot_be_read_comes_back(outside: Outside) -> None:
    record = {
        "messageId": "bad",
        "body": "{}",
        "eventSource": "aws:sqs",
        "attributes": {},
        "messageAttributes": {},
    }
    assert handler.handle({"Records": [record]}, None) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}


def test_criteria_are_judged_by_the_latest_cycles_figures(outside: Outside) -> None:
    older = msgspec.structs.replace(NO_SCORES, cycle_id="2026-03-02-a")
    newer = msgspec.structs.replace(NO_SCORES, cycle_id="2026-03-03-a")
    for scores in (newer, older):
        outside.lake.put(f"outcomes/cycles/{scores.cycle_id}/scores.json", encode_scores(scores))
    assert latest_scores(outside.lake) == newer
    happened(outside, bought(NOW - HOUR))
    assert list(contacts(outside)) == ["welcome"]
