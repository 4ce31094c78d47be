"""The worked policy cases, and the runner that clients use on their own."""

from collections import Counter
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
    results = [(file.stem, r) for file in FILES for r in run_cases(file.read_text(), file.name)]
    names = [(file, result.name) for file, result in results]
    assert len(names) >= 150
    assert len(set(names)) == len(names)
    points = Counter(result.law for _, result in results)
    assert set(points) == set(range(1, 13))
    assert min(points.values()) >= 8, points


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


def small(words: str, expect: str = "{offer: held}") -> str:
    """The small file with some more words in its case."""
    return SMALL.format(expect=expect).replace("expect", f"{words}, expect")


CLAIM = """
now: 2026-03-04T15:00:00Z
policy: {{permission_defaults: [{{rule: opt_out}}]}}
profile: {{values: {{email: a@example.com, country: DE}}}}
triggers: {{offer: {{}}}}
cases: [{{name: one, waiting: {{offer: {{}}}}, expect: {expect}}}]
"""


@pytest.mark.parametrize(("expect", "wrong"), [("{offer: claimed}", 0), ("{offer: cancelled}", 1)])
def test_a_waiting_contact_is_judged_at_its_claim(expect: str, wrong: int) -> None:
    assert summary(run_cases(CLAIM.format(expect=expect))) == (1, wrong)


TWICE = "{offer: [reserved, suppressed]}"


def test_as_many_decisions_as_are_listed_are_compared_in_order() -> None:
    asked = "candidates: [{trigger: offer, occurrence: x}, {trigger: offer, occurrence: x}]"
    assert summary(run_cases(small(asked, TWICE))) == (1, 0)
    assert summary(run_cases(SMALL.format(expect=TWICE))) == (1, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cases: 3", "the list `cases`"),
        ("[1, 2]", "expected a mapping"),
        ("cases: [", "line 1.*no YAML"),
        ("cases: []", "no case"),
        ("case: []\ncases: [{name: one}]", "did you mean 'cases'"),
        ("cases: [3]", "case 1.*expected a mapping, found int"),
        (SMALL.format(expect="{nobody: reserved}"), "unknown word in expect 'nobody'"),
        (SMALL.format(expect="{}"), "names no trigger"),
        (SMALL.format(expect="{offer: {reason: cap}}"), "unknown word in what is expected of offer 'reason'"),
        (SMALL.format(expect="{offer: held}").replace("now:", "nou:"), "did you mean 'now'"),
        (SMALL.replace("now: 2026-03-04T15:00:00Z", "").format(expect="{offer: held}"), "give `now`"),
        (SMALL.replace("opt_out", "opt_uot").format(expect="{offer: held}"), "did you mean 'opt_out'"),
        (SMALL.replace("offer: {{}}", "offer: {{chanels: [sms]}}").format(expect="{offer: held}"), "chanels"),
        (small("given: {exhausted: [offer], stock: 0}"), "stock"),
        (small("candidates: offer"), "expected a list"),
        (small("candidates: [ofer]"), "did you mean 'offer'"),
        (small("profile: {permissions: [granted]}"), "no `purpose"),
        (small("profile: {permissions: [a b c refused]}"), "refused"),
        (small("profile: {cases: [cars complaint]}"), "no `division"),
        (small("profile: {cases: [cars complaint new]}"), "new"),
        (small("profile: {contacts: [{state: sent}]}"), "needs `at`"),
        (small("profile: {contacts: [2026-13-01]}"), "month must be"),
        (small("profile: [1]"), "case 1"),
    ],
)  # fmt: skip
def test_what_is_no_case_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(RefusedInput, match=f"(?s)mine.yaml.*{told}") as refused:
        run_cases(text, "mine.yaml")
    assert "pydantic" not in str(refused.value)
