"""report_cycle: a finished cycle in, its report out; a balance that does not hold fails the run."""

import pytest

from functions.report_cycle import handler
from functions.report_cycle.wiring import Outside
from tests.unit.population.stage import EVENT, Stage


def test_the_report_is_told_in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage().run_until("report")
    monkeypatch.setattr(handler, "wire", lambda: Outside(stage.lake, stage.rulebooks))
    answer = handler.handle(dict(EVENT), None)
    assert answer["outcome"] == "done"
    assert answer["customers"]["segmented"] == 12
    assert stage.lake.list("outcomes/cycles/one.json")


def test_what_does_not_balance_is_written_down_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage().run_until("report")
    path = "snapshots/one/part-00000.json"
    stage.lake.put(path, stage.lake.get(path).replace(b'"scanned":12', b'"scanned":13'))
    monkeypatch.setattr(handler, "wire", lambda: Outside(stage.lake, stage.rulebooks))
    with pytest.raises(handler.OutOfBalance, match="13 customers were scanned, 12 are in the snapshot"):
        handler.handle(dict(EVENT), None)
    assert b'"outcome": "error"' in stage.lake.get("outcomes/cycles/one.json")
