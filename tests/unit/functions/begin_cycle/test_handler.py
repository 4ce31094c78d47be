"""begin_cycle: a request in, the plan out."""

import pytest

from functions.begin_cycle import handler
from functions.begin_cycle.wiring import Outside
from tests.unit.population.stage import NOW, Stage


def test_the_plan_goes_to_the_next_state(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    monkeypatch.setattr(
        handler, "wire", lambda: Outside(stage.lake, stage.rulebooks, lambda: 61_000, lambda: NOW)
    )
    answer = handler.handle({"execution": "nightly", "parts": 1, "as_of": None}, None)
    assert answer == {
        "cycle_id": "2026-11-01-nightly", "as_of": "2026-11-01", "parts": 2, "part_numbers": [0, 1], "rulebook": 1,
    }  # fmt: skip
    assert stage.lake.list("outcomes/cycles/") == ["outcomes/cycles/2026-11-01-nightly/started.json"]
