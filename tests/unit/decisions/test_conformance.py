"""The worked policy cases, and the runner that clients use on their own."""

from pathlib import Path

import pytest

from courtesy.decisions.conformance import run_cases, summary
from courtesy.errors import RefusedInput

FILES = sorted((Path(__file__).parents[2] / "conformance").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_worked_case_is_decided_as_the_law_says(file: Path) -> None:
    wrong = {r.name: r.wrong for r in run_cases(file.read_text(), file.name) if not r.right}
    assert wrong == {}


def test_there_are_at_least_150_cases_and_no_name_twice() -> None:
    names = [(file.stem, r.name) for file in FILES for r in run_cases(file.read_text(), file.name)]
    assert len(names) >= 150
    assert len(set(names)) == len(names)


SMALL = """
now: 2026-03-04T15:00:00Z
policy: {{permission_defaults: [{{rule: opt_out}}]}}
profile: {{values: {{email: a@example.com, country: DE}}}}
triggers: {{offer: {{}}}}
cases: [{{name: one, expect: {expect}}}]
"""


@pytest.mark.parametrize(
    "expect",
    [
        "{offer: suppressed}",
        "{offer: reserved letter}",
        "{offer: {is: reserved, due: 2026-03-04T15:00:01Z}}",
        "{offer: reserved cap}",
    ],
)
def test_a_wrong_expectation_is_told(expect: str) -> None:
    results = run_cases(SMALL.format(expect=expect))
    assert summary(results) == (1, 1)
    assert results[0].wrong[0].startswith("offer: expected")


def test_a_right_one_is_right() -> None:
    assert summary(
        run_cases(SMALL.format(expect="{offer: {is: reserved email, due: 2026-03-04T15:00:00Z}}"))
    ) == (1, 0)


@pytest.mark.parametrize("text", ["cases: 3", "[1, 2]", SMALL.format(expect="{nobody: reserved}")])
def test_what_is_no_case_is_refused(text: str) -> None:
    with pytest.raises(RefusedInput):
        run_cases(text, "mine.yaml")
