"""send_email: a batch of the e-mail queue, each message on its own."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from courtesy.messages.compile import compile_messages
from courtesy.messages.ports import Ambiguous, Refused
from courtesy.messages.render import Renderer
from courtesy.messages.send import Sending
from courtesy.rulebook.load import load_rulebook
from functions.send_email import handler
from functions.send_email.settings import Settings
from tests.unit.messages.people import FOLDER
from tests.unit.messages.test_send import World

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


def record(message_id: str, body: object) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "body": body if isinstance(body, str) else json.dumps(body),
        "receiptHandle": "r",
        "eventSource": "aws:sqs",
        "attributes": {},
        "messageAttributes": {},
    }


GOOD = {"customer_id": "cone", "trigger": "service_due_cars", "occurrence": "2026-Q1"}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(load_rulebook(FOLDER, compile_messages))


def wired(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    class Outside:
        def sending(self, remaining_ms: object) -> Sending:
            assert remaining_ms is CONTEXT.get_remaining_time_in_millis
            return world.outside

    monkeypatch.setattr(handler, "wire", Outside)


def test_a_message_is_sent_and_one_that_is_none_comes_again(
    monkeypatch: pytest.MonkeyPatch, renderer: Renderer
) -> None:
    world = World(renderer)
    wired(monkeypatch, world)
    answer = handler.handle(
        {"Records": [record("m1", GOOD), record("m2", "nonsense"), record("m3", GOOD)]}, CONTEXT
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    assert len(world.mailer.asked) == 1


@pytest.mark.parametrize("outcome", [Ambiguous("ReadTimeoutError"), Refused("Throttling", retryable=True)])
def test_what_the_mailer_answers_never_puts_the_message_back(
    monkeypatch: pytest.MonkeyPatch, renderer: Renderer, outcome: Ambiguous | Refused
) -> None:
    world = World(renderer, outcome)
    wired(monkeypatch, world)
    assert handler.handle({"Records": [record("m1", GOOD)]}, CONTEXT) == {"batchItemFailures": []}


def test_too_little_time_puts_the_message_back(monkeypatch: pytest.MonkeyPatch, renderer: Renderer) -> None:
    world = World(renderer, ready=False)
    wired(monkeypatch, world)
    answer = handler.handle({"Records": [record("m1", GOOD)]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_no_personal_data_is_logged(
    monkeypatch: pytest.MonkeyPatch, renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    wired(monkeypatch, World(renderer))
    handler.handle({"Records": [record("m1", GOOD)]}, CONTEXT)
    told = capsys.readouterr()
    assert "anna" not in (told.out + told.err).lower()
    assert "miller" not in (told.out + told.err).lower()


def test_settings_name_what_is_missing() -> None:
    with pytest.raises(Exception, match="HASH_KEY_SECRET"):
        Settings.load({"TIMELINE_TABLE": "t"})
