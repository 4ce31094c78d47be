"""Files read in columns and parts of cycles below botocore: some kills and other faults; all by `courtesy faults --exhaustive`."""

from collections.abc import Iterator
from typing import Any

import pytest

from courtesy.errors import RefusedInput
from courtesy_local.cli.faults import _share
from courtesy_local.faults.cycle_story import CycleStory
from courtesy_local.faults.harness import Harness, harness, singles
from courtesy_local.faults.intake_story import DROPS, IntakeStory
from courtesy_local.faults.paths import PATHS, changes, drawn_pairs, run_paths
from courtesy_local.faults.plan import Fault, Planned

FEW = {"intake": 30, "cycle": 12}
"""Of the calls that change something each so-manieth is tried here."""


@pytest.fixture(scope="module", params=FEW)
def held(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(PATHS[request.param]) as made:
        yield made


def test_without_faults_all_is_well(held: Harness) -> None:
    story, violations = held.run()
    assert violations == []
    if isinstance(story, IntakeStory):
        told = {
            report.key: (report.loaded, report.unchanged, report.quarantined) for report in story.reports()
        }
        assert [told[key] for key in DROPS] == [(2, 0, 0), (3, 0, 1), (2, 1, 0)]
    else:
        assert isinstance(story, CycleStory)
        assert [mail.to for mail in story.run.mails] == ["ceva@example.com"] * 2


def test_a_process_killed_after_a_change_breaks_nothing(held: Harness) -> None:
    calls = held.calls()
    changing = [n for n, call in enumerate(calls) if changes(call)]
    few = next(few for name, few in FEW.items() if PATHS[name] is held.path)
    assert held.every([[Planned(n, Fault.KILLED_AFTER)] for n in changing[::few]]).failing == []


def test_a_log_that_says_something_else_than_the_timelines_is_seen() -> None:
    with harness(PATHS["cycle"]) as held:
        story, _ = held.run()
        path = next(
            path for path in story.run.objects if path.endswith("decisions/2026-03-10/part-00000.parquet")
        )
        story.run.objects[path] = next(
            content
            for name, content in story.run.objects.items()
            if name.endswith("decisions/2026-03-02/part-00000.parquet")
        )
        assert {violation.kind for violation in held.path.judge(story)} == {"lost"}


def test_a_row_that_was_skipped_is_seen() -> None:
    with harness(PATHS["intake"]) as held:
        story, _ = held.run()
        table = story.run.dynamo.tables["timeline"]
        for key in [key for key in table if "#b4#" in key[1]]:
            del table[key]
        assert {violation.kind for violation in held.path.judge(story)} == {"fold"}


def test_the_parts_of_a_path_are_disjoint_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[Any]] = []

    def run_part(_: str, plans: list[Any]) -> Any:
        from courtesy_local.faults.harness import Verdict

        seen.append(plans)
        return Verdict(schedules=len(plans))

    monkeypatch.setattr("courtesy_local.faults.paths.run_part", run_part)
    done = [run_paths(20, paths=["contact"], share=(i, 3))["contact"].schedules for i in (1, 2, 3)]
    with harness(PATHS["contact"]) as held:
        calls = held.calls()
    plans = [*singles(calls), *drawn_pairs(calls, 20, 1)]
    assert max(done) - min(done) <= 1
    assert sorted(map(str, (plan for part in seen for plan in part))) == sorted(map(str, plans))


@pytest.mark.parametrize("part", ["3/2", "0/2", "2", "", "a/b", "1/0"])
def test_a_part_that_is_none_is_refused(part: str) -> None:
    with pytest.raises(RefusedInput, match="2/5"):
        _share(part)


def test_the_kth_part_of_n() -> None:
    assert _share(" 2/5") == (2, 5)
