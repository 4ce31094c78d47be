"""courtesy value fit, value rfm, segments preview and segments report, on files and on a copy of a lake."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from courtesy.population.cycle import score_population, segment_part, snapshot_part
from courtesy.population.plan import begin_cycle
from courtesy.population.report import report_cycle
from courtesy_local.cli.app import run
from courtesy_local.cli.output import OK, PROBLEM, USAGE
from tests.fakes.lake import InMemoryLake
from tests.unit.population.stage import NOW, Stage
from tests.unit.population.test_offline import (
    CDNOW,
    DAYS,
    ORDERS,
    PUBLISHED,
    SUMMARY,
    published_ladder,
    write,
)

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def courtesy(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line; gives its exit code, what it printed and what it complained."""

    def command(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return code, shown.out, " ".join(shown.err.split())

    return command


def answered(courtesy: Command, *arguments: object) -> Any:
    """What a command says as JSON."""
    code, out, err = courtesy(*arguments, "--json")
    assert code == OK, err
    return json.loads(out)


@pytest.mark.skipif(not CDNOW.exists(), reason="the CDNOW sample is not beside the checkout")
def test_value_fit_on_raw_transactions_and_on_a_summary(courtesy: Command) -> None:
    raw = answered(
        courtesy, "value", "fit", CDNOW, "--customer", "2", "--date", "3", "--amount", "5", "--date-format", "%Y%m%d",
        "--delimiter", " ", "--no-header", "--calibration-end", "1997-09-30", "--unit", "week",
    )  # fmt: skip
    assert [round(raw[name], 3) for name in ("r", "alpha", "a", "b")] == [0.243, 4.414, 0.793, 2.426]
    assert [round(raw[name], 2) for name in "pqv"] == [6.25, 3.74, 15.44]
    assert round(raw["log_likelihood"], 1) == -9_582.4
    assert (raw["customers"], raw["repeaters"], raw["holdout"]["actual"]) == (2_357, 946, 1_882)
    assert raw["seconds"] >= 0
    summed = answered(courtesy, "value", "fit", SUMMARY, "--rfm", "--amount", "zbar")
    assert summed["r"] == pytest.approx(raw["r"], abs=1e-4)


@pytest.mark.skipif(not ORDERS.exists(), reason="the RFM orders are not beside the checkout")
def test_value_rfm_with_a_rules_file(courtesy: Command, tmp_path: Path) -> None:
    rules = tmp_path / "ladder.yaml"
    rules.write_text(published_ladder().model_dump_json(), encoding="utf-8")  # JSON is YAML
    of_orders = (
        "value",
        "rfm",
        ORDERS,
        "--customer",
        "customer_id",
        "--date",
        "order_date",
        "--amount",
        "revenue",
    )
    found = answered(courtesy, *of_orders, "--as-of", "2006-12-31", "--bins", "quantile", "--rules", rules)
    assert found["cuts"]["r"] == [115, 181, 297.4, 482]
    assert [(s["customers"], s["orders"], s["revenue"]) for s in found["segments"][:10]] == [
        tuple(counts) for _, _, _, _, *counts in PUBLISHED
    ]
    code, out, _ = courtesy(*of_orders, "--as-of", "2006-12-31", "--rules", rules)
    assert code == OK
    assert "204,856.00" in out
    assert courtesy(*of_orders, "--as-of", "2006-12-31", "--bins", "fixed")[0] == USAGE


def test_value_fit_says_what_it_needs(courtesy: Command, tmp_path: Path) -> None:
    rows = [f"p{n},{day},{n + 1}" for n in range(4) for day in DAYS]
    file = write(tmp_path / "a.csv", "who,day,money", *rows)
    assert courtesy("value", "fit", file)[0] == USAGE
    code, _, err = courtesy(
        "value", "fit", file, "--customer", "who", "--date", "day", "--calibration-end", "2020-12-31", "--unit", "year"
    )  # fmt: skip
    assert (code, "--unit is week or day" in err) == (USAGE, True)
    code, _, err = courtesy(
        "value", "fit", file, "--customer", "whom", "--date", "day", "--calibration-end", "2020-12-31"
    )
    assert (code, "did you mean 'who'?" in err) == (PROBLEM, True)
    code, out, _ = courtesy(
        "value", "fit", file, "--customer", "who", "--date", "day", "--calibration-end", "2020-12-31"
    )
    assert code == OK
    assert "log_likelihood" in out


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a lake: cycles of 2026-11-01 and of a year later, in two parts each."""
    stage, folder = Stage(), tmp_path_factory.mktemp("lake")
    for day in ("2026-11-01", "2027-11-01"):
        cycle = begin_cycle(stage.lake, 1, now=NOW, as_of=day, run="night", parts=2)
        for part in cycle.part_numbers:
            snapshot_part(stage.store, stage.lake, stage.rulebook, cycle, part)
        score_population(stage.lake, stage.rulebook, cycle)
        for part in cycle.part_numbers:
            segment_part(stage.store, stage.lake, stage.rulebook, cycle, part)
        report_cycle(stage.lake, stage.rulebook, cycle)
    _copied(stage.lake, folder)
    return folder


def _copied(lake: InMemoryLake, folder: Path) -> None:
    for path, content in lake.objects.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def test_segments_preview_tells_who_would_move(courtesy: Command, lake: Path, tmp_path: Path) -> None:
    draft = write(tmp_path / "draft.yaml", "lifecycle: {rules: [], default: prospect}", "sub_segments: {}")
    before = sorted(path for path in lake.rglob("*"))
    found = answered(courtesy, "segments", "preview", draft, "--snapshot", lake)
    assert found["cycle_id"] == "2027-11-01-night"
    assert found["after"]["corporate"] == {"prospect": 12}
    moved = sum(s["customers"] for s in found["shifts"] if s["division"] == "corporate")
    assert moved == 12 - found["before"]["corporate"].get("prospect", 0)
    earlier = ("segments", "preview", draft, "--snapshot", lake, "--cycle", "2026-11-01-night")
    assert "places would change" in courtesy(*earlier)[1]
    assert sorted(path for path in lake.rglob("*")) == before


def test_segments_preview_refuses_what_does_not_hold_together(
    courtesy: Command, lake: Path, tmp_path: Path
) -> None:
    unknown = write(
        tmp_path / "a.yaml", "value_tiers: {rules: [{name: good, criteria: revenu > 1}], default: bad}"
    )
    code, _, err = courtesy("segments", "preview", unknown, "--snapshot", lake)
    assert (code, "did you mean 'revenue'?" in err) == (PROBLEM, True)
    shape = write(tmp_path / "b.yaml", "drift_alarm: 9")
    code, _, err = courtesy("segments", "preview", shape, "--snapshot", lake)
    assert (code, "drift_alarm" in err) == (PROBLEM, True)
    empty = tmp_path / "empty"
    empty.mkdir()
    code, _, err = courtesy("segments", "preview", unknown, "--snapshot", empty)
    assert (code, "no cycle has ended yet" in err) == (PROBLEM, True)


def test_segments_report_writes_a_page(courtesy: Command, lake: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    found = answered(
        courtesy, "segments", "report", "--from", "2026-11-01", "--to", "2027-11-01", "--output", page, "--snapshot", lake
    )  # fmt: skip
    assert (found["from"], found["to"]) == ("2026-11-01-night", "2027-11-01-night")
    assert 0 < found["moved_share"]["corporate"] <= 1
    html = page.read_text(encoding="utf-8")
    assert html.count("<svg") == html.count("<h2>") == len(found["moved_share"])
    assert "above the alarm" in html
    same = ("segments", "report", "--from", "2026-11-01", "--to", "2026-11-01-night", "--output", page)
    code, out, _ = courtesy(*same, "--snapshot", lake)
    assert code == OK
    assert "0.0%" in out
    assert "above the alarm" not in page.read_text(encoding="utf-8")
    code, _, err = courtesy(
        "segments", "report", "--from", "2020-01-01", "--to", "2027-11-01", "--snapshot", lake
    )
    assert (code, "there is no cycle '2020-01-01'" in err) == (PROBLEM, True)
