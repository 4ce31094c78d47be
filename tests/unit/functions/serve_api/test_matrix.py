"""Every route, asked by everybody: role x route x divisions of the token x division of the customer. Nothing leaks.

The routes are those that are declared, so a new one is in here by itself; one that says neither roles nor `public` cannot be
declared, and one whose path has a parameter that nobody gave a sample fails here.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from courtesy.decisions import next_action
from courtesy.decisions.decision import Candidate
from courtesy.ports import Lake
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import Profile, encode_profile
from functions.serve_api import wiring
from functions.serve_api.application import app, join_all
from functions.serve_api.caller import ALWAYS_BOUND, ROLES, UNBOUND
from functions.serve_api.gate import DECLARED, Route
from tests.unit.functions.serve_api.conftest import Answer, Api
from tests.unit.functions.serve_api.worlds import (
    CUSTOMERS,
    DIVISIONS,
    DRAFT,
    FILE_ID,
    QUERIES,
    bodies,
    furnish,
    paths_of,
)

join_all()
GUARDED = [route for route in DECLARED.values() if not route.access.public]
CLAIMS = ("", *DIVISIONS, " ".join(DIVISIONS))
ALONE = ("", "cars")
"""Claims with which routes are asked that are about no customer and no division."""
SLOW = {
    "POST /rulebook/drafts/<draft_id>/rehearsal",
    "POST /rulebook/drafts/<draft_id>/segments",
    "GET /rulebook/drafts/<draft_id>/check",
}
"""Routes that take their time: asked with one claim."""


@pytest.fixture
def world(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    outside = furnish(api.outside)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    monkeypatch.setattr(next_action, "_candidates", _found_before)
    return Api(outside)


_FOUND: dict[tuple[bytes, str], list[Candidate]] = {}
_find = next_action._candidates


def _found_before(
    lake: Lake, rulebook: Rulebook, profile: Profile, now: datetime, channel: str
) -> list[Candidate]:
    """What triggers propose about a customer does not depend on who asks: worked out once for each profile."""
    key = (encode_profile(profile), channel)
    if key not in _FOUND:
        _FOUND[key] = _find(lake, rulebook, profile, now, channel)
    return _FOUND[key]


def ask(api: Api, route: Route, path: str, role: str, claim: str, customer_of: str) -> Answer:
    name = f"{route.method} {route.rule}"
    division = customer_of or (claim.split() or ["cars"])[0]
    headers = {}
    if "<draft_id>" in route.rule:
        headers["if-match"] = f'"{api.outside.drafts.read(DRAFT).revision}"'
    body = None
    if route.writes:
        body = bodies(division).get(name, {"text": "id: welcome_cars\n"} if name.startswith("PUT") else {})
    return api(
        route.method, path, role=role, divisions=claim, query=QUERIES.get(name), body=body, headers=headers
    )


def bound(role: str, claim: str) -> bool:
    return role in ALWAYS_BOUND or (bool(claim) and role not in UNBOUND)


def leaks(text: str, claim: str) -> list[str]:
    """Divisions that the answer tells something of although the claim does not name them."""
    foreign = set(DIVISIONS) - set(claim.split())
    return [d for d in sorted(foreign) if f"onlyin{d[::-1]}" in text or CUSTOMERS[d] in text]


def combinations(route: Route) -> Iterator[tuple[str, str, str, str]]:
    claims: tuple[str, ...] = CLAIMS
    if route.access.scope == "house":
        claims = ALONE[:1] if f"{route.method} {route.rule}" in SLOW else ALONE
    for role in ("", *sorted(ROLES)):
        for claim in claims if role else ("",):
            for path, customer_of in paths_of(route):
                yield role, claim, path, customer_of


@pytest.mark.parametrize("route", GUARDED, ids=[f"{r.method} {r.rule}" for r in GUARDED])
def test_nobody_sees_what_is_not_theirs(
    route: Route, world: Api, record_property: Callable[[str, object], None]
) -> None:
    asked = 0
    for role, claim, path, customer_of in combinations(route):
        answer = ask(world, route, path, role, claim, customer_of)
        asked += 1
        told = f"{role or 'nobody'} with {claim or 'no division'}: {answer.status} {answer.text[:300]}"
        if not role:
            assert answer.status == 401, told
        elif role not in route.access.roles or (role in ALWAYS_BOUND and not claim):
            assert answer.status == 403, told
        elif bound(role, claim) and customer_of and customer_of not in claim.split():
            assert answer.status == 404, told
            assert answer.json["detail"] == "there is no customer with this id", told
        else:
            assert answer.status < 500, told
            assert answer.status != 401, told
            assert answer.status != 403 or "another approver" in answer.text, told
        if bound(role, claim):
            assert leaks(answer.text, claim) == [], told
        elif answer.status in (401, 403):
            assert leaks(answer.text, "") == [], told
    record_property("combinations", asked)


DELIVERED = [r for r in GUARDED if "source" in r.access.roles and r.rule.startswith("/sources")]
OWN = ("", "crm_persons", "dealer_sales", "crm_persons dealer_sales", "crm_person")


@pytest.mark.parametrize("route", DELIVERED, ids=[f"{r.method} {r.rule}" for r in DELIVERED])
def test_a_source_system_sees_its_own_sources_and_people_see_all(route: Route, world: Api) -> None:
    every = sorted(world.outside.rulebooks.current().sources)
    body = bodies("cars").get(f"{route.method} {route.rule}")
    for own in OWN:
        mine = [name for name in every if name in own.split()]
        for name in every if "<name>" in route.rule else [""]:
            path = route.rule.replace("<name>", name).replace("<file_id>", FILE_ID)
            answer = world(route.method, path, role="source", sources=own, body=body, sub=f"{own}/{name}")
            if name and name not in mine:
                assert answer.status == 400, f"{own}: {name}: {answer.text}"
                assert [n for n in every if n in answer.text and n != name and n not in mine] == []
            else:
                assert answer.status in (200, 404), f"{own}: {name}: {answer.text}"
            if not name:
                assert [n for n in every if f'"{n}"' in answer.text] == mine
    path = route.rule.replace("<name>", "crm_persons").replace("<file_id>", FILE_ID)
    assert world(route.method, path, role="engineer", sources="", body=body).status == 200


def test_every_route_of_the_app_is_declared() -> None:
    declared = {(route.method, route.rule) for route in DECLARED.values()}
    described = {(r.method, r.openapi_path) for r in [*app._static_routes, *app._dynamic_routes]}
    assert described == {(method, rule.replace("<", "{").replace(">", "}")) for method, rule in declared}


def test_the_matrix_is_as_large_as_it_says() -> None:
    asked = sum(1 for route in GUARDED for _ in combinations(route))
    assert asked > 2500, "so many combinations were tried when this was written"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_opens_something(role: str) -> None:
    assert any(role in route.access.roles for route in GUARDED)
