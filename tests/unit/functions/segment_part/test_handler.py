"""segment_part: a scored part in, places and moves out."""

import pytest

from functions.segment_part import handler
from functions.segment_part.wiring import Outside
from tests.unit.population.stage import EVENT, Stage


def test_a_part_is_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage().run_until("segment")
    monkeypatch.setattr(handler, "wire", lambda: Outside(stage.store, stage.lake, stage.rulebooks))
    answer = handler.handle({**EVENT, "part": 0}, None)
    assert answer["customers"] == answer["moved"] == 12
    assert answer["rows"] == answer["moves"]
    assert stage.store.read_profile("c00000003").profile.places["corporate"].rulebook == 1
