"""GET /measurement: what is measured, for whom, and where nothing is yet."""

from dataclasses import replace
from typing import cast

import pytest

from courtesy.ports import RulebookStore
from courtesy_aws.cycles import Cycles
from functions.serve_api import wiring
from tests.fakes.lake import InMemoryLake
from tests.unit.functions.serve_api.conftest import Api, InMemoryCycles
from tests.unit.functions.serve_api.worlds import furnish
from tests.unit.measurement.test_measure import BOOK, FIRST, LAST, lake

__all__ = ["lake"]


class Rules:
    """The rulebook that the lake was made by."""

    def current(self) -> object:
        return BOOK


def asked(
    api: Api, monkeypatch: pytest.MonkeyPatch, made: InMemoryLake, cycles: dict[str, dict[str, object]]
) -> Api:
    outside = replace(
        furnish(api.outside),
        lake=made,
        rulebooks=cast(RulebookStore, Rules()),
        cycles=cast(Cycles, InMemoryCycles(reports=cycles)),
    )
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


def test_each_sees_what_their_divisions_hold(
    api: Api, monkeypatch: pytest.MonkeyPatch, lake: InMemoryLake
) -> None:
    measuring = asked(api, monkeypatch, lake, {f"{FIRST}-one": {}, f"{LAST}-two": {}})
    whole = measuring("GET", "/measurement", role="engineer", query={"horizon": "30"}).json
    assert [(arms["level"], arms["name"]) for arms in whole["arms"]][:2] == [
        ("overall", "overall"),
        ("division", "cars"),
    ]
    assert whole["fatigue"]
    mine = measuring("GET", "/measurement", role="marketer", divisions="cars", query={"horizon": "30"}).json
    assert {arms["level"] for arms in mine["arms"]} == {"division", "segment", "trigger"}
    assert mine["fatigue"] == []
    theirs = measuring(
        "GET", "/measurement", role="marketer", divisions="marine", query={"horizon": "30"}
    ).json
    assert theirs["arms"] == []


def test_before_the_first_cycle_there_is_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = asked(api, monkeypatch, InMemoryLake(), {})
    assert measuring("GET", "/measurement", role="engineer").status == 404
    assert measuring("GET", "/measurement", role="agent", divisions="cars").status == 403
