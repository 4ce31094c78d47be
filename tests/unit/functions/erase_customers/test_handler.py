"""erase_customers: a run goes on where the last one ended, one at a time, and the night's round asks for everybody."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from courtesy.privacy.certificate import asked_for, certificate_of
from courtesy.privacy.erase import begin
from functions.erase_customers import handler
from functions.erase_customers.wiring import Outside
from tests.fakes import InMemoryLake
from tests.fakes.answers import InMemoryAnswers
from tests.unit.functions.load_chunk.test_load_chunk import KEY, NOW
from tests.unit.privacy.test_erase import BOOK, ONE, house, outside


class Books:
    def current(self) -> Any:
        return BOOK


class Turn:
    """A turn that somebody else may have."""

    def __init__(self, free: bool = True) -> None:
        self.free = free

    def take(self, now: datetime, lasting: timedelta) -> bool:
        taken, self.free = self.free, False
        return taken

    def give_back(self) -> None:
        self.free = True


class Context:
    """A run that has time for so many objects."""

    def __init__(self, objects: int) -> None:
        self.left = objects

    def get_remaining_time_in_millis(self) -> int:
        self.left -= 1
        return 900_000 if self.left > 0 else handler.SPARE


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> Outside:
    built = house()
    turn: Any = Turn()
    answers: Any = InMemoryAnswers()
    books: Any = Books()
    one = Outside(
        built.store, built.index, built.lake, InMemoryLake(), books, lambda: KEY, lambda: NOW, turn, answers
    )
    monkeypatch.setattr(handler, "wire", lambda: one)
    begin(ONE, outside(built))
    return one


def test_a_run_whose_time_is_up_is_gone_on_with_by_the_next(wired: Outside) -> None:
    runs = 0
    while asked_for(wired.lake):
        runs += 1
        before = certificate_of(wired.lake, ONE).after
        told = handler.handle({}, Context(1))["erasures"]
        assert told[ONE] == ("running" if asked_for(wired.lake) else "done")
        assert certificate_of(wired.lake, ONE).after > before or not asked_for(wired.lake)
    held = certificate_of(wired.lake, ONE)
    assert (held.status, held.runs, held.looked) == ("done", 1, held.objects)
    assert runs > held.objects > 3  # one of the objects was theirs alone, and is gone
    assert [event.id for event in wired.store.read_timeline(ONE)] == ["erasure"]


def test_nothing_is_done_while_another_run_is_at_it_and_the_turn_is_given_back(wired: Outside) -> None:
    wired.turn.take(NOW, handler.TURN)
    assert handler.handle({}, None) == {"erasures": {}}
    assert asked_for(wired.lake)
    wired.turn.give_back()
    assert handler.handle({}, None) == {"erasures": {ONE: "done"}}
    assert wired.turn.take(NOW, handler.TURN)


def test_what_was_answered_meanwhile_goes_with_the_rest(wired: Outside) -> None:
    wired.answers.take("k", "r", NOW)
    wired.answers.keep("k", "r", "a word about them", [ONE], NOW)
    handler.handle({}, None)
    assert wired.answers.take("k", "r", NOW) is None


@pytest.mark.parametrize(("status", "there"), [("running", True), ("waiting", False), ("done", False)])
def test_answers_go_when_all_is_looked_through_though_a_vendor_has_not_answered(
    wired: Outside, status: str, there: bool
) -> None:
    wired.answers.take("k", "r", NOW)
    wired.answers.keep("k", "r", "a word about them", [ONE], NOW)
    wired.forget_answers({ONE: status})
    assert (wired.answers.take("k", "r", NOW) is not None) == there


def test_without_anything_asked_for_nobody_takes_a_turn(wired: Outside) -> None:
    handler.handle({}, None)
    assert handler.handle({}, None) == {"erasures": {}}
    assert wired.turn.take(NOW, handler.TURN)


def test_the_nights_round_looks_once_more_after_a_cycle_that_was_under_way(wired: Outside) -> None:
    handler.handle({}, None)
    late = f'{{"customer_id":"{ONE}"}}\n{{"customer_id":"other"}}\n'.encode()
    wired.lake.put("decisions/held/2026-03-02/x.jsonl", late)
    assert handler.handle({"round": True}, None) == {"erasures": {ONE: "done"}}
    assert ONE.encode() not in wired.lake.get("decisions/held/2026-03-02/x.jsonl")
    assert certificate_of(wired.lake, ONE).runs == 2
