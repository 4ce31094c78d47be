"""GET /attributes, POST /criteria/check and POST /segments/preview, on a cycle of twelve invented customers."""

from dataclasses import replace
from typing import Any

import pytest

from courtesy.population.catalogue import SHIPPED
from courtesy.population.cycle import score_population, segment_part, snapshot_part
from courtesy.population.plan import begin_cycle
from functions.serve_api import wiring
from tests.unit.functions.serve_api.conftest import Api, InMemoryCycles
from tests.unit.population.stage import NOW, Stage


@pytest.fixture
def marketing(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API over a lake in which one cycle has ended."""
    stage = Stage()
    cycle = begin_cycle(stage.lake, 1, now=NOW, cycle_id="2026-11-01-one", parts=2)
    for part in cycle.part_numbers:
        snapshot_part(stage.store, stage.lake, stage.rulebook, cycle, part)
    score_population(stage.lake, stage.rulebook, cycle)
    for part in cycle.part_numbers:
        segment_part(stage.store, stage.lake, stage.rulebook, cycle, part)
    cycles = InMemoryCycles(reports={cycle.cycle_id: {}})
    outside = replace(api.outside, lake=stage.lake, rulebooks=stage.rulebooks, cycles=cycles)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


def asked(api: Api, criteria: str, **more: object) -> Any:
    answer = api("POST", "/criteria/check", role="marketer", body={"criteria": criteria, **more})
    assert answer.status == 200, answer.text
    return answer.json


def test_the_catalogue_has_every_attribute_with_its_meaning(marketing: Api) -> None:
    shown = marketing("GET", "/attributes", role="approver").json["attributes"]
    assert [attribute["name"] for attribute in shown] == [attribute.name for attribute in SHIPPED]
    assert all(attribute["meaning"] and attribute["example"] for attribute in shown)


def test_a_sound_criterion_says_how_many_it_reaches(marketing: Api) -> None:
    found = asked(marketing, "divisions >= 0 AND lifecycle = 'prospect'")
    audience = found["audience"]
    assert found["sound"]
    assert len(found["clauses"]) == 2
    assert found["attributes"] == ["divisions", "lifecycle"]
    assert audience["holds"] + audience["fails"] + audience["unknown"] == 12
    assert not audience["always"]
    others = asked(marketing, "lifecycle <> 'prospect'")["audience"]
    assert audience["holds"] + others["holds"] == 12


def test_what_holds_for_all_and_what_for_nobody_is_said(marketing: Api) -> None:
    assert asked(marketing, "divisions >= 0")["audience"]["always"]
    assert asked(marketing, "divisions > 99")["audience"]["never"]
    nobody = asked(marketing, "days_since_service > 3", division="cars")["audience"]
    assert nobody["unknown"] == nobody["holds"] + nobody["fails"] + nobody["unknown"] > 0
    assert not nobody["always"]


def test_a_wrong_name_is_pointed_at_and_the_nearest_one_named(marketing: Api) -> None:
    found = asked(marketing, "divisions > 1 AND lifecycel = 'new'")
    assert (found["sound"], found["position"], found["nearest"]) == (False, 18, "lifecycle")
    assert found["audience"] is None
    assert "\n" in found["problem"]


def test_what_cannot_be_read_or_may_not_be_said_is_refused_with_its_place(marketing: Api) -> None:
    assert not asked(marketing, "divisions >")["sound"]
    read = asked(marketing, "divisions > 1 AND (SELECT true FROM read_csv('/etc/passwd'))")
    assert not read["sound"]
    assert read["position"] >= 0


def test_without_counting_or_without_a_cycle_only_the_text_is_checked(
    marketing: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(marketing, "divisions > 1", count=False)["audience"] is None
    outside = replace(marketing.outside, cycles=InMemoryCycles())
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    assert asked(marketing, "divisions > 1")["audience"] is None
    refused = marketing("POST", "/segments/preview", role="marketer", body={"population": {}})
    assert refused.status == 404
    assert "no cycle has ended" in refused.json["detail"]


def test_an_unknown_division_is_told_the_nearest(marketing: Api) -> None:
    answer = marketing(
        "POST", "/criteria/check", role="marketer", body={"criteria": "true", "division": "car"}
    )
    assert answer.status == 400
    assert "did you mean 'cars'?" in answer.json["detail"]


def test_the_preview_says_who_would_move_and_writes_nothing(marketing: Api) -> None:
    before = set(marketing.outside.lake.list(""))
    same = marketing("POST", "/segments/preview", role="engineer", body={"population": {}}).json
    assert (same["shifts"], same["before"]) == ([], same["after"])
    assert (same["looked_at"], same["customers"]) == (12, 12)
    draft = {"lifecycle": {"rules": [], "default": "prospect"}, "sub_segments": {}}
    found = marketing("POST", "/segments/preview", role="marketer", body={"population": draft}).json
    assert {shift["after"] for shift in found["shifts"]} == {"prospect"}
    moved = sum(shift["customers"] for shift in found["shifts"] if shift["division"] == "corporate")
    assert moved == 12 - same["before"]["corporate"].get("prospect", 0)
    assert found["after"]["corporate"] == {"prospect": 12}
    assert set(marketing.outside.lake.list("")) == before


def test_a_draft_with_a_wrong_criterion_or_shape_is_refused(marketing: Api) -> None:
    ladder = {"rules": [{"name": "new", "criteria": "purchase_day = 1"}], "default": "lapsed"}
    wrong = marketing(
        "POST", "/segments/preview", role="marketer",
        body={"population": {"lifecycle": ladder, "sub_segments": {}}},
    )  # fmt: skip
    assert wrong.status == 400
    assert "did you mean 'purchase_days'?" in wrong.json["detail"]
    shape = marketing("POST", "/segments/preview", role="marketer", body={"population": {"drift_alarm": 7}})
    assert shape.status == 422
    assert "drift_alarm" in shape.json["errors"][0]["field"]
    gone = marketing(
        "POST", "/segments/preview", role="marketer", body={"population": {}, "cycle_id": "2020-01-01-none"}
    )
    assert gone.status == 404


@pytest.mark.parametrize("role", ["agent", "dealer", "source"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/attributes", None),
        ("POST", "/criteria/check", {"criteria": "true"}),
        ("POST", "/segments/preview", {"population": {}}),
    ],
)
def test_who_may_not_ask(api: Api, role: str, method: str, path: str, body: object) -> None:
    assert api(method, path, role=role, divisions="cars", body=body).status == 403
