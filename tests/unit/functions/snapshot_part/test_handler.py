"""snapshot_part: a part in, its counts out."""

import pytest

from functions.snapshot_part import handler
from functions.snapshot_part.wiring import Outside
from tests.unit.population.stage import EVENT, Stage


def test_a_part_is_written_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    monkeypatch.setattr(handler, "wire", lambda: Outside(stage.store, stage.lake, stage.rulebooks))
    answer = handler.handle({**EVENT, "part": 0}, None)
    assert (answer["scanned"], answer["customers"], answer["restricted"]) == (12, 12, 0)
    assert stage.lake.list("snapshots/one/part-") == [
        "snapshots/one/part-00000.json",
        "snapshots/one/part-00000.parquet",
    ]
