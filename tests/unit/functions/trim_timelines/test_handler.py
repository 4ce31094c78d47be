"""trim_timelines: one slice a night, and nothing before there is a rulebook."""

from datetime import timedelta
from typing import Any

import pytest

from courtesy.errors import NotFound
from courtesy.privacy.retain import SLICES
from functions.trim_timelines import handler
from functions.trim_timelines.wiring import Outside
from tests.fakes import InMemoryLake
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.decisions.people import NOW, rulebook
from tests.unit.privacy.test_retain import OLD, store_of


class Books:
    def __init__(self, there: bool = True) -> None:
        self.there = there

    def current(self) -> Any:
        if not self.there:
            raise NotFound("no rulebook is published yet")
        return rulebook()


def wired(monkeypatch: pytest.MonkeyPatch, books: Any, days: int = 0) -> Outside:
    outside = Outside(
        store_of(list(OLD)),
        InMemoryIdentityIndex(),
        InMemoryLake(),
        books,
        lambda: NOW + timedelta(days=days),
    )
    monkeypatch.setattr(handler, "wire", lambda: outside)
    return outside


class Late:
    def get_remaining_time_in_millis(self) -> int:
        return 0


def test_each_customer_has_one_night_of_a_month(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    for days in range(SLICES):
        wired(monkeypatch, Books(), days)
        looked.append(handler.handle({}, None)["customers"])
    assert sorted(looked) == [0] * (SLICES - 1) + [1]
    wired(monkeypatch, Books(), looked.index(1))
    told = handler.handle({}, Late())
    assert (told["customers"], told["whole"]) == (1, False)


def test_before_the_first_rulebook_nothing_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    wired(monkeypatch, Books(there=False))
    assert handler.handle({}, None) == {"customers": 0}
