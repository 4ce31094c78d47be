"""What a rulebook check finds: names that do not exist, contradictions, rules that can never apply."""

from pathlib import Path
from typing import Any

import pytest

from courtesy.decisions.checks import check_decisions
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.validation import check_criteria
from tests.unit.decisions.people import rulebook, trigger

ROOT = Path(__file__).parents[3]
NOTICE = {"marketing": {}, "notice": {"exempt": True, "approver": "counsel"}}


@pytest.mark.parametrize(
    ("trigger_fields", "rules", "told"),
    [
        ({"category": "marketting"}, {}, "did you mean 'marketing'"),
        ({"purpose": "marketing!"}, {}, "did you mean 'marketing'"),
        ({"useful_for_days": 0}, {}, "must expire"),
        ({"useful_for_days": 1, "delay_hours": 24}, {}, "nothing ever goes out"),
        ({"kind": "follow_up", "follows": "offfer"}, {}, "did you mean 'offer'"),
        ({"kind": "event", "listens_to": "transactoin.purchase"}, {}, "did you mean 'transaction'"),
        ({"offer": "mug"}, {}, "unknown offer 'mug'"),
        ({}, {"recovery": [{"limit": 5, "offers": ["mug"]}]}, "unknown offer 'mug'"),
        ({"category": "notice"}, {"categories": NOTICE}, "abused exemption"),
        ({}, {"caps": [{"id": "a", "at_most": 0, "rolling_days": 1}]}, "lets nothing through"),
        (
            {"weight": 3},
            {"caps": [{"id": "a", "at_most": 2, "count": "weight", "rolling_days": 1}]},
            "never lets it",
        ),
        (
            {"priority": 60},
            {"caps": [{"id": "a", "at_most": 1, "rolling_days": 1, "held_back": {50: 1}}]},
            "never get any",
        ),
        ({}, {"caps": [{"id": "a", "at_most": 1, "rolling_days": 1}] * 2}, "id of two caps"),
        (
            {},
            {"caps": [{"id": "a", "at_most": 1, "rolling_days": 1, "channels": ["e-mail"]}]},
            "did you mean 'email'",
        ),
        ({}, {"default_zone": "Europe/Berlinn"}, "no time zone is named"),
        (
            {},
            {"permission_defaults": [{"rule": "opt_out"}, {"countries": ["DE"], "rule": "opt_in"}]},
            "never reached",
        ),
    ],
)
def test_what_does_not_hold_together_is_told(
    trigger_fields: dict[str, Any], rules: dict[str, Any], told: str
) -> None:
    found = check_decisions(rulebook(trigger("offer", **trigger_fields), **rules))
    assert any(told in problem.text for problem in found), found


def test_a_sound_rulebook_has_no_problems() -> None:
    assert check_decisions(rulebook()) == []


@pytest.mark.parametrize(
    ("criteria", "severity", "told"),
    [
        ("days_since_purchse > 3", "error", "days_since_purchase"),
        ("days_since_purchase >", "error", ""),
        ("days_since_purchase > 30 AND days_since_purchase < 10", "warning", "can never hold"),
        ("true", "warning", "every customer"),
    ],
)
def test_criteria_that_are_wrong_or_can_never_hold_are_told(criteria: str, severity: str, told: str) -> None:
    (problem,) = check_criteria(rulebook(trigger("offer", criteria=criteria)))
    assert (problem.severity, told in problem.text) == (severity, True)


def test_a_date_trigger_needs_a_date() -> None:
    book = rulebook(
        trigger("a", kind="date", date_attribute="purchases"), trigger("b", kind="date", date_attribute="no")
    )
    assert [p.path[1] for p in check_criteria(book)] == ["a", "b"]


def test_the_shipped_rulebook_has_at_least_fifteen_triggers_over_four_divisions_and_no_problem() -> None:
    book = load_rulebook(ROOT / "rulebook")
    assert check_decisions(book) == []
    assert check_criteria(book) == []
    assert len(book.triggers) >= 15
    assert {t.division for t in book.triggers.values()} == {"cars", "motorcycles", "marine", "finance"}
    assert {t.kind for t in book.triggers.values()} == {"cycle", "event", "date", "follow_up"}
