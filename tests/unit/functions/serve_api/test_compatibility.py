"""Callers of the last released API are not broken: `docs/releases/` has its description, and whatever breaks is named."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.functions.serve_api.breaking import breaks

DOCS = Path(__file__).parents[4] / "docs"
RELEASED = sorted((DOCS / "releases").glob("openapi-*.json"))


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(path.read_bytes())
    return document


def test_nothing_that_was_released_is_broken() -> None:
    assert RELEASED, "the last release's description belongs into docs/releases"
    assert breaks(read(RELEASED[-1]), read(DOCS / "openapi.json")) == []


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "GET /cycles is gone": lambda d: d["paths"]["/cycles"].pop("get"),
    "POST /cycles now requires the query parameter x": lambda d: (
        d["paths"]["/cycles"]["post"]
        .setdefault("parameters", [])
        .append({"name": "x", "in": "query", "required": True, "schema": {"type": "string"}})
    ),
    "GET /cycles no longer takes the query parameter limit": lambda d: d["paths"]["/cycles"]["get"].update(
        parameters=[]
    ),
    "POST /cycles no longer takes a body": lambda d: d["paths"]["/cycles"]["post"].pop("requestBody"),
    "POST /cycles no longer answers 202": lambda d: d["paths"]["/cycles"]["post"]["responses"].pop("202"),
    "POST /cycles body no longer takes name": lambda d: schema(d, "CycleRequest")["properties"].pop("name"),
    "POST /cycles body now requires name": lambda d: schema(d, "CycleRequest").update(required=["name"]),
    "POST /cycles body.name was string and is integer": lambda d: schema(d, "CycleRequest")["properties"][
        "name"
    ].update(type="integer"),
    "GET /cycles/{cycle_id} 200 no longer has status": lambda d: schema(d, "CycleView")["properties"].pop(
        "status"
    ),
    "GET /cycles 200.cycles[] no longer has status": lambda d: schema(d, "CycleView")["properties"].pop(
        "status"
    ),
    "GET /sources 200.sources was array and is string": lambda d: schema(d, "SourcesView")["properties"][
        "sources"
    ].update(type="string"),
}


@pytest.mark.parametrize("told", CHANGES)
def test_each_kind_of_break_is_named(told: str) -> None:
    before = read(DOCS / "openapi.json")
    after = copy.deepcopy(before)
    CHANGES[told](after)
    assert told in breaks(before, after)


def test_what_is_added_breaks_nobody() -> None:
    before = read(DOCS / "openapi.json")
    after = copy.deepcopy(before)
    after["paths"]["/more"] = {"get": {"responses": {"200": {"description": "more"}}}}
    schema(after, "CycleView")["properties"]["more"] = {"type": "string"}
    schema(after, "CycleRequest")["properties"]["more"] = {"type": "string"}
    assert breaks(before, after) == []


def test_a_body_that_was_not_asked_for_is_a_break() -> None:
    before = read(DOCS / "openapi.json")
    body = before["paths"]["/cycles"]["post"].pop("requestBody")
    after = copy.deepcopy(before)
    after["paths"]["/cycles"]["post"]["requestBody"] = {**body, "required": True}
    assert breaks(before, after) == ["POST /cycles now requires a body"]
