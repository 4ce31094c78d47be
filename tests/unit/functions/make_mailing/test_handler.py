"""make_mailing: a batch of the letter or postcard queue is one run."""

import json
from types import SimpleNamespace

import pytest

from courtesy.decisions.policy import policy_of
from courtesy.messages.compile import compile_messages
from courtesy.messages.post import Posting
from courtesy.messages.render import Renderer
from courtesy.rulebook.load import load_rulebook
from functions.make_mailing import handler
from functions.make_mailing.settings import Settings
from tests.unit.messages.people import FOLDER, KEY
from tests.unit.messages.test_post import PERIOD, TRIGGER, PlainTypesetter, World


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(load_rulebook(FOLDER, compile_messages))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, renderer: Renderer) -> World:
    made = World(renderer)
    posting = Posting(
        made.store,
        made.shelf,
        made.queue,
        renderer,
        policy_of(renderer.rulebook),
        PlainTypesetter(),
        KEY,
        made.clock,
    )
    monkeypatch.setattr(handler, "wire", lambda: SimpleNamespace(posting=lambda: posting))
    return made


def test_a_batch_is_one_mailing_and_what_is_no_message_comes_again(world: World) -> None:
    records = [
        {
            "messageId": f"m{n}",
            "body": json.dumps({"customer_id": id_, "trigger": TRIGGER, "occurrence": PERIOD}),
        }
        for n, id_ in enumerate(world.ids)
    ]
    records.append({"messageId": "bad", "body": "nonsense"})
    answer = handler.handle({"Records": records}, SimpleNamespace(aws_request_id="run-1"))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert sum(world.printed().values()) == 3
    assert len(world.queue.sent) == 1


def test_settings_name_what_is_missing() -> None:
    with pytest.raises(Exception, match="VENDOR_QUEUE_URL"):
        Settings.load({"TIMELINE_TABLE": "t"})
