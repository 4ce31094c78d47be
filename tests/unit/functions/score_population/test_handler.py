"""score_population: parts in the lake in, scores out."""

import pytest

from functions.score_population import handler
from functions.score_population.wiring import Outside
from tests.unit.population.stage import EVENT, Stage


def test_the_scores_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage().run_until("score")
    monkeypatch.setattr(handler, "wire", lambda: Outside(stage.lake, stage.rulebooks))
    answer = handler.handle(dict(EVENT), None)
    assert answer["customers"] == 12
    assert set(answer["models"].values()) == {"none"}
    assert stage.lake.list("outcomes/cycles/one/scores.json")
