"""What a rulebook check finds: names that do not exist, contradictions, rules that can never apply."""

from pathlib import Path
from typing import Any

import pytest

from courtesy.decisions.checks import check_decisions
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.offer import Offer
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
        ({"daily_budget": 0}, {}, "budget of 0"),
        ({"control_share": 1}, {}, "everybody is held out"),
        ({"channels": ["letter"], "useful_for_days": 4}, {}, "takes 4 to arrive"),
        ({"kind": "follow_up", "follows": "offer"}, {}, "follows itself"),
        (
            {"category": "notice", "purpose": "service", "offer": "x"},
            {"categories": NOTICE},
            "is advertising",
        ),
        ({}, {"purposes": {"marketing": {"marketing": False}}}, "declared to be no marketing"),
        ({}, {"global_control": 0.5}, "50% of the customers"),
        ({}, {"minimum_age": 100}, "nobody is 100"),
        (
            {},
            {"channels": {"email": {"quiet_hours": {"start": "08:00", "until": "07:30"}}}},
            "leaves 30 minutes",
        ),
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


WEEK = {"id": "week", "at_most": 2, "rolling_days": 7}


@pytest.mark.parametrize(
    ("other", "met"),
    [
        ({"at_most": 9, "rolling_days": 5}, False),
        ({"at_most": 2, "rolling_days": 7}, False),
        ({"at_most": 9, "rolling_days": 5, "channels": ["email"]}, False),
        ({"at_most": 9, "rolling_days": 8}, True),
        ({"at_most": 1, "rolling_days": 5}, True),
        ({"at_most": 9, "rolling_days": 5, "count": "weight"}, True),
        ({"at_most": 9, "rolling_days": 5, "of": "household"}, True),
        ({"at_most": 9, "rolling_days": 5, "held_back": {50: 8}}, True),
        ({"at_most": 9, "calendar": "day"}, True),
    ],
)
def test_a_cap_that_another_makes_idle_is_told(other: dict[str, Any], met: bool) -> None:
    found = check_decisions(rulebook(trigger("offer"), caps=[WEEK, {"id": "other", **other}]))
    idle = [problem.path for problem in found if "never met" in problem.text]
    assert idle == ([] if met else [("decisions", "caps", 1)])


def test_of_calendar_caps_the_one_within_the_other_is_idle() -> None:
    caps = [
        {"id": "day", "at_most": 3, "calendar": "day"},
        {"id": "month", "at_most": 2, "calendar": "month"},
    ]
    (problem,) = check_decisions(rulebook(trigger("offer"), caps=caps))
    assert problem.path == ("decisions", "caps", 0)
    caps = [
        {"id": "week", "at_most": 3, "calendar": "week"},
        {"id": "month", "at_most": 2, "calendar": "month"},
    ]
    assert check_decisions(rulebook(trigger("offer"), caps=caps)) == []  # a week may be in two months


def test_an_offer_of_no_stock_and_a_circle_of_follow_ups_are_told() -> None:
    mug = Offer(id="mug", label={"en": "A mug"}, code="MUG", stock=0)
    book = rulebook(
        trigger("offer", offer="mug"),
        *(trigger(a, kind="follow_up", follows=b) for a, b in (("a", "b"), ("b", "a"), ("c", "a"))),
    ).model_copy(update={"offers": {"mug": mug}})
    told = {problem.path[1]: problem.text for problem in check_decisions(book)}
    assert "stock of 0" in told["offer"]
    assert "circle" in told["a"]
    assert "circle" in told["b"]
    assert "c" not in told


def test_a_sound_rulebook_has_no_problems() -> None:
    assert check_decisions(rulebook()) == []


@pytest.mark.parametrize(
    ("criteria", "severity", "told"),
    [
        ("days_since_purchse > 3", "error", "days_since_purchase"),
        ("days_since_purchase >", "error", ""),
        ("days_since_purchase > 30 AND days_since_purchase < 10", "warning", "can never hold"),
        ("true", "warning", "every customer"),
        ("purchases > 5 OR purchases <= 5", "warning", "every customer"),
        ("trend > 0.5 AND trend < 0.2", "warning", "can never hold"),
        (
            "last_purchase_date > DATE '2026-01-02' AND last_purchase_date < DATE '2026-01-01'",
            "warning",
            "never",
        ),
        ("lifecycle = 'lapsed' AND lifecycle = 'new'", "warning", "can never hold"),
    ],
)
def test_criteria_that_are_wrong_or_can_never_hold_are_told(criteria: str, severity: str, told: str) -> None:
    (problem,) = check_criteria(rulebook(trigger("offer", criteria=criteria)))
    assert (problem.severity, told in problem.text) == (severity, True)


@pytest.mark.parametrize(
    "criteria",
    [
        "trend > 0.2 AND trend < 0.5",
        "last_purchase_date > DATE '2026-01-01' AND last_purchase_date < DATE '2026-01-03'",
        "days_since_purchase > 5 OR lifecycle = 'new'",
        "purchases > 5 AND purchases < 7",
    ],
)
def test_criteria_that_tell_people_apart_are_in_order(criteria: str) -> None:
    assert check_criteria(rulebook(trigger("offer", criteria=criteria))) == []


def test_an_event_criterion_that_holds_whatever_is_known_is_told() -> None:
    event = trigger("a", kind="event", listens_to="transaction", criteria="purchases > 5 OR purchases <= 5")
    (problem,) = check_criteria(rulebook(event))
    assert "tells nobody apart" in problem.text


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
