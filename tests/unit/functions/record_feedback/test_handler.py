"""record_feedback: reports from queues, and straight from SNS."""

import json

import pytest

from courtesy.messages.compile import compile_messages
from courtesy.messages.render import Renderer
from courtesy.outcomes import ContactState
from courtesy.rulebook.load import load_rulebook
from functions.record_feedback import handler
from functions.record_feedback.settings import Settings
from tests.unit.functions.send_email.test_handler import CONTEXT, record
from tests.unit.messages.people import FOLDER
from tests.unit.messages.test_feedback import World, bounce


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(Renderer(load_rulebook(FOLDER, compile_messages)))
    monkeypatch.setattr(handler, "wire", lambda: made.outside)
    return made


def event(world: World) -> dict[str, object]:
    made = bounce()
    made["mail"]["tags"]["contact"] = [world.sent.id]
    return made


def test_a_report_from_a_queue_is_recorded_and_what_is_none_comes_again(world: World) -> None:
    answer = handler.handle({"Records": [record("m1", event(world)), record("m2", "nonsense")]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    assert world.state()[0] is ContactState.BOUNCED


def test_a_report_straight_from_sns_is_recorded(world: World) -> None:
    records = [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(event(world))}}]
    assert handler.handle({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    assert world.state()[0] is ContactState.BOUNCED


def test_settings_name_what_is_missing() -> None:
    with pytest.raises(Exception, match="LAKE_BUCKET"):
        Settings.load({"TIMELINE_TABLE": "t"})
