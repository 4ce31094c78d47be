"""send_text: a batch of the queue of text messages, each message on its own."""

import pytest

from courtesy.messages.compile import compile_messages
from courtesy.messages.send_text import Texting
from courtesy.rulebook.load import load_rulebook
from functions.send_text import handler
from functions.send_text.settings import Settings
from tests.unit.functions.send_email.test_handler import CONTEXT, GOOD, record
from tests.unit.messages.people import FOLDER
from tests.unit.messages.test_text import World


def test_a_message_is_sent_once_and_one_that_is_none_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(load_rulebook(FOLDER, compile_messages))

    class Outside:
        def texting(self, remaining_ms: object) -> Texting:
            assert remaining_ms is CONTEXT.get_remaining_time_in_millis
            return world.outside

    monkeypatch.setattr(handler, "wire", Outside)
    batch = {"Records": [record("m1", GOOD), record("m2", "nonsense"), record("m3", GOOD)]}
    assert handler.handle(batch, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    assert len(world.texter.asked) == 1


def test_settings_name_what_is_missing() -> None:
    with pytest.raises(Exception, match="TEXT_ORIGINATION"):
        Settings.load({"TIMELINE_TABLE": "t"})
