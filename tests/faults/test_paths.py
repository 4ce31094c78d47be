"""Merge, split, load and mailings below botocore: killed at calls that change something, and a draw of other faults."""

from collections.abc import Iterator

import pytest

from courtesy_local.faults.harness import Harness, harness, singles
from courtesy_local.faults.paths import PATHS, changes, drawn_pairs
from courtesy_local.faults.plan import Fault, Planned

SOME, EVERY = 3, 150
"""Of the calls, and of the faults that end no process, each so-manieth is tried here; all by `courtesy faults --exhaustive`."""


@pytest.fixture(scope="module", params=["people", "mailing"])
def held(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(PATHS[request.param]) as made:
        yield made


def test_without_faults_all_is_well(held: Harness) -> None:
    story, violations = held.run()
    assert violations == []
    assert len(story.run.mails) == (1 if held.path is PATHS["people"] else 2)


def test_a_process_killed_after_a_change_breaks_nothing(held: Harness) -> None:
    calls = held.calls()
    changing = [n for n, call in enumerate(calls) if changes(call)]
    assert len(changing) >= 40
    verdict = held.every([[Planned(n, Fault.KILLED_AFTER)] for n in changing[::SOME]])
    assert verdict.failing == []


def test_other_faults_and_pairs_break_nothing(held: Harness) -> None:
    calls = held.calls()
    verdict = held.every([*singles(calls)[::EVERY], *drawn_pairs(calls, 8, seed=3)])
    assert verdict.failing == []
