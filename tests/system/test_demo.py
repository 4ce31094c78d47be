"""The whole job with a few people: every book balances."""

from typing import Any

import pytest

from courtesy_local.demo.run import Run

pytestmark = pytest.mark.system


def test_the_books_balance(played: tuple[dict[str, Any], Run]) -> None:
    figures, run = played
    assert run.books.broken == []
    assert figures["balanced"]


def test_people_are_told_apart_and_put_together(played: tuple[dict[str, Any], Run]) -> None:
    figures, _ = played
    assert figures["identity"]["precision"] >= 0.999
    assert figures["identity"]["recall"] >= 0.95


def test_contacts_left_by_every_channel_and_answers_came_back(played: tuple[dict[str, Any], Run]) -> None:
    figures, _ = played
    assert set(figures["contacts"]) >= {"email", "letter", "postcard"}
    assert figures["feedback"]["returned"] == 1
    assert figures["feedback"]["mailed"] > 0
