"""watch_vendor: what the vendor did not acknowledge is announced again, byte for byte, until it is."""

from datetime import timedelta

import pytest

from courtesy.errors import NotFound
from courtesy.messages.mailing import (
    Piece,
    PrintProductSize,
    Register,
    announcement,
    encode_register,
)
from courtesy.messages.postal import PostalAddress
from courtesy.rulebook.model import Rulebook
from functions.watch_vendor import handler
from functions.watch_vendor.wiring import Outside
from tests.fakes import InMemoryLake
from tests.fakes.queue import InMemoryQueue
from tests.unit.messages.people import NOW

TO = PostalAddress("Anna Miller", "", "12 Main Street", "", "Boston", "MA", "02118", "US")
PIECE = Piece("k1", "pieces/k1.pdf", "0" * 64, 1, TO, "cone", "service_due_cars", "2026-Q1")
SIZE = PrintProductSize("us_letter", 8.5, 11.0)
REGISTER = Register("m-1", "harbor_print", "letter", SIZE, NOW, [PIECE])


class Books:
    def __init__(self, rulebook: Rulebook | None) -> None:
        self.rulebook = rulebook

    def current(self) -> Rulebook:
        if self.rulebook is None:
            raise NotFound("no rulebook is published yet")
        return self.rulebook


def test_an_overdue_mailing_is_announced_each_hour_until_it_is_acknowledged(
    monkeypatch: pytest.MonkeyPatch, rulebook: Rulebook
) -> None:
    lake, queue = InMemoryLake(), InMemoryQueue()
    folder = f"mailings/{REGISTER.vendor}/{REGISTER.mailing_id}/"
    lake.put(f"{folder}register.json", encode_register(REGISTER))
    late = REGISTER.made + timedelta(hours=25)
    wired = Outside(lake, queue, InMemoryQueue(), Books(rulebook), lambda: late)  # type: ignore[arg-type]
    monkeypatch.setattr(handler, "wire", lambda: wired)
    assert handler.handle({}, None) == handler.handle({}, None) == {"overdue": [REGISTER.mailing_id]}
    assert [body for body, _ in queue.sent] == [announcement(REGISTER)] * 2
    lake.put(f"{folder}acknowledged.json", b'"now"')
    assert handler.handle({}, None) == {"overdue": []}


def test_before_the_first_rulebook_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    wired = Outside(InMemoryLake(), InMemoryQueue(), InMemoryQueue(), Books(None), lambda: NOW)  # type: ignore[arg-type]
    monkeypatch.setattr(handler, "wire", lambda: wired)
    assert handler.handle({}, None) == {"overdue": []}
